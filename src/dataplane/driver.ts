/**
 * What writes the table into something that moves packets: the kernel's IPVS, the embedded proxy, or a log. The dataplane
 * actor decides what to write, when, and what of it is ours; a driver carries it out and tells how things are.
 */

import type { Change, ChangeResult } from '../model/dataplane/change.js';
import type {
  DestinationCounts,
  DestinationKey,
  Entry,
  ServiceKey,
  Table,
  TableDestination,
  TableService,
} from '../model/dataplane/table.js';
import type { Counter, Gauge } from '../model/observing/metrics.js';
import type { VrrpState } from '../model/states.js';
import type { ActorContext } from '../workers/actor.js';

export interface Driver {
  /** Its descriptor's, or `custom`. */
  readonly kind: string;
  readonly capabilities: DriverCapabilities;
  /** The metrics that count what flows through it, for each backend; absent: there are none. */
  readonly metrics?: TrafficMetrics;
  /** What the driver will hold for an entry (rounded, ordered as it reads it back), or why it cannot. Pure. */
  accept(entry: Entry): Acceptance;
  /** Everything that is there now, foreign entries included. Rejects where it cannot be read. */
  read(): Promise<Table>;
  /**
   * Carries out all changes in order, as one batch where it can: one that fails does not stop the rest. Answers with one
   * result for each, in the same order. Never rejects for a change; rejects only where nothing at all could be said.
   */
  apply(changes: readonly Change[]): Promise<readonly ChangeResult[]>;
  /**
   * Counters of these services' destinations (null = of all). Those that are not there are not in the answer; rejects where
   * one that is named may be there and cannot be counted.
   */
  counts(services: readonly ServiceKey[] | null): Promise<Counts>;
  /** The table and all that flowed through it, in one look; a driver without it has `read` and `counts` alone. */
  inspect?(): Promise<Inspection>;
  /** VRRP states by instance, each time one changes: connection synchronisation follows them. */
  vrrpChanged(states: ReadonlyMap<string, VrrpState>): Promise<void>;
  /** A new configuration took effect. */
  configure(config: ActorContext['config']): void;
  /** Frees what the driver holds. The actor has removed its services before, where `onStop` is `flush`. */
  close(onStop: 'flush' | 'keep'): Promise<void>;
}

export type DriverCapabilities = {
  /** The table lives on when the process ends, so what is ours is remembered in the state directory. */
  readonly outlivesProcess: boolean;
  /** Others write to the same table: an entry may be foreign, and may drift. */
  readonly shared: boolean;
  /** Questions may be asked while a write runs. */
  readonly concurrent: boolean;
};

export type Acceptance =
  | { readonly kind: 'accepted'; readonly entry: Entry }
  /** What the driver cannot do, and what to change. */
  | { readonly kind: 'refused'; readonly reason: string };

export type Counts = ReadonlyMap<ServiceKey, ReadonlyMap<DestinationKey, DestinationCounts>>;

/** What flowed: connections that were scheduled, packets and bytes from (in) and to (out) clients. */
export type Flow = {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
};
export type Traffic = { readonly total: Flow; readonly perSecond: Flow };
export type InspectedDestination = {
  readonly destination: TableDestination;
  readonly counts: DestinationCounts;
  readonly traffic: Traffic;
};
/** A service's own traffic counts destinations that are gone too. */
export type InspectedService = {
  readonly service: TableService;
  readonly traffic: Traffic;
  readonly destinations: readonly InspectedDestination[];
};
export type Inspection = readonly InspectedService[];
/** Each with its labels beside those of service and backend, and what it shows. */
export type TrafficMetrics = {
  readonly gauges: readonly TrafficMetric<Gauge, 'active' | 'inactive'>[];
  readonly counters: readonly TrafficMetric<Counter, keyof Flow>[];
};
type TrafficMetric<M, Of> = readonly [metric: M, labels: Readonly<Record<string, string>>, of: Of];

export type DriverContext = Pick<ActorContext, 'name' | 'now' | 'log' | 'config' | 'links' | 'event' | 'meter'> & {
  /** The driver's table may be another than what was written, such as after a proxy thread's restart: read it again. */
  readonly changed: (why: string) => void;
};

/** Rejects with MissingPrivilegeError where the machine lacks what the driver needs. */
export type OpenDriver = (context: DriverContext) => Promise<Driver>;
