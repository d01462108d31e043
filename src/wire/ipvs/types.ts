/** What IPVS holds, as its netlink interface tells it (linux/ip_vs.h), in plain types; numbers and names of the header beside them. */

export const IPVS_FAMILY_NAME = 'IPVS';
export const IPVS_VERSION = 1;

/** The commands of linux/ip_vs.h, by their number there. */
export const ipvsCommand = {
  newService: 1,
  setService: 2,
  delService: 3,
  getService: 4,
  newDest: 5,
  setDest: 6,
  delDest: 7,
  getDest: 8,
  newDaemon: 9,
  delDaemon: 10,
  getDaemon: 11,
  setConfig: 12,
  getConfig: 13,
  setInfo: 14,
  getInfo: 15,
  zero: 16,
  flush: 17,
} as const;

export type IpvsAddressFamily = 'ipv4' | 'ipv6';

/** What makes a virtual service this one and no other. The family of an address is the service's own. */
export type IpvsServiceKey =
  | {
      readonly kind: 'address';
      readonly address: string;
      readonly port: number;
      /** IP protocol number: 6 TCP, 17 UDP, 132 SCTP. */
      readonly protocol: number;
    }
  | { readonly kind: 'fwmark'; readonly family: IpvsAddressFamily; readonly fwmark: number };

export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_SCTP = 132;

export const ipvsServiceFlag = {
  persistent: 0x1,
  /** Set by the kernel on every service of its table. */
  hashed: 0x2,
  onePacket: 0x4,
  /** sh-fallback, mh-fallback */
  scheduler1: 0x8,
  /** sh-port, mh-port */
  scheduler2: 0x10,
  scheduler3: 0x20,
} as const;

export type IpvsService = {
  readonly key: IpvsServiceKey;
  /** At most 15 characters. */
  readonly scheduler: string;
  /** Bits of `ipvsServiceFlag`, without `hashed`. */
  readonly flags: number;
  /** Of persistence, seconds. */
  readonly timeoutS: number;
  /** Clients of one such net count as one, for persistence: an IPv4 mask, or the length of an IPv6 prefix. */
  readonly netmask: number;
  /** Such as `sip`; null = none. */
  readonly persistenceEngine: string | null;
};

/** The schedulers of the kernel's net/netfilter/ipvs. */
export const ipvsSchedulers = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
  'twos',
] as const;

/** Flags by their scheduler; `flag-N` are the kernel's names for all of them (linux/ip_vs.h). */
export const ipvsSchedulerFlags = [
  'sh-fallback',
  'sh-port',
  'mh-fallback',
  'mh-port',
  'flag-1',
  'flag-2',
  'flag-3',
] as const;
/** `flag-N` is the kernel's bit N of a scheduler's own, by no other name. */
export const isUnnamedFlag = (flag: string): boolean => flag.startsWith('flag-');
/** Those of the schedulers that the embedded proxy has too. */
export const proxySchedulers = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'mh'] as const;
export type ProxyScheduler = (typeof proxySchedulers)[number];

/** The kernel's forwarding methods; `local` and `bypass` are not for configuring. */
export const ipvsForwarding = ['nat', 'local', 'tun', 'dsr', 'bypass'] as const;
export type IpvsForwarding = (typeof ipvsForwarding)[number];

export const ipvsTunnelTypes = ['ipip', 'gue', 'gre'] as const;
export type IpvsTunnelType = (typeof ipvsTunnelTypes)[number];

export type IpvsTunnel = {
  readonly type: IpvsTunnelType;
  /** UDP port of GUE; 0 where the type has none. */
  readonly port: number;
  /** Bits of linux/ip_vs.h: 1 checksum, 2 remote checksum. */
  readonly flags: number;
};

/** ipvsadm's limit; schedulers multiply weights with connection counts in 32 bits. */
export const MAX_IPVS_WEIGHT = 65_535;
/** The thresholds are unsigned on their way to the kernel (linux/ip_vs.h), and ints to whoever counts connections there; ipvsadm's limit too. */
export const MAX_IPVS_THRESHOLD = 2 ** 31 - 1;

export type IpvsDestinationKey = { readonly address: string; readonly port: number };

export type IpvsDestination = IpvsDestinationKey & {
  readonly forwarding: IpvsForwarding;
  readonly weight: number;
  /** No new connections from so many on, until they are below the lower one; 0 = no limit. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly tunnel: IpvsTunnel;
};

export const PLAIN_TUNNEL: IpvsTunnel = { type: 'ipip', port: 0, flags: 0 };

/** Counters since the entry was made (or zeroed), and the kernel's running estimates per second. Beyond 2^53 they are rounded. */
export type IpvsStatistics = {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly connectionsPerS: number;
  readonly packetsInPerS: number;
  readonly packetsOutPerS: number;
  readonly bytesInPerS: number;
  readonly bytesOutPerS: number;
};

export type IpvsServiceEntry = IpvsService & { readonly statistics: IpvsStatistics };
export type IpvsDestinationEntry = IpvsDestination & {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  readonly statistics: IpvsStatistics;
};

export type IpvsDaemonState = 'master' | 'backup';

/** A connection synchronisation daemon. What is null is left to the kernel's default. */
export type IpvsDaemon = {
  readonly state: IpvsDaemonState;
  readonly interface: string;
  /** 0-255. A backup takes what is from its own id, and everything where it has 0. */
  readonly syncId: number;
  /** UDP payload, bytes. */
  readonly maxLength: number | null;
  /** IPv4 or IPv6 multicast address. */
  readonly group: string | null;
  readonly port: number | null;
  readonly ttl: number | null;
};

export type IpvsTimeouts = { readonly tcpS: number; readonly tcpFinS: number; readonly udpS: number };
/** `version` such as `1.2.1`; `connectionTableSize` in slots. */
export type IpvsInfo = { readonly version: string; readonly connectionTableSize: number };
