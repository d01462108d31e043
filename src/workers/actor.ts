/** What an actor is given by the thread that hosts it, and what it must offer in return. */

import type { Observable } from 'rxjs';
import type { Config } from '../model/config.js';
import type { EventBody } from '../model/observing/events.js';
import type { Log } from '../model/observing/log.js';
import type { Meter } from '../model/observing/meter.js';
import type { StateItem } from '../model/observing/state-item.js';
import type { Clock } from '../model/units.js';
import type { LinkKind, LinkOf, Side } from '../wire/links/link-kind.js';
import type { KeptFds } from './host/kept-fds.js';

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
  /** What it leaves there, its replacement finds. */
  readonly keptFds: KeptFds;
  /**
   * The actor's one link of a kind, on the side that its descriptor names. Throws where nobody is the other side. The kind says which
   * messages it carries.
   */
  link<K extends LinkKind, S extends Side>(kind: K, side: S): LinkOf<K, S>;
  /** All links of a kind, those that come later too. Also for a link that a configuration may do without. */
  links<K extends LinkKind, S extends Side>(kind: K, side: S): Observable<LinkOf<K, S>>;
  /** To the gateway and the host app, in order. */
  event(body: EventBody): void;
  /** Tells (or, with null, takes back) one item of this actor's pushed state. */
  state(key: string, item: StateItem | null): void;
  /** Asked when the thread dies: what it holds beside the configuration, whose secrets are then hidden in the reason. The last call counts. */
  holds(what: () => unknown): void;
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
