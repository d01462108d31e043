/** Routes and rules of a configuration as the kernel takes them. */

import type { VrrpInstanceConfig } from '../../../model/config.js';
import { addressBytes, familyOf } from '../../../model/ip-address.js';
import type { VrrpRouteConfig, VrrpRuleConfig } from '../../../model/routing-config.js';
import type { Route } from '../../../wire/netlink/ip-routes.js';
import type { Rule } from '../../../wire/netlink/ip-rules.js';
import type { Network } from '../../../wire/netlink/rtnetlink.js';
import { isLinkLocal } from '../../../wire/vrrp/advert.js';

/** What the kernel makes of metric 0 for IPv6 (IP6_RT_PRIO_USER). */
const IPV6_METRIC = 1024;
const MAIN_TABLE = 254;
const ALL_BITS = 0xffffffff;

const bytesOf = (text: string): Uint8Array => addressBytes(text) ?? new Uint8Array(4);
const networkOf = ({
  address,
  prefixLength,
}: {
  readonly address: string;
  readonly prefixLength: number;
}): Network => ({
  address: bytesOf(address),
  prefixLength,
});

/** Where a route leaves: an interface's name, null for the instance's own, or `by-gateway` where the kernel finds it. */
export type Exit = { readonly interface: string | null } | 'by-gateway';

export function exitOf({ type, via, interface: name }: VrrpRouteConfig): Exit {
  if (name !== null) return { interface: name };
  if (type !== 'unicast') return 'by-gateway';
  const gateway = via === null ? null : bytesOf(via);
  return gateway === null || (gateway.length === 16 && isLinkLocal(gateway)) ? { interface: null } : 'by-gateway';
}

/** `index`: of the interface where it leaves; 0 = the kernel finds it. */
export function routeOf(config: VrrpRouteConfig, index: number): Route {
  const to = networkOf(config.to);
  const { type, table, onLink, scope, mtu } = config;
  return {
    to,
    type,
    table,
    metric: config.metric === 0 && to.address.length === 16 ? IPV6_METRIC : config.metric,
    via: config.via === null ? null : bytesOf(config.via),
    index,
    onLink,
    source: config.source === null ? null : bytesOf(config.source),
    scope,
    mtu,
  };
}

export function ruleOf(config: VrrpRuleConfig): Rule {
  const { from, to, iif, oif, fwmark, tos, not, type, priority, suppressPrefixLength } = config;
  return {
    family: config.family ?? familyOf((from ?? to)?.address ?? '') ?? 'ipv4',
    from: from === null ? null : networkOf(from),
    to: to === null ? null : networkOf(to),
    iif,
    oif,
    fwmark: fwmark ?? 0,
    fwmask: fwmark === null ? 0 : (config.fwmask ?? ALL_BITS),
    tos,
    not,
    priority,
    type,
    table: config.table ?? 0,
    suppressPrefixLength,
  };
}

/** As ip(8) writes it: `10.9.0.0/16 via 10.0.0.1 dev eth1 table 100`. */
export function routeText({ to, type, via, interface: name, table, metric }: VrrpRouteConfig): string {
  return [
    ...(type === 'unicast' ? [] : [type]),
    `${to.address}/${to.prefixLength}`,
    ...(via === null ? [] : [`via ${via}`]),
    ...(name === null ? [] : [`dev ${name}`]),
    ...(table === MAIN_TABLE ? [] : [`table ${table}`]),
    ...(metric === 0 ? [] : [`metric ${metric}`]),
  ].join(' ');
}

export const routesOf = ({ routes }: VrrpInstanceConfig) => routes.map((route) => routeOf(route, 0));
export const rulesOf = ({ rules }: VrrpInstanceConfig) => rules.map(ruleOf);
