/** What a VRRP instance has in the kernel while it is master: addresses, routes and rules. */

/** On an interface while the instance is master. */
export type HeldAddressConfig = {
  readonly address: string;
  readonly prefixLength: number;
  /** Default: the instance's own. */
  readonly interface?: string | undefined;
  /** The name that ifconfig knows it by; IPv4 alone. */
  readonly label?: string | undefined;
  /** Default: the kernel's, by the address; IPv4 alone. */
  readonly scope?: RoutingScope | undefined;
};

/** As ip(8) names them. */
export type RoutingScope = 'global' | 'site' | 'link' | 'host' | 'nowhere';

export type NetworkConfig = { readonly address: string; readonly prefixLength: number };

/** What becomes of a packet: sent on, dropped silently, refused, or looked up by the next rule. */
export type VrrpRouteType = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';
export type VrrpRouteConfig = {
  readonly to: NetworkConfig;
  readonly type: VrrpRouteType;
  readonly via: string | null;
  /** Null = by `via`; without that the instance's own. */
  readonly interface: string | null;
  /** `via` is on the link, whatever the addresses there. */
  readonly onLink: boolean;
  readonly table: number;
  /** 0 = the kernel's. */
  readonly metric: number;
  readonly source: string | null;
  readonly scope: RoutingScope | null;
  readonly mtu: number | null;
};

export type VrrpRuleType = 'lookup' | 'blackhole' | 'unreachable' | 'prohibit';
export type VrrpRuleConfig = {
  /** Null = that of `from` or `to`, else IPv4. */
  readonly family: 'ipv4' | 'ipv6' | null;
  readonly from: NetworkConfig | null;
  readonly to: NetworkConfig | null;
  readonly iif: string | null;
  readonly oif: string | null;
  readonly fwmark: number | null;
  /** Null = all bits of `fwmark`. */
  readonly fwmask: number | null;
  readonly tos: number;
  readonly not: boolean;
  readonly type: VrrpRuleType;
  /** Null where nothing is looked up. */
  readonly table: number | null;
  readonly priority: number;
  readonly suppressPrefixLength: number | null;
};
