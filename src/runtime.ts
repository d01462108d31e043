/** The main thread's handle on a running system: asks, tells and listens; on no critical path. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Observable, Subject, type Subscription } from 'rxjs';
import { refuseUnknownChecks } from './config/custom-checks.js';
import type { Loaded, LoadOptions } from './config/load.js';
import type { Config } from './config/model.js';
import type { ConfigDocument } from './config/schema/document.js';
import { type ConfigIssue, FulcrumError, formatIssue, MissingPrivilegeError } from './errors.js';
import { packConfig } from './wire/config-bytes.js';
import { type Fault, fromHost, toHost, type WireError } from './wire/control-link.js';
import type { LogRecord } from './wire/log.js';
import { redactionFor } from './wire/redaction.js';
import type { DataplaneCalls, EngineCalls, SupervisorCalls, VrrpCalls } from './wire/requests.js';
import { type RuntimeStatus, runtimeStatus, Store } from './wire/store.js';
import type { FulcrumEvent, Telemetry } from './wire/telemetry.js';
import { readConfig } from './workers/config-reader.js';
import { postControl } from './workers/control-frame.js';
import { findThreads } from './workers/find-threads.js';
import { drainPort, fromPort } from './workers/from-port.js';
import type { HostCheck } from './workers/host-checks.js';
import { MainLinks } from './workers/main-links.js';
import type { Caller } from './workers/rpc.js';
import type { SupervisorThreadInit } from './workers/supervisor-thread.js';
import { describe } from './workers/thread.js';

/** How long a stop may take before the threads are terminated. */
const STOP_LIMIT_MS = 30_000;

/** A pino logger, or anything with its shape. */
export type RuntimeLogger = { readonly [level in LogRecord['level']]: (fields: object, message: string) => void };

export type RuntimeOptions = {
  /** Where log records go: this logger, the program's stderr (as a daemon does), or nowhere. @default null */
  readonly logger?: RuntimeLogger | 'stderr' | null;
  /** For a configuration file: what was set beside it. */
  readonly load?: LoadOptions;
  /**
   * Checks of your own, for `{ type: custom, name: NAME }` in the configuration. They run in this thread, beside the built-in
   * ones in theirs; while this thread is blocked they say nothing, and nothing is held against their targets.
   */
  readonly checks?: Readonly<Record<string, HostCheck>>;
  /**
   * A data-plane driver of your own: a module that exports `openDriver` (`OpenDriver`). It is loaded in the data plane's thread,
   * so that no table waits for this one. Then `dataplane.driver` is not looked at. @default null
   */
  readonly dataplane?: URL | null;
  /** The folder of the threads' entry points, for bundled apps. @default found beside this module, or in the package */
  readonly threads?: URL | null;
  /** Allows `drill`. @default false */
  readonly drills?: boolean;
  /**
   * Tells the service manager that started this process (systemd: `$NOTIFY_SOCKET`, `$WATCHDOG_USEC`) when the runtime serves, reloads
   * and stops, and feeds its watchdog while all is well: for a program that is nothing but this runtime. @default false
   */
  readonly serviceManager?: boolean;
};

export type Runtime = AsyncDisposable & {
  /** What happens, as it happens, in each actor's order. Completes when the runtime has stopped. */
  readonly events$: Observable<FulcrumEvent>;
  /** How things stand, as last pushed to this thread: no waiting, no question asked. */
  status(): RuntimeStatus;
  /** Questions to the actors, for what `status()` does not tell. */
  readonly engine: Caller<EngineCalls>;
  readonly vrrp: Caller<VrrpCalls>;
  readonly dataplane: Caller<DataplaneCalls>;
  /** Takes a new configuration; answers with what changed. A bad one is a ConfigError and changes nothing. */
  apply(config: ConfigInput): Promise<readonly string[]>;
  /** What `apply` would change. */
  plan(config: ConfigInput): Promise<readonly string[]>;
  /** Reads the file again that the runtime was started with. */
  reload(): Promise<readonly string[]>;
  /** Does to an actor what a bug would; needs `drills`. */
  drill(actor: string, fault: Fault): Promise<void>;
  /** Rejects when the system gave up by itself; resolves after `stop`. */
  readonly ended: Promise<void>;
  /** Ends all threads in order: adverts of priority 0 first, the table as `dataplane.on_stop` says. Safe to call twice. */
  stop(): Promise<void>;
};

/** A file's path, or the document as a value. */
export type ConfigInput = string | ConfigDocument;

/** An actor did not start, or failed too often: `actor` is its name. */
export class RuntimeError extends FulcrumError {
  readonly code = 'ERR_RUNTIME';
}

/**
 * Starts a system of its own: several may run in one process. Resolves when every actor is ready.
 * @throws ConfigError, MissingPrivilegeError, RuntimeError
 */
export async function createRuntime(input: ConfigInput, options: RuntimeOptions = {}): Promise<Runtime> {
  return start(await resolveConfig(input, options), typeof input === 'string' ? input : null, options, true);
}

/** A runtime that nobody watches from this thread: of a large configuration, the main thread then knows nothing. */
export type UnwatchedRuntime = Omit<Runtime, 'events$' | 'status'>;

/** For a configuration that was read already, from the file at `path`. @throws what `createRuntime` throws */
export const startUnwatched = (config: Config, path: string, options: RuntimeOptions): Promise<UnwatchedRuntime> =>
  start(config, path, options, false);

async function start(config: Config, path: string | null, options: RuntimeOptions, watched: boolean): Promise<Runtime> {
  refuseUnknownChecks(config, Object.keys(options.checks ?? {}));
  const runtime = new RuntimeHandle(config, path, options, watched);
  await runtime.started;
  return runtime;
}

async function resolveConfig(input: ConfigInput, options: RuntimeOptions): Promise<Config> {
  const { config, warnings } = await loadInput(input, options);
  tellWarnings(warnings, options.logger);
  return config;
}

/** What a configuration says to no effect. */
export function tellWarnings(warnings: readonly ConfigIssue[], logger: RuntimeOptions['logger']): void {
  for (const warning of warnings) {
    if (logger === 'stderr') process.stderr.write(`warning: ${formatIssue(warning)}\n`);
    else logger?.warn({ actor: 'main' }, formatIssue(warning));
  }
}

async function loadInput(input: ConfigInput, options: RuntimeOptions): Promise<Loaded> {
  const load = options.load ?? {};
  if (typeof input === 'string') {
    return readConfig({ document: { kind: 'file', path: input }, options: load }, findThreads(options.threads ?? null));
  }
  // A value may hold what no other thread can be sent, which must be told by its path. The parser is loaded for it alone.
  const { configFromValue } = await import('./config/load.js');
  return configFromValue(input, load);
}

class RuntimeHandle implements Runtime {
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
  readonly #store = new Store({ epoch: 'main' });
  readonly #events$ = new Subject<FulcrumEvent>();
  #failure: WireError | null = null;
  #stopping = false;
  #closed = false;
  #ready: () => void = () => {};

  constructor(config: Config, path: string | null, options: RuntimeOptions, watched: boolean) {
    this.#options = options;
    this.events$ = this.#events$.asObservable();
    const control = new MessageChannel();
    const uplink = new MessageChannel();
    this.#control = control.port1;
    this.#uplink = uplink.port1;
    const logTo = options.logger === 'stderr' ? 'stderr' : options.logger == null ? null : 'main';
    const init: SupervisorThreadInit = {
      host: {
        name: 'supervisor',
        config,
        control: control.port2,
        heartbeat: null,
        // What it says before the log runs waits for it.
        links: logTo === null ? [] : [{ kind: 'log', name: 'log', side: 'a' }],
        grants: [],
        driverModule: options.dataplane?.href ?? null,
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
    this.#worker = new Worker(new URL('supervisor-thread.js', findThreads(options.threads ?? null)), {
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
    this.engine = this.#links.caller('engine', 'engine-calls');
    this.vrrp = this.#links.caller('vrrp', 'vrrp-calls');
    this.dataplane = this.#links.caller('dataplane', 'dataplane-calls');
    this.#supervisor = this.#links.caller('supervisor', 'supervisor-calls');

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

  async drill(actor: string, fault: Fault): Promise<void> {
    await this.#living().call('drill', { actor, fault });
  }

  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      postControl(this.#control, toHost.encode({ kind: 'stop' }));
    }
    const limit = setTimeout(() => void this.#worker.terminate(), STOP_LIMIT_MS);
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
    if (decoded.message.kind === 'ready') void this.#settled(Promise.resolve()).then(this.#ready);
    if (decoded.message.kind === 'failed') this.#failure = decoded.message.error;
  }

  #watchEnd(secrets: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let crash: string | null = null;
      this.#worker.on('error', (error) => {
        crash = redactionFor(secrets).text(describe(error));
      });
      this.#worker.on('exit', (code) => {
        drainPort(this.#control, (value) => this.#hear(value as Uint8Array));
        this.#close();
        if (this.#failure !== null) reject(errorOf(this.#failure));
        else if (crash !== null || code !== 0) reject(new RuntimeError(crash ?? `supervisor ended with code ${code}`));
        else resolve();
      });
    });
  }

  #close(): void {
    this.#closed = true;
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
