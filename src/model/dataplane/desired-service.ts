/** A virtual service as the engine wants it in the data plane. */
import type { ForwardingMode, ServiceMatch, Tunnel, Watermarks } from '../config.js';
import type { TargetKey } from '../states.js';
import type { Nanoseconds } from '../units.js';

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
  readonly tunnel: Tunnel | null;
  /** The engine waits for `connections` messages about it, and takes it away when they reach 0. */
  readonly draining: boolean;
  /** It takes new connections while all of these are healthy; absent where it takes none, or nothing is checked. */
  readonly targets?: readonly TargetKey[];
};

export type DesiredService = {
  /** A part's (`service-parts.ts`). */
  readonly name: string;
  readonly match: ServiceMatch;
  readonly scheduler: string;
  readonly schedulerFlags: readonly string[];
  readonly persistenceNs: Nanoseconds | null;
  /** As `TableService`'s. */
  readonly persistenceNetmask?: number;
  readonly onePacket: boolean;
  readonly destinations: readonly DesiredDestination[];
  /** Where backends are of which nobody knows yet how they are: a destination that is there stays as it is. */
  readonly undecided?: readonly BackendAddress[];
  /** What is left of it when destinations fall while no engine says so; absent while it is not healthy. */
  readonly fallback?: Fallback;
};

export type BackendAddress = Pick<DesiredDestination, 'address' | 'port'>;

export type Fallback = {
  /** With less (destinations, or their weights) the service is down, and serves nothing. */
  readonly least: number;
  readonly by: Watermarks['by'];
  /** A fallen destination stays, with weight 0. */
  readonly inhibit: boolean;
  /** Has all the traffic when the service is down. */
  readonly sorry: DesiredDestination | null;
};
