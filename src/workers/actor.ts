/** What an actor is given by the thread that hosts it, and what it must offer in return. */
import type { Observable, Observer } from 'rxjs';
import type { Config } from '../config/model.js';
import type { Clock } from '../net/clock.js';
import type { MetricName } from '../wire/metrics.js';
import type { EventBody, MetricSample, StateItem } from '../wire/telemetry.js';

/**
 * One end of a link, for the actor's whole life: when the peer is replaced, the supervisor attaches a fresh port to the
 * same Link and `connected$` speaks again.
 */
export interface Link<In, Out> {
  readonly name: string;
  /** Decoded messages; a bad one was counted and is not among them. Never completes before the actor stops. */
  readonly in$: Observable<In>;
  /**
   * Applies the link's overflow policy. Messages sent before a connection wait for it, within the bound; but those that
   * coalesce are forgotten, since whoever hears `connected$` tells that state anew.
   */
  readonly out: Pick<Observer<Out>, 'next'>;
  /** Speaks each time a (new) peer is there; replays the last one. Tell it the whole state then: it may know nothing. */
  readonly connected$: Observable<number>;
  /** Messages sent that the peer has not taken yet, waiting ones included: a producer that can wait holds back while it is high. */
  backlog(): number;
}

/** Pino's five usual methods: fields first, then the message. Records go to the log thread; a flood is dropped and counted. */
export type Log = {
  readonly [level in 'trace' | 'debug' | 'info' | 'warn' | 'error']: (fields: object, message: string) => void;
};

/** Named in `src/wire/metrics.ts`; labels are few and bounded. Cheap: sent to the gateway about once a second, as sums. */
export interface Meter {
  count(name: MetricName, labels: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: MetricName, labels: Readonly<Record<string, string>>, value: number): void;
  observe(name: MetricName, labels: Readonly<Record<string, string>>, value: number): void;
  /** The same series as `count`, looked up once: for paths that run thousands of times a second. Valid for the meter's life. */
  counter(name: MetricName, labels: Readonly<Record<string, string>>): (by?: number) => void;
  /** The same series as `observe`, looked up once. */
  histogram(name: MetricName, labels: Readonly<Record<string, string>>): (value: number) => void;
  /** What came together since the last call; the host calls it. */
  take(): readonly MetricSample[];
}

export interface ActorContext {
  /** Such as `engine` or `monitor-2`. */
  readonly name: string;
  readonly now: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** The configuration as it is at the start; `Actor.configure` brings the later ones. */
  readonly config: Config;
  /** URL of the embedding app's own data-plane driver; null = the configured one. */
  readonly driverModule: string | null;
  /** A link by the name that `src/supervisor.ts` gives it. Throws when the supervisor declared none. */
  link<In, Out>(name: string): Link<In, Out>;
  /**
   * All links that are named `prefix`, or `prefix` and a dash and more, such as every `monitor-N`; speaks for those that come
   * later too. Also for a link that a configuration may do without.
   */
  links<In, Out>(prefix: string): Observable<Link<In, Out>>;
  /** To the gateway and the host app, in order. */
  event(body: EventBody): void;
  /** Tells (or, with null, takes back) one item of this actor's pushed state. */
  state(key: string, item: StateItem | null): void;
  /** The actor cannot go on: its supervisor decides. */
  fail(error: Error): void;
  /**
   * Takes over the delivery of messages: after this call nothing arrives by event; each call of the answer delivers what
   * has come since. For the one actor whose thread never returns to its event loop (VRRP). Returns true when it must stop.
   */
  poll(): () => boolean;
}

export interface Actor {
  /**
   * Everybody of the first start is ready: only now may it act on the world outside (adverts, addresses, the kernel's table). What
   * it needs for that it opened before, so that a node that cannot serve never does. A replacement begins at once.
   */
  begin?(): void;
  /** A new configuration took effect. Must not throw for a valid one. */
  configure(config: Config): void;
  /** Ends within the time limit that the supervisor gives it, or is terminated. */
  stop(): Promise<void>;
}

export type ActorFactory = (context: ActorContext) => Actor | Promise<Actor>;
