/** Firewall rules as far as it matters who is let through: nftables and iptables in one form. */
import type { Family } from '../../model/ip-address.js';

export type Tool = 'nft' | 'iptables' | 'ip6tables';
export type Hook = 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

export type Chain = {
  readonly tool: Tool;
  /** `inet`, `ip`, `ip6`, `netdev`, ... */
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Null: it is only jumped to. */
  readonly hook: Hook | null;
  readonly priority: number;
  /** Of `ingress`: the interface. */
  readonly device: string | null;
  readonly drops: boolean;
  readonly rules: readonly Rule[];
};

export type Rule = { readonly conditions: readonly Condition[]; readonly verdict: Verdict };

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'none' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  /** Such as a queue: a program decides. */
  | { readonly kind: 'unknown' };

export type Field = 'family' | 'protocol' | 'iif' | 'oif' | 'saddr' | 'daddr' | 'sport' | 'dport' | 'state' | 'pkttype';

/** Null: it cannot be told from here whether it holds, such as a set or a rate. */
export type Condition = { readonly field: Field; readonly negated: boolean; readonly values: readonly Value[] } | null;

export type Value =
  | { readonly kind: 'is'; readonly text: string }
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly kind: 'prefix'; readonly address: string; readonly length: number };

export const is = (text: string): Value => ({ kind: 'is', text });

/** Names of protocols as the tools print them (/etc/protocols). */
const protocolNumbers: Readonly<Record<string, string>> = {
  icmp: '1',
  igmp: '2',
  tcp: '6',
  udp: '17',
  icmpv6: '58',
  'ipv6-icmp': '58',
  vrrp: '112',
  sctp: '132',
};
export const protocolNumber = (name: string): string => protocolNumbers[name] ?? name;

/** Null: it is not known, or does not matter. */
export type Packet = {
  readonly family: Family;
  readonly protocol: string;
  readonly iif: string | null;
  readonly oif: string | null;
  readonly saddr: string | null;
  readonly daddr: string | null;
  readonly sport: string | null;
  readonly dport: string | null;
  readonly state: 'new' | 'established';
  readonly pkttype: 'host' | 'multicast' | null;
};

export const somePacket: Packet = {
  family: 'ipv4',
  protocol: '',
  iif: null,
  oif: null,
  saddr: null,
  daddr: null,
  sport: null,
  dport: null,
  state: 'new',
  pkttype: null,
};
