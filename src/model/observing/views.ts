/** What people and their tools read: the JSON shapes of the HTTP API, the command line and `runtime.status()`. */
import type { BackendState, TargetState, VrrpState } from '../states.js';

export type CheckView = {
  readonly type: string;
  /** `host:port`, or the host alone. */
  readonly target: string;
  readonly state: TargetState;
  readonly failures: number;
  readonly successes: number;
  /** RFC 3339, null before the first probe. */
  readonly last_check: string | null;
  readonly duration_ms: number;
  readonly message: string;
};

export type BackendView = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** What the data plane is told now: 0 while it takes no traffic. */
  readonly weight: number;
  readonly configured_weight: number;
  readonly state: BackendState;
  readonly why: string;
  /** Active ones now; null where nobody has counted them. */
  readonly connections: number | null;
  /** Null while it is not in the data plane's table, or the data plane does not tell. */
  readonly traffic: TrafficSumView | null;
  /** An operator's drain of it is over; `enable` takes it back. */
  readonly drained: boolean;
  /** Null where no operator has drained it. */
  readonly drain: DrainView | null;
  readonly checks: readonly CheckView[];
};

/** Connections now and ever, and bytes from (in) and to (out) clients. */
export type TrafficSumView = {
  readonly active: number;
  readonly inactive: number;
  readonly connections: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
};

export type DrainView =
  /** `left`: connections; null = not counted yet. */
  | { readonly state: 'draining'; readonly left: number | null; readonly seconds_left: number }
  /** `cut`: connections that had not ended by themselves; null = they were never counted. */
  | { readonly state: 'drained'; readonly cut: number | null };

/** A backend's state for people: a drain that is over is more than an operator's disable. */
export const shownState = ({ state, drained }: Pick<BackendView, 'state' | 'drained'>): string =>
  drained ? 'drained' : state;

export type ServiceView = {
  readonly name: string;
  /** Empty and 0 for a firewall-mark service. */
  readonly address: string;
  readonly port: number;
  readonly fwmark: number | null;
  readonly protocol: string;
  readonly scheduler: string;
  readonly forwarding: string;
  readonly healthy: boolean;
  readonly why: string;
  /** Traffic goes to the sorry server. */
  readonly sorry: boolean;
  readonly enabled: boolean;
  /** The sum of its backends', as far as they are in the data plane's table. */
  readonly traffic: TrafficSumView | null;
  readonly backends: readonly BackendView[];
};

/** The same as the engine knows it: what flows is the data plane's to tell. */
export type BackendReport = Omit<BackendView, 'traffic'>;
export type ServiceReport = Omit<ServiceView, 'traffic' | 'backends'> & { readonly backends: readonly BackendReport[] };

/** How late adverts were sent, against their absolute deadlines. */
export type LatenessView = {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
};

export type VrrpView = {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  readonly addresses: readonly string[];
  readonly state: VrrpState;
  readonly priority: number;
  /** After tracking. */
  readonly effective_priority: number;
  readonly why: string;
  readonly master_down_interval_ms: number;
  readonly adverts: { readonly sent: number; readonly received: number; readonly rejected: number };
  /** Of all adverts since the start. */
  readonly lateness_us: LatenessView;
  readonly lateness_last_hour_us: LatenessView;
  readonly transitions: number;
  /** The peer last heard, null before any. */
  readonly peer: {
    readonly address: string;
    /** The last one that it ran with; 0 where it was never heard but to resign. */
    readonly priority: number;
    /** Its last advert told that it stops being master (priority 0). */
    readonly resigned: boolean;
    readonly interval_ms: number;
    readonly jitter_us: number;
  } | null;
  /** What `realtime: auto` got, and what it could not get. */
  readonly realtime: string;
};

export type ActorView = {
  readonly name: string;
  readonly thread_id: number;
  readonly state: 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'failed';
  readonly restarts: number;
  readonly last_error: string | null;
  /** Messages sent to it that it has not taken yet. */
  readonly mailbox: number;
};

export type DataplaneView = {
  /** The driver's kind. */
  readonly driver: string;
  readonly why: string;
  readonly services: readonly DataplaneServiceView[];
};
/** What flowed, ever and per second now; in = from clients. */
export type FlowView = {
  readonly connections: number;
  readonly packets_in: number;
  readonly packets_out: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
};
export type TrafficView = FlowView & { readonly per_second: FlowView };
export type DataplaneServiceView = {
  readonly name: string | null;
  readonly address: string;
  readonly port: number;
  readonly fwmark: number | null;
  readonly family: 'ipv4' | 'ipv6';
  readonly protocol: string;
  readonly scheduler: string;
  readonly scheduler_flags: readonly string[];
  /** Seconds; null = none. */
  readonly persistence_s: number | null;
  readonly one_packet: boolean;
  /** What someone else set on it, in words; null = nothing. */
  readonly extra: string | null;
  /** Those of destinations that are gone too; null where the driver does not count it. */
  readonly traffic: TrafficView | null;
  readonly destinations: readonly DataplaneDestinationView[];
};
export type DataplaneDestinationView = {
  /** The backend's name; null where Fulcrum did not make it. */
  readonly backend: string | null;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly forwarding: string;
  /** Such as `gue:6080`; null = none, or plain IP in IP. */
  readonly tunnel: string | null;
  /** 0 = no limit. */
  readonly max_connections: number;
  readonly extra: string | null;
  readonly active_connections: number;
  readonly inactive_connections: number;
  readonly connections: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly traffic: TrafficView | null;
};
