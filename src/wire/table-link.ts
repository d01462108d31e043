/** Engine to data plane: the table that should be. Data plane to engine: what the engine must know of it. */
import type { BackendConfig, ForwardingMode, ServiceMatch } from '../config/model.js';
import { protocol } from './protocol.js';
import type { TargetKey } from './target-link.js';
import type { Nanoseconds } from './units.js';

export type DesiredDestination = {
  /** The backend's name within its service. */
  readonly backend: string;
  /** An IP literal: names are resolved before they come here. */
  readonly address: string;
  readonly port: number;
  /** 0 = takes no new connections. */
  readonly weight: number;
  readonly forwarding: ForwardingMode;
  /** 0 = no limit. */
  readonly maxConnections: number;
  readonly tunnel: BackendConfig['tunnel'];
  /** The engine waits for `connections` messages about it, and takes it away when they reach 0. */
  readonly draining: boolean;
  /** It takes new connections while all of these are healthy; absent where it takes none, or nothing is checked. */
  readonly targets?: readonly TargetKey[];
};

export type DesiredService = {
  readonly name: string;
  readonly match: ServiceMatch;
  readonly scheduler: string;
  readonly schedulerFlags: readonly string[];
  readonly persistenceNs: Nanoseconds | null;
  readonly onePacket: boolean;
  readonly destinations: readonly DesiredDestination[];
  /** Where backends are of which nobody knows yet how they are: a destination that is there stays as it is. */
  readonly undecided?: readonly BackendAddress[];
  /** What is left of it when destinations fall while no engine says so; absent while it is not healthy. */
  readonly fallback?: Fallback;
};

export type Fallback = {
  /** With fewer destinations than so many the service is down, and serves nothing. */
  readonly least: number;
  /** A fallen destination stays, with weight 0. */
  readonly inhibit: boolean;
  /** Has all the traffic when the service is down. */
  readonly sorry: DesiredDestination | null;
};

export type BackendAddress = Pick<DesiredDestination, 'address' | 'port'>;

/**
 * What is different about one service since it was last told: `destinations` are in the place of `count` others, the first of
 * which was number `at`. Never waits for room, as what waits is coalesced: a service is told whole then.
 */
export type DestinationSplice = {
  readonly kind: 'splice';
  readonly name: string;
  readonly at: number;
  readonly count: number;
  readonly destinations: readonly DesiredDestination[];
};

export type ToDataplane =
  /** The whole desired state of one service; null = there is no such service. Coalesced by name. */
  | { readonly kind: 'service'; readonly name: string; readonly service: DesiredService | null }
  | DestinationSplice
  /** Every service of the configuration has been told: from now on what was not told is not wanted. */
  | { readonly kind: 'complete' }
  /** All that was told before follows from what this monitor shard had told up to `until`. */
  | { readonly kind: 'heard'; readonly shard: string; readonly until: Nanoseconds };

/** What speaks of one service. */
export type ServiceNews = Extract<ToDataplane, { readonly name: string }>;
export const isServiceNews = (message: ToDataplane): message is ServiceNews =>
  message.kind === 'service' || message.kind === 'splice';

export const toDataplane = protocol<ToDataplane>('to-dataplane', 1, {
  service: { name: 'string', service: 'nullable' },
  splice: { name: 'string', at: 'number', count: 'number', destinations: 'array' },
  complete: {},
  heard: { shard: 'string', until: 'number' },
});

export type FromDataplane =
  /** Connections of a draining destination, each time they are counted (about once a second). */
  | { readonly kind: 'connections'; readonly service: string; readonly backend: string; readonly active: number }
  | { readonly kind: 'driver'; readonly driver: 'ipvs' | 'proxy' | 'dry-run' | 'custom'; readonly why: string };

export const fromDataplane = protocol<FromDataplane>('from-dataplane', 1, {
  connections: { service: 'string', backend: 'string', active: 'number' },
  driver: { driver: 'string', why: 'string' },
});
