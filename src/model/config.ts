/**
 * The configuration as the rest of the program reads it: plain, complete (every default filled in), checked, and safe to
 * send between threads. What only one actor reads is declared by its section alone.
 */
import type { Granularity } from './dataplane/netmask.js';
import type { HeldAddressConfig, VrrpRouteConfig, VrrpRuleConfig } from './routing-config.js';
import type { Nanoseconds, Port, Vrid } from './units.js';

/** The sections are added where they are read: `src/config/document.ts`. */
export interface Config {
  /** What is hidden in all that leaves the process, each once: told to those too who are not told of the services. */
  readonly secrets: readonly string[];
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
/** `host` is an IPv4 or IPv6 literal or a name, without brackets; port 0 = let the kernel choose (tests). */
export type Listen = { readonly host: string; readonly port: number };

/** The kernel's daemon follows a VRRP instance: it sends this node's connections while that is master, else it receives. */
export type ConnectionSyncConfig = {
  /** A VRRP instance's name. */
  readonly instance: string;
  /** Where the multicast goes; the link's MTU bounds its packets. */
  readonly interface: string;
  /** 0-255, the same on both nodes; 0 takes from every id. */
  readonly syncId: number;
  /** Multicast address; null = the kernel's 224.0.0.81. */
  readonly group: string | null;
  /** UDP; null = the kernel's 8848. */
  readonly port: Port | null;
  /** null = the kernel's 1. */
  readonly ttl: number | null;
};

export type VrrpConfig = {
  readonly realtime: 'auto' | 'require' | 'off';
  readonly hedge: 'auto' | 'off';
  readonly startupDelayNs: Nanoseconds;
  /** Of instances that name none. */
  readonly version: VrrpVersion;
  readonly instances: readonly VrrpInstanceConfig[];
  readonly syncGroups: readonly SyncGroupConfig[];
  /** What instances can track, by name. */
  readonly scripts: Readonly<Record<string, TrackedScript>>;
  readonly processes: Readonly<Record<string, TrackedProcess>>;
  readonly files: Readonly<Record<string, TrackedFile>>;
};

/** Of the protocol; 2 is for IPv4 alone. */
export type VrrpVersion = 2 | 3;

/** An interface with the MAC address of the virtual router, which Fulcrum makes over the instance's own. */
export type VirtualMacConfig = {
  readonly interface: string;
  /** Which of the two adverts leave by. */
  readonly transmit: 'vmac' | 'base';
};

/** How adverts prove where they come from. */
export type VrrpAuthentication =
  /** In the clear, of version 2; at most 8 bytes. */
  | { readonly type: 'password'; readonly password: string }
  /** A trailer of either version. */
  | {
      readonly type: 'hmac';
      /** By their ids, as people write them. */
      readonly keys: Readonly<Record<string, string>>;
      /** The id of the key that signs. */
      readonly active: number;
      /** `permissive` takes adverts without a trailer too; `receive-only` sends such as well. */
      readonly mode: 'enforce' | 'permissive' | 'receive-only';
      readonly antiReplay: 'time' | 'monotonic';
      /** Null: three intervals, at least 5 s. */
      readonly timeWindowNs: Nanoseconds | null;
    };

/** Instances that are master, backup or at fault together. */
export type SyncGroupConfig = {
  readonly name: string;
  /** Names; one that was taken out at run time may be among them. */
  readonly instances: readonly string[];
  /** Applies to each member. */
  readonly track: readonly VrrpTrack[];
};

/** Gratuitous ARP and unsolicited neighbour advertisements. */
export type GratuitousConfig = {
  readonly count: number;
  readonly intervalNs: Nanoseconds;
  readonly refreshNs: Nanoseconds;
  readonly refreshCount: number;
  /** A second burst, so long after the take-over; 0 or a count of 0: none. */
  readonly repeatAfterNs: Nanoseconds;
  readonly repeatCount: number;
};

export type VrrpInstanceConfig = {
  readonly name: string;
  readonly version: VrrpVersion;
  readonly interface: string;
  readonly vrid: Vrid;
  readonly priority: number;
  readonly advertIntervalNs: Nanoseconds;
  readonly preempt: boolean;
  readonly preemptDelayNs: Nanoseconds;
  /** Adverted, all of one family. */
  readonly addresses: readonly HeldAddressConfig[];
  /** Of any family, and not adverted. */
  readonly extraAddresses: readonly HeldAddressConfig[];
  /** In the kernel while the instance is master, as its addresses are. */
  readonly routes: readonly VrrpRouteConfig[];
  readonly rules: readonly VrrpRuleConfig[];
  readonly mode: 'multicast' | 'unicast';
  readonly source: string | null;
  readonly peers: readonly string[];
  readonly checksum: 'auto' | 'pseudo-header' | 'message';
  readonly dialect: 'rfc' | 'seesaw';
  /** False = its addresses are on `interface`, with that one's MAC address. */
  readonly vmac: false | VirtualMacConfig;
  /** Null = none. */
  readonly authentication: VrrpAuthentication | null;
  readonly gratuitous: GratuitousConfig;
  readonly track: readonly VrrpTrack[];
};

/** `weight` null or 0: the instance goes to fault while the tracked thing is down. `reverse`: up and down change places. */
export type VrrpTrack = { readonly weight: number | null; readonly reverse: boolean } & (
  | { readonly kind: 'interface'; readonly interface: string }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'script'; readonly script: string }
  | { readonly kind: 'process'; readonly process: string }
  /** Its number times the weight is added; with 0 another number than 0 is a fault. */
  | { readonly kind: 'file'; readonly file: string; readonly weight: number }
);

/** What the actor `trackers` looks after. */
export type TrackedKind = 'script' | 'process' | 'file';

export type TrackedScript = {
  /** The program's absolute path, and its arguments. */
  readonly command: readonly string[];
  readonly intervalNs: Nanoseconds;
  readonly timeoutNs: Nanoseconds;
  readonly rise: number;
  readonly fall: number;
  readonly user: string | null;
  /** What counts before the first result. */
  readonly initially: 'unknown' | 'good' | 'bad';
};
/** One word: a process's name. Several, or a path: how its command line begins. */
export type TrackedProcess = {
  readonly command: readonly string[];
  readonly quorum: number;
  readonly delayNs: Nanoseconds;
};
export type TrackedFile = { readonly path: string; readonly weight: number };

export type Protocol = 'tcp' | 'udp' | 'sctp';
export type ForwardingMode = 'dsr' | 'nat' | 'tun';

export type ServiceConfig = {
  readonly name: string;
  /** Where it is; of several addresses and ports the first. */
  readonly match: ServiceMatch;
  /** All of them, ranges too (`address-range.ts`), where the document lists them. */
  readonly addresses?: readonly string[] | undefined;
  readonly ports?: readonly Port[] | undefined;
  readonly scheduler: string;
  /** IPVS scheduler flags, such as `sh-port` or `mh-fallback`. */
  readonly schedulerFlags: readonly string[];
  readonly forwarding: ForwardingMode;
  /** Client affinity time; null = none. */
  readonly persistenceNs: Nanoseconds | null;
  /** Clients of one such net have the same affinity; null = each its own. */
  readonly persistenceGranularity: Granularity | null;
  readonly onePacket: boolean;
  readonly watermarks: Watermarks;
  /** `master`: its backends are probed only while a VRRP instance of ours has one of its addresses. */
  readonly checksWhen: 'always' | 'master';
  readonly onUnhealthy: 'remove' | 'inhibit';
  readonly drainTimeoutNs: Nanoseconds;
  readonly sorry: SorryConfig | null;
  readonly enabled: boolean;
  readonly backends: readonly BackendConfig[];
};

/** How packets are wrapped on their way to a server. */
export type Tunnel = { readonly type: 'ipip' | 'gue' | 'gre'; readonly port: number };

/** Serves while the service is unhealthy. */
export type SorryConfig = {
  readonly address: string;
  /** Null = each port of the service. */
  readonly port: Port | null;
  readonly forwarding: ForwardingMode;
  readonly tunnel: Tunnel | null;
  /** It stays in the table, with weight 0, while the service is healthy. */
  readonly inhibit: boolean;
};

export type ServiceMatch =
  | { readonly kind: 'address'; readonly address: string; readonly port: Port; readonly protocol: Protocol }
  | { readonly kind: 'fwmark'; readonly fwmark: number; readonly family: 'ipv4' | 'ipv6'; readonly protocol: Protocol };

/** `by` is what counts: backends, or their weights. */
export type Watermarks = { readonly low: Watermark; readonly high: Watermark; readonly by: 'count' | 'weight' };

/** Needed to be (or stay) healthy: so many, or such a part of those in service. Count 0 = at least one. */
export type Watermark =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number };

export type BackendConfig = {
  /** Unique within its service; `address:port`, or the address where it follows the service's ports, when the document names none. */
  readonly name: string;
  /** An IP address, or a DNS name. */
  readonly address: string;
  readonly port: Port;
  /** It has each port of the service; `port` is the first. */
  readonly followsPort?: true;
  readonly weight: number;
  /** Most simultaneous connections (IPVS upper threshold, proxy limit); 0 = no limit. */
  readonly maxConnections: number;
  readonly enabled: boolean;
  /** Null = as the service says. */
  readonly forwarding: ForwardingMode | null;
  readonly tunnel: Tunnel | null;
  /** The service's checks, or the backend's own where it names some; named checks are resolved. */
  readonly checks: readonly CheckConfig[];
};

/** What every check has. */
export type CheckCommon = {
  readonly intervalNs: Nanoseconds;
  /** A hard deadline over all phases: resolve, connect, TLS, body. */
  readonly timeoutNs: Nanoseconds;
  /** Consecutive failures that a healthy target survives. */
  readonly retries: number;
  /** Consecutive successes that make an unhealthy target healthy. */
  readonly rise: number;
  /** In place of the interval while a change of state is not decided yet; null = the interval. */
  readonly retryIntervalNs: Nanoseconds | null;
  /** Slows down the probes of a failing target; null = never. */
  readonly backoff: { readonly factor: number; readonly maxNs: Nanoseconds } | null;
  /** Random shift of each probe, as a fraction of the interval, 0-0.5. */
  readonly jitter: number;
  readonly mode: 'plain' | 'dsr' | 'tun';
  /** Local address to probe from. */
  readonly source: string | null;
  /** Probes another port than the backend's; null = the backend's own. */
  readonly port: Port | null;
};

export type TlsOptions = {
  readonly tls: boolean;
  readonly tlsVerify: boolean;
  readonly serverName: string | null;
  /** PEM files. */
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
};

/** A check of any type; its other options are its checker's (`src/checks/TYPE/index.ts`). */
export type CheckConfig = CheckCommon & { readonly type: string };
