/**
 * The configuration as the rest of the program reads it: plain, complete (every default filled in), checked, and safe to
 * send between threads. What only one actor reads is declared by its section alone.
 */
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
  readonly startupDelayNs: Nanoseconds;
  readonly instances: readonly VrrpInstanceConfig[];
};

export type VrrpInstanceConfig = {
  readonly name: string;
  readonly interface: string;
  readonly vrid: Vrid;
  readonly priority: number;
  readonly advertIntervalNs: Nanoseconds;
  readonly preempt: boolean;
  readonly preemptDelayNs: Nanoseconds;
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
  readonly mode: 'multicast' | 'unicast';
  readonly source: string | null;
  readonly peers: readonly string[];
  readonly checksum: 'auto' | 'pseudo-header' | 'message';
  readonly dialect: 'rfc' | 'seesaw';
  readonly gratuitous: { readonly count: number; readonly intervalNs: Nanoseconds; readonly refreshNs: Nanoseconds };
  readonly track: readonly VrrpTrack[];
};

/** `weight` null: the instance goes to fault while the tracked thing is down. */
export type VrrpTrack =
  | { readonly kind: 'interface'; readonly interface: string; readonly weight: number | null }
  | { readonly kind: 'service'; readonly service: string; readonly weight: number | null };

export type Protocol = 'tcp' | 'udp' | 'sctp';
export type ForwardingMode = 'dsr' | 'nat' | 'tun';

export type ServiceConfig = {
  readonly name: string;
  readonly match: ServiceMatch;
  readonly scheduler: string;
  /** IPVS scheduler flags, such as `sh-port` or `mh-fallback`. */
  readonly schedulerFlags: readonly string[];
  readonly forwarding: ForwardingMode;
  /** Client affinity time; null = none. */
  readonly persistenceNs: Nanoseconds | null;
  readonly onePacket: boolean;
  readonly watermarks: { readonly low: Watermark; readonly high: Watermark };
  readonly onUnhealthy: 'remove' | 'inhibit';
  readonly drainTimeoutNs: Nanoseconds;
  readonly sorry: { readonly address: string; readonly port: Port } | null;
  readonly enabled: boolean;
  readonly backends: readonly BackendConfig[];
};

export type ServiceMatch =
  | { readonly kind: 'address'; readonly address: string; readonly port: Port; readonly protocol: Protocol }
  | { readonly kind: 'fwmark'; readonly fwmark: number; readonly family: 'ipv4' | 'ipv6'; readonly protocol: Protocol };

/** Needed to be (or stay) healthy: so many backends, or such a part of those in service. Count 0 = at least one. */
export type Watermark =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number };

export type BackendConfig = {
  /** Unique within its service; `address:port` when the document names none. */
  readonly name: string;
  /** An IP address, or a DNS name. */
  readonly address: string;
  readonly port: Port;
  readonly weight: number;
  /** Most simultaneous connections (IPVS upper threshold, proxy limit); 0 = no limit. */
  readonly maxConnections: number;
  readonly enabled: boolean;
  readonly tunnel: { readonly type: 'ipip' | 'gue' | 'gre'; readonly port: number } | null;
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

export type CheckConfig =
  | TcpCheck
  | UdpCheck
  | HttpCheck
  | IcmpCheck
  | DnsCheck
  | RadiusCheck
  | GrpcCheck
  | PostgresCheck
  | RedisCheck
  | QdrantCheck
  | CustomCheck;
export type CheckType = CheckConfig['type'];
/** All but those of the app that embeds Fulcrum. */
export type BuiltInCheckType = Exclude<CheckType, 'custom'>;

export type TcpCheck = CheckCommon &
  TlsOptions & { readonly type: 'tcp'; readonly send: Uint8Array | null; readonly receive: Uint8Array | null };
export type UdpCheck = CheckCommon & {
  readonly type: 'udp';
  readonly send: Uint8Array;
  /** Empty: any reply is good. */
  readonly receive: Uint8Array;
};
export type CodeRange = { readonly from: number; readonly to: number };
export type HttpCheck = CheckCommon &
  TlsOptions & {
    readonly type: 'http';
    readonly method: string;
    readonly path: string;
    /** The Host header; null = the target. */
    readonly host: string | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
    /** Empty: any code is good. */
    readonly expectedCodes: readonly CodeRange[];
    /** A prefix of the body. */
    readonly receive: Uint8Array | null;
    /** Source of a regular expression that the (bounded) body must match. */
    readonly receiveRegex: string | null;
    /** Sends the request in absolute form, through the target as a proxy. */
    readonly proxy: boolean;
    readonly http2: boolean;
    readonly keepAlive: boolean;
  };
export type IcmpCheck = CheckCommon & { readonly type: 'icmp'; readonly payloadSize: number };
export type DnsRecordType = 'A' | 'AAAA' | 'CNAME' | 'NS' | 'SOA' | 'TXT' | 'SRV' | 'MX' | 'PTR';
export type DnsCheck = CheckCommon & {
  readonly type: 'dns';
  readonly query: string;
  readonly record: DnsRecordType;
  /** As a set: each of these must be among the answers; empty = any answer. */
  readonly expected: readonly string[];
  /** Expected response code, such as NOERROR or NXDOMAIN. */
  readonly rcode: string;
  readonly serverPort: Port | null;
  readonly tcp: boolean;
};
export type RadiusCheck = CheckCommon & {
  readonly type: 'radius';
  readonly username: string;
  readonly password: string;
  readonly secret: string;
  readonly expect: 'accept' | 'challenge' | 'reject' | 'any';
};
export type GrpcCheck = CheckCommon &
  TlsOptions & {
    readonly type: 'grpc';
    readonly service: string;
    readonly authority: string | null;
    /** Uses the Watch stream instead of one Check call per probe. */
    readonly watch: boolean;
  };
/** `url` null: the backend's address and port, with the scheme's defaults. It may hold credentials: never print it. */
type UrlCheck = CheckCommon & { readonly url: string | null; readonly keepAlive: boolean };
export type PostgresCheck = UrlCheck & { readonly type: 'postgres' };
export type RedisCheck = UrlCheck & { readonly type: 'redis' };
export type QdrantCheck = UrlCheck & { readonly type: 'qdrant' };

/** A check of the app that embeds Fulcrum, by the name under which it registered it. */
export type CustomCheck = CheckCommon & { readonly type: 'custom'; readonly name: string };
