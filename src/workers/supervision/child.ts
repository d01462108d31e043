import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type ActorRefFrom, createActor } from 'xstate';
import { type RestartPolicy, supervisionMachine } from '../../machines/supervision/restarts.js';
import type { Config } from '../../model/config.js';
import type { ActorView } from '../../model/observing/views.js';
import type { Clock } from '../../model/units.js';
import { NS_PER_MS } from '../../model/units.js';
import { closeKept } from '../../os/sockets/kept-sockets.js';
import { packConfig } from '../../wire/config-bytes.js';
import { type Fault, fromHost, type ToHost, toHost, type WireError } from '../../wire/links/control.js';
import { redactionFor } from '../../wire/secrets/redaction.js';
import { type Heartbeats, silenceMs } from '../host/heartbeat.js';
import { createKeptFds } from '../host/kept-fds.js';
import { postControl } from '../links/control-frame.js';
import { drainPort, fromPort } from '../links/from-port.js';
import { type LinkDeclaration, type LinkGrant, plainGrant } from '../links/link-end.js';
import { LOADED, type StartStep, StartSteps } from './start-steps.js';
import type { Thread, ThreadInit } from './thread.js';

/** What the supervisor declares of an actor. */
export type ChildSpec = {
  /** Unique, such as `monitor-2`. */
  readonly name: string;
  readonly kind: string;
  readonly policy: RestartPolicy;
  /** Silence after which the thread counts as frozen. */
  readonly deadlineMs: number;
  /** The system is not well while it does not run. */
  readonly vital: boolean;
  /** What of the configuration it is sent. */
  readonly excerpt: (config: Config) => Config;
  readonly launch: (init: ThreadInit) => Thread;
};

export type ChildEnvironment = {
  readonly now: Clock;
  readonly random: () => number;
  readonly heartbeats: Heartbeats;
  readonly heartbeatSlot: number;
  /** The newest configuration: a restarted actor starts with it. */
  readonly config: () => Config;
  /** All its links, as the plan has them. */
  readonly links: (name: string) => readonly LinkDeclaration[];
  /** Fresh ends of those whose peers run. */
  readonly grants: (name: string) => readonly LinkGrant[];
  readonly mailbox: (name: string) => number;
  readonly driverModule: string | null;
  /** True until everybody of the first start is ready. */
  readonly held: () => boolean;
  readonly onChange: (child: Child) => void;
};

const viewStates: Readonly<Record<string, ActorView['state']>> = {
  starting: 'starting',
  prepared: 'starting',
  running: 'running',
  dying: 'restarting',
  restarting: 'restarting',
  stopping: 'stopping',
  stopped: 'stopped',
  failed: 'failed',
};

/** One supervised actor: its machine, and the thread that it has now. */
export class Child {
  readonly spec: ChildSpec;
  readonly #environment: ChildEnvironment;
  readonly #machine: ActorRefFrom<typeof supervisionMachine>;
  #thread: Thread | null = null;
  #control: MessagePort | null = null;
  #threadId = 0;
  #failure: WireError | null = null;
  #startSteps: StartSteps;
  readonly #keptFds = createKeptFds();
  readonly #configuring = new Map<number, () => void>();
  #lastConfigureId = 0;

  constructor(spec: ChildSpec, environment: ChildEnvironment) {
    this.spec = spec;
    this.#startSteps = new StartSteps(spec.name);
    this.#environment = environment;
    const machine = supervisionMachine.provide({
      actions: {
        spawn: () => this.#spawn(),
        kill: () => this.#thread?.kill(),
        askToStop: () => this.#tell({ kind: 'stop' }),
      },
    });
    this.#machine = createActor(machine, { input: { policy: spec.policy, random: environment.random } });
    this.#machine.subscribe(() => environment.onChange(this));
  }

  get name(): string {
    return this.spec.name;
  }

  get state(): ActorView['state'] {
    return viewStates[String(this.#machine.getSnapshot().value)] ?? 'failed';
  }

  /** It waits for `begin`. */
  get prepared(): boolean {
    return this.#machine.getSnapshot().value === 'prepared';
  }

  get restarts(): number {
    return this.#machine.getSnapshot().context.restarts;
  }

  /** The error that it ended with last, as its own thread saw it. */
  get failure(): WireError | null {
    return this.#failure;
  }

  /** True while there is a thread that can be given links. */
  get alive(): boolean {
    return this.#thread !== null;
  }

  view(): ActorView {
    const { context } = this.#machine.getSnapshot();
    return {
      name: this.name,
      thread_id: this.#threadId,
      state: this.state,
      restarts: context.restarts,
      last_error: context.killed ?? context.lastError,
      mailbox: this.#environment.mailbox(this.name),
    };
  }

  start(): void {
    this.#machine.start();
  }

  /** Asks it to stop, and resolves when it has. */
  stopped(): Promise<void> {
    return new Promise((resolve) => {
      this.#machine.subscribe({ complete: resolve });
      this.#machine.send({ type: 'STOP' });
    });
  }

  get heartbeatSlot(): number {
    return this.#environment.heartbeatSlot;
  }

  /** It runs and is heard of, or it starts, which has a limit of its own. */
  get well(): boolean {
    if (this.state === 'starting') return true;
    return this.state === 'running' && this.#silenceMs() <= this.spec.deadlineMs;
  }

  /** Looks at the heartbeat; a frozen thread is replaced. */
  watch(): void {
    if (this.state !== 'running' && !this.prepared) return;
    const silence = this.#silenceMs();
    if (silence > this.spec.deadlineMs) this.#machine.send({ type: 'FROZEN', silenceMs: silence });
  }

  /** Of its last start. */
  get startSteps(): readonly StartStep[] {
    return this.#startSteps.all;
  }

  begin(): void {
    this.#startSteps.begin();
    this.#tell({ kind: 'begin' });
  }

  connect(grant: LinkGrant): void {
    this.#tell({ kind: 'link', grant: plainGrant(grant) }, grant);
  }

  /** Resolves when the actor has taken it, or is gone. */
  configure(config: Config): Promise<void> {
    if (this.#thread === null) return Promise.resolve();
    this.#lastConfigureId += 1;
    const id = this.#lastConfigureId;
    return new Promise((resolve) => {
      this.#configuring.set(id, resolve);
      this.#tell({ kind: 'configure', id, config: packConfig(this.spec.excerpt(config)) });
    });
  }

  /** For drills: what the tests and an operator's exercise do to a running actor. */
  injectFault(fault: Fault): void {
    this.#tell({ kind: 'fault', fault });
  }

  #silenceMs(): number {
    const { heartbeats, heartbeatSlot, now } = this.#environment;
    return silenceMs(heartbeats, heartbeatSlot, now);
  }

  #spawn(): void {
    this.#startSteps = new StartSteps(this.name);
    const { heartbeats, heartbeatSlot, now, config, links, grants } = this.#environment;
    const { port1, port2 } = new MessageChannel();
    this.#control = port1;
    const listening = fromPort(port1).subscribe((value) => this.#hear(value));
    const host = {
      name: this.name,
      config: this.spec.excerpt(config()),
      control: port2,
      heartbeat: { beats: heartbeats, slot: heartbeatSlot },
      links: links(this.name),
      grants: grants(this.name),
      driverModule: this.#environment.driverModule,
      keptFds: this.#keptFds,
      held: this.#environment.held(),
    };
    const thread = this.spec.launch({ kind: this.spec.kind, host });
    this.#thread = thread;
    void thread.ended.then(({ why, left }) => {
      listening.unsubscribe();
      drainPort(port1, (value) => this.#hear(value));
      port1.close();
      this.#thread = null;
      this.#control = null;
      this.#releaseConfiguring();
      // What a thread dies of may be a library's error, with all that the library was given.
      const safe = redactionFor(config().secrets).text(this.#failure?.message ?? why);
      this.#machine.send({ type: 'ENDED', atMs: now() / NS_PER_MS, why: safe, left });
      // Nobody comes after it.
      if (this.state === 'stopped' || this.state === 'failed') closeKept(this.#keptFds);
    });
  }

  #hear(value: unknown): void {
    const decoded = fromHost.decode(value as Uint8Array);
    if (decoded.kind !== 'known') return;
    const { message } = decoded;
    switch (message.kind) {
      case 'loaded':
        this.#startSteps.done(LOADED);
        break;
      case 'prepared':
        this.#startSteps.done('start');
        this.#machine.send({ type: 'PREPARED' });
        break;
      case 'ready':
        this.#threadId = message.threadId;
        this.#failure = null;
        this.#startSteps.done(this.prepared ? 'begin' : 'start');
        this.#machine.send({ type: 'READY' });
        break;
      case 'configured':
        this.#configuring.get(message.id)?.();
        this.#configuring.delete(message.id);
        break;
      case 'stopped': // Its thread's end is what counts.
        break;
      case 'failed':
        this.#failure = message.error;
        break;
      default:
        message satisfies never;
    }
  }

  #releaseConfiguring(): void {
    for (const resolve of this.#configuring.values()) resolve();
    this.#configuring.clear();
  }

  #tell(message: ToHost, grant: LinkGrant | null = null): void {
    if (this.#control !== null) postControl(this.#control, toHost.encode(message), grant);
  }
}
