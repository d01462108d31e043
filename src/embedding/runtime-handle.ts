/** The main thread's handle on a running system: asks, tells and listens; on no critical path. */

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Observable, Subject, type Subscription } from 'rxjs';
import { type DataplaneCalls, dataplaneCalls } from '../actors/dataplane/calls.js';
import { type EngineCalls, engineCalls } from '../actors/engine/calls.js';
import { log as logActor } from '../actors/log/descriptor.js';
import { type SupervisorCalls, supervisorCalls } from '../actors/supervisor/calls.js';
import { MAIN } from '../actors/supervisor/ends.js';
import { type VrrpCalls, vrrpCalls } from '../actors/vrrp/calls.js';
import { runtimeStatus, Store } from '../machines/telemetry/store.js';
import type { Config } from '../model/config.js';
import { MissingPrivilegeError } from '../model/errors.js';
import type { FulcrumEvent } from '../model/observing/events.js';
import type { RuntimeStatus } from '../model/observing/views.js';
import type { SupervisorThreadInit } from '../threads/supervisor.js';
import { packConfig } from '../wire/config-bytes.js';
import { type Fault, fromHost, toHost, type WireError } from '../wire/links/control.js';
import { type LogRecord, logLink } from '../wire/links/log.js';
import type { Telemetry } from '../wire/links/telemetry.js';
import { redactionFor } from '../wire/secrets/redaction.js';
import { createKeptFds } from '../workers/host/kept-fds.js';
import { postControl } from '../workers/links/control-frame.js';
import { drainPort, fromPort } from '../workers/links/from-port.js';
import { type Caller, createCaller } from '../workers/links/rpc.js';
import { findThreads } from '../workers/supervision/find-threads.js';
import { LOADED, type StartStep, StartSteps } from '../workers/supervision/start-steps.js';
import { describe } from '../workers/supervision/thread.js';
import { heldUntilHeard } from './held-events.js';
import { MainLinks } from './main-links.js';
import { resolveConfig } from './read-config.js';
import type { ConfigInput, Runtime, RuntimeOptions } from './runtime.js';
import { RuntimeError } from './runtime.js';

/** How long a stop may take before the threads are terminated. */
const STOP_LIMIT_MS = 30_000;
/** How long the supervisor's thread may take to end once it is done: one of its threads may hang in a system call for ever. */
const END_LIMIT_MS = 5000;

/** Events that are kept until somebody listens. */
const MAX_HELD_EVENTS = 1000;

export class RuntimeHandle implements Runtime {
  readonly started: Promise<void>;
  readonly ended: Promise<void>;
  readonly events$: Observable<FulcrumEvent>;
  readonly engine: Caller<EngineCalls>;
  readonly vrrp: Caller<VrrpCalls>;
  readonly dataplane: Caller<DataplaneCalls>;
  readonly #supervisor: Caller<SupervisorCalls>;
  readonly #options: RuntimeOptions;
  readonly #worker: Worker;
  readonly #control: MessagePort;
  readonly #uplink: MessagePort;
  readonly #listening: Subscription;
  readonly #links: MainLinks;
  readonly #store = new Store({ epoch: 'main', metrics: [] });
  readonly #events$ = new Subject<FulcrumEvent>();
  readonly #startSteps = new StartSteps('supervisor');
  #failure: WireError | null = null;
  #stopping = false;
  #closed = false;
  #ready: () => void = () => {};
  #leave: () => void = () => {};
  #leaving: NodeJS.Timeout | null = null;

  constructor(config: Config, path: string | null, options: RuntimeOptions, watched: boolean) {
    this.#options = options;
    this.events$ = heldUntilHeard(this.#events$, MAX_HELD_EVENTS);
    const control = new MessageChannel();
    const uplink = new MessageChannel();
    this.#control = control.port1;
    this.#uplink = uplink.port1;
    const logTo = options.logger === 'stderr' ? 'stderr' : options.logger == null ? null : MAIN;
    const init: SupervisorThreadInit = {
      host: {
        name: 'supervisor',
        config,
        control: control.port2,
        heartbeat: null,
        // What it says before the log runs waits for it.
        links: logTo === null ? [] : [{ kind: logLink.name, side: 'a', peer: logTo === MAIN ? MAIN : logActor.kind }],
        grants: [],
        driverModule: options.dataplane?.href ?? null,
        keptFds: createKeptFds(),
        held: false,
      },
      options: {
        uplink: uplink.port2,
        audience: { logTo, watched },
        source: path === null ? null : { path, options: options.load ?? {} },
        drills: options.drills ?? false,
        serviceManager: options.serviceManager ?? false,
        hostChecks: Object.keys(options.checks ?? {}),
      },
    };
    this.#worker = new Worker(new URL('supervisor.js', findThreads(options.threads ?? null)), {
      workerData: init,
      transferList: [control.port2, uplink.port2],
      name: 'supervisor',
    });
    this.#links = new MainLinks({
      telemetry: (actor, message) => this.#observe(actor, message),
      log: (record) => this.#log(record),
      checks: options.checks ?? {},
    });
    this.#listening = fromPort(this.#control).subscribe((value) => this.#hear(value as Uint8Array));
    this.#listening.add(fromPort(this.#uplink).subscribe((value) => this.#links.connect(value)));
    this.engine = createCaller<EngineCalls>(this.#links.link(engineCalls));
    this.vrrp = createCaller<VrrpCalls>(this.#links.link(vrrpCalls));
    this.dataplane = createCaller<DataplaneCalls>(this.#links.link(dataplaneCalls));
    this.#supervisor = createCaller<SupervisorCalls>(this.#links.link(supervisorCalls));

    this.ended = this.#watchEnd(config.secrets);
    const ready = new Promise<void>((resolve) => {
      this.#ready = resolve;
    });
    this.started = Promise.race([
      ready,
      this.ended.then(() => Promise.reject(new RuntimeError('stopped while it started'))),
    ]);
    // Whoever does not ask for the end must not be told by an unhandled rejection.
    this.ended.catch(() => {});
  }

  status(): RuntimeStatus {
    return runtimeStatus(this.#store.items());
  }

  async apply(input: ConfigInput): Promise<readonly string[]> {
    const config = await resolveConfig(input, this.#options);
    return this.#settled(this.#living().call('apply', { config: packConfig(config) }));
  }

  async plan(input: ConfigInput): Promise<readonly string[]> {
    const config = await resolveConfig(input, this.#options);
    return this.#living().call('plan', { config: packConfig(config) });
  }

  async reload(): Promise<readonly string[]> {
    return this.#settled(this.#living().call('reload', { path: null }));
  }

  async startSteps(): Promise<readonly StartStep[]> {
    return [...this.#startSteps.all, ...(await this.#living().call('start-steps', {}))];
  }

  async drill(actor: string, fault: Fault): Promise<void> {
    await this.#living().call('drill', { actor, fault });
  }

  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      postControl(this.#control, toHost.encode({ kind: 'stop' }));
    }
    const limit = setTimeout(() => {
      void this.#worker.terminate();
      this.#leaveSoon();
    }, STOP_LIMIT_MS);
    await this.ended.catch(() => {});
    clearTimeout(limit);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Nobody would answer once it stops: whoever asks then need not wait to learn it. */
  #living(): Caller<SupervisorCalls> {
    if (this.#stopping || this.#closed) throw new RuntimeError('the runtime is stopped');
    return this.#supervisor;
  }

  /** What the actors told before the answer is in this thread's ports by now: two turns take it, so that `status()` has it. */
  async #settled<T>(answer: Promise<T>): Promise<T> {
    const value = await answer;
    await turnOfLoop();
    await turnOfLoop();
    return value;
  }

  #observe(actor: string, message: Telemetry): void {
    this.#store.apply(actor, message);
    for (const one of message.kind === 'news' ? message.news : [message]) {
      if (one.kind === 'event') this.#events$.next(one.event);
    }
  }

  #log({ level, actor, fields, message }: LogRecord): void {
    const { logger } = this.#options;
    if (logger != null && logger !== 'stderr') logger[level]({ actor, ...fields }, message);
  }

  #hear(bytes: Uint8Array): void {
    const decoded = fromHost.decode(bytes);
    if (decoded.kind !== 'known') return;
    if (decoded.message.kind === 'loaded') this.#startSteps.done(LOADED);
    if (decoded.message.kind === 'ready') this.#startSteps.done('start of all');
    if (decoded.message.kind === 'ready') void this.#settled(Promise.resolve()).then(this.#ready);
    if (decoded.message.kind === 'failed') {
      this.#failure = decoded.message.error;
      this.#leaveSoon();
    }
    if (decoded.message.kind === 'stopped') this.#leaveSoon();
  }

  /** Goes on without the supervisor's thread where that does not end. */
  #leaveSoon(): void {
    if (!this.#closed) this.#leaving ??= setTimeout(() => this.#leave(), END_LIMIT_MS);
  }

  #watchEnd(secrets: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let crash: string | null = null;
      this.#worker.on('error', (error) => {
        crash = redactionFor(secrets).text(describe(error));
      });
      const end = (problem: string | null) => {
        if (this.#closed) return;
        drainPort(this.#control, (value) => this.#hear(value as Uint8Array));
        this.#close();
        if (this.#failure !== null) reject(errorOf(this.#failure));
        else if (problem !== null) reject(new RuntimeError(problem));
        else resolve();
      };
      this.#worker.on('exit', (code) => end(crash ?? (code === 0 ? null : `supervisor ended with code ${code}`)));
      this.#leave = () => {
        this.#worker.unref();
        end('a thread hangs in a system call, and was left behind: does a file server not answer?');
      };
    });
  }

  #close(): void {
    this.#closed = true;
    if (this.#leaving !== null) clearTimeout(this.#leaving);
    this.#listening.unsubscribe();
    this.#links.close();
    this.#control.close();
    this.#uplink.close();
    this.#events$.complete();
  }
}

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function errorOf(failure: WireError): Error {
  if (failure.missing !== null) return new MissingPrivilegeError(failure.missing, failure.message);
  return new RuntimeError(failure.message);
}
