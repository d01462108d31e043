/** The inside of an actor's thread: gives the actor its context, beats its heart, and obeys the supervisor. */
import { type MessagePort, threadId } from 'node:worker_threads';
import type { Config } from '../../model/config.js';
import type { EventBody } from '../../model/observing/events.js';
import type { Log } from '../../model/observing/log.js';
import { counter, defineMetrics } from '../../model/observing/metrics.js';
import { monotonicNow } from '../../os/clock/clock.js';
import { unpackConfig } from '../../wire/config-bytes.js';
import { type FromHost, fromHost, toHost } from '../../wire/links/control.js';
import { directionsOf, type LinkKind, type LinkOf, type Side } from '../../wire/links/link-kind.js';
import { type LogRecord, logLink } from '../../wire/links/log.js';
import { observationLink, telemetryLink } from '../../wire/links/telemetry.js';
import type { Actor, ActorContext } from '../actor.js';
import type { ControlFrame } from '../links/control-frame.js';
import { drainPort, fromPort } from '../links/from-port.js';
import { type LinkDeclaration, LinkEnd, type LinkFate, type LinkGrant } from '../links/link-end.js';
import { LinkEnds } from '../links/link-ends.js';
import { commitFault } from './fault-injection.js';
import { beat, HEARTBEAT_PERIOD_MS, type Heartbeat } from './heartbeat.js';
import type { KeptFds } from './kept-fds.js';
import { ActorMeter } from './meter.js';
import { Observers } from './observers.js';
import { Speech } from './speech.js';

/** How often what the actor counted goes to the gateway. */
const METRICS_PERIOD_MS = 1000;
/** Series in one message of a polled actor: well below a millisecond's work, since hundreds of adverts may wait for it. */
const POLLED_SAMPLES = 32;

/** What is counted in every actor's thread. */
export const metrics = defineMetrics({
  fulcrum_link_messages_total: counter('Messages of a link that were dropped, coalesced, unknown or malformed', [
    'link',
    'fate',
  ]),
});

export type HostInit = {
  readonly name: string;
  readonly config: Config;
  readonly control: MessagePort;
  /** Null: nobody watches it. */
  readonly heartbeat: Heartbeat | null;
  /** Every link that this actor has, those to peers that do not run yet too. */
  readonly links: readonly LinkDeclaration[];
  readonly grants: readonly LinkGrant[];
  /** See `ActorContext`. */
  readonly driverModule: string | null;
  readonly keptFds: KeptFds;
  /** An actor with a `begin` waits for the message of that name. */
  readonly held: boolean;
};

/** Runs one actor until it is stopped. Resolves after a stop; rejects with the error that the actor failed with. */
export function hostActor(init: HostInit, factory: HostedFactory): Promise<void> {
  return new Host(init).run(factory);
}

/** The supervisor wires links to itself, by `connect`; the other actors have no use for it. */
type HostedFactory = (context: ActorContext, connect: (grant: LinkGrant) => void) => Actor | Promise<Actor>;

class Host {
  readonly #init: HostInit;
  readonly #meter = new ActorMeter();
  readonly #links = new LinkEnds((kind, link) => this.#endOf(kind, link));
  readonly #observers: Observers;
  readonly #speech: Speech;
  readonly #log: Log;
  #yieldCpu: (actors: number) => void = () => {};
  #loading: Promise<void> | null = null;
  #polled = false;
  #stopAsked = false;
  #actor: Actor | null = null;
  /** Came while the actor started with an older one. */
  readonly #early: { readonly id: number; readonly config: Config }[] = [];
  #end: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  #letBegin: () => void = () => {};
  readonly #mayBegin: Promise<void>;

  constructor(init: HostInit) {
    this.#init = init;
    this.#observers = new Observers(init.name);
    this.#speech = new Speech(init.name, init.config);
    this.#log = this.#speech.log((record: LogRecord) => this.#links.find(logLink, 'a')?.out.next(record));
    this.#mayBegin = new Promise((resolve) => {
      this.#letBegin = resolve;
    });
    for (const declaration of init.links) this.#links.declare(declaration);
    for (const grant of init.grants) this.#links.connect(grant);
    this.#links.all(telemetryLink, 'a').subscribe((link) => {
      // A new reader has no gauge yet.
      link.connected$.subscribe(() => this.#meter.repeatGauges());
      this.#observers.add(link);
    });
    this.#links.all(observationLink, 'a').subscribe((link) => this.#observers.add(link));
  }

  async run(factory: HostedFactory): Promise<void> {
    const { control, heartbeat } = this.#init;
    this.#tell({ kind: 'loaded' });
    const heart = heartbeat === null ? null : setInterval(() => this.#beat(), HEARTBEAT_PERIOD_MS);
    const metrics = setInterval(() => this.#sendMetrics(), METRICS_PERIOD_MS);
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    const onUncaught = (error: unknown) => this.#tellFailure(error);
    process.on('uncaughtExceptionMonitor', onUncaught);
    const listening = fromPort(control).subscribe((value) => this.#obey(value));
    try {
      this.#actor = await factory(this.#context(), (grant) => this.#links.connect(grant));
      // A thread must not end while it loads what is compiled for the machine.
      await this.#loading;
      for (const { id, config } of this.#early.splice(0)) this.#configure(id, config);
      await this.#begin(this.#actor, ended);
      this.#tell({ kind: 'ready', threadId });
      if (this.#stopAsked) this.#stop();
      await ended;
      this.#sendMetrics();
      this.#tell({ kind: 'stopped' });
    } catch (error) {
      this.#tellFailure(error);
      throw error;
    } finally {
      process.off('uncaughtExceptionMonitor', onUncaught);
      if (heart !== null) clearInterval(heart);
      clearInterval(metrics);
      listening.unsubscribe();
      this.#links.close();
      control.close();
    }
  }

  /** Whoever is stopped before it may begin does not. */
  async #begin(actor: Actor, ended: Promise<void>): Promise<void> {
    if (actor.begin === undefined) return;
    if (this.#init.held) {
      this.#tell({ kind: 'prepared' });
      await Promise.race([this.#mayBegin, ended]);
    }
    if (!this.#stopAsked) actor.begin();
  }

  #context(): ActorContext {
    const { name, config, driverModule, keptFds } = this.#init;
    return {
      name,
      config,
      driverModule,
      keptFds,
      now: monotonicNow,
      meter: this.#meter,
      log: this.#log,
      link: (kind, side) => this.#link(kind, side),
      links: (kind, side) => this.#links.all(kind, side),
      event: (body) => this.#event(body),
      state: (key, item) => this.#observers.tellState(key, item),
      holds: (what) => this.#speech.holds(what),
      fail: (error) => this.#end?.reject(error),
      poll: () => this.#startPolling(),
    };
  }

  #link<K extends LinkKind, S extends Side>(kind: K, side: S): LinkOf<K, S> {
    const link = this.#links.find(kind, side);
    if (link !== undefined) return link;
    throw new Error(`${this.#init.name} has no link ${kind.name} of side ${side}: nobody is its other side`);
  }

  #endOf(kind: LinkKind, link: LinkDeclaration): LinkEnd {
    // Other threads have no use for system calls of their own.
    if (directionsOf(kind, link.side).out.urgent !== undefined) this.#loading ??= this.#loadYieldCpu();
    const onFate = (fate: LinkFate, detail: string) => this.#onFate(`${link.kind}:${link.peer}`, fate, detail);
    return new LinkEnd(kind, link, onFate, (actors) => this.#yieldCpu(actors));
  }

  async #loadYieldCpu(): Promise<void> {
    this.#yieldCpu = (await import('../../os/process/realtime.js')).yieldCpu;
  }

  #onFate(link: string, fate: LinkFate, detail: string): void {
    this.#meter.count(metrics.fulcrum_link_messages_total, { link: `${this.#init.name}:${link}`, fate });
    if (fate === 'refused-version' || fate === 'malformed') {
      this.#log.warn({ link, fate, detail }, 'a message was not taken');
    }
  }

  #event(body: EventBody): void {
    const safe = this.#speech.event(body);
    this.#observers.tell({ kind: 'event', event: { ...safe, atMs: Date.now(), actor_name: this.#init.name } });
  }

  #sendMetrics(most?: number): void {
    // Only the gateway serves metrics; the host app asks it. What is counted while there is none waits in the meter.
    const gateway = this.#links.find(telemetryLink, 'a');
    if (gateway === undefined || !gateway.isConnected) return;
    const samples = this.#meter.take(most);
    if (samples.length > 0) gateway.out.next({ kind: 'metrics', samples });
  }

  #obey(value: unknown): void {
    const { bytes, port, counters } = value as ControlFrame;
    const decoded = toHost.decode(bytes);
    if (decoded.kind !== 'known') {
      this.#onFate('control', decoded.kind, 'control message');
      return;
    }
    const { message } = decoded;
    switch (message.kind) {
      case 'link':
        if (port !== null && counters !== null) {
          this.#links.connect({ ...message.grant, port, counters });
        }
        break;
      case 'configure':
        this.#configure(message.id, unpackConfig(message.config));
        break;
      case 'begin':
        this.#letBegin();
        break;
      case 'stop':
        this.#stop();
        break;
      case 'fault':
        commitFault(message.fault);
        break;
      default:
        message satisfies never;
    }
  }

  #configure(id: number, config: Config): void {
    this.#speech.configure(config);
    if (this.#actor === null) {
      this.#early.push({ id, config });
      return;
    }
    try {
      this.#actor.configure(config);
      // Whoever hears that it is done may look at what the actor told of it.
      this.#observers.flush();
    } catch (error) {
      // A polled actor does not return to the event loop, where the end would be heard: its poll throws.
      if (this.#polled) throw error;
      this.#end?.reject(error);
    }
    this.#tell({ kind: 'configured', id });
  }

  #stop(): void {
    this.#stopAsked = true;
    const actor = this.#actor;
    // A polled actor sees the flag, and ends its loop first.
    if (actor === null || this.#polled) return;
    this.#finish(actor);
  }

  #finish(actor: Actor): void {
    actor.stop().then(
      () => this.#end?.resolve(),
      (error: unknown) => this.#end?.reject(error),
    );
  }

  #beat(): void {
    if (this.#init.heartbeat !== null) beat(this.#init.heartbeat, monotonicNow);
  }

  #tellFailure(error: unknown): void {
    this.#tell({ kind: 'failed', error: this.#speech.error(error) });
  }

  #tell(message: FromHost): void {
    // Whoever hears that a long start is over looks at the heartbeat, and must not see the one before it.
    this.#beat();
    const bytes = fromHost.encode(message);
    this.#init.control.postMessage(bytes, [bytes.buffer]);
  }

  #startPolling(): () => boolean {
    this.#polled = true;
    this.#observers.stopTurns();
    this.#links.startPolling();
    const { control } = this.#init;
    let metricsDueMs = performance.now() + METRICS_PERIOD_MS;
    let ended = false;
    return () => {
      this.#beat();
      drainPort(control, (message) => this.#obey(message));
      this.#links.poll();
      const due = performance.now() >= metricsDueMs;
      if (due) metricsDueMs = performance.now() + METRICS_PERIOD_MS;
      if (due || this.#meter.hasMore) this.#sendMetrics(POLLED_SAMPLES);
      if (this.#stopAsked && !ended && this.#actor !== null) {
        ended = true;
        this.#finish(this.#actor);
      }
      return this.#stopAsked;
    };
  }
}
