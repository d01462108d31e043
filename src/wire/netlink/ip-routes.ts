/** Routes (rtnetlink(7), linux/rtnetlink.h): how they are asked for, added and removed. */

import type { Family } from '../../model/ip-address.js';
import type { RoutingScope, VrrpRouteType } from '../../model/routing-config.js';
import { attributeMap, HOST_LITTLE_ENDIAN, type NetlinkMessage, readU32 } from './reader.js';
import {
  AF_INET,
  AF_INET6,
  changeFlags,
  DUMP_FLAGS,
  familyNumber,
  headerTable,
  type Network,
  networkText,
  OUR_PROTOCOL,
  scopeNumbers,
} from './rtnetlink.js';
import type { NetlinkWriter } from './writer.js';

export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;

// struct rtmsg: u8 family, u8 destination length, u8 source length, u8 tos, u8 table, u8 protocol, u8 scope, u8 type, u32 flags.
const RTMSG_BYTES = 12;
export const RTM_PROTOCOL_AT = 5;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTA_TABLE = 15;
const RTAX_MTU = 2;
const RTNH_F_ONLINK = 4;

const typeNumbers: Readonly<Record<VrrpRouteType, number>> = {
  unicast: 1,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
};

/** What tells one route from another. */
export type RouteKey = {
  readonly to: Network;
  readonly table: number;
  /** Of IPv6 never 0. */
  readonly metric: number;
};

export type Route = RouteKey & {
  readonly type: VrrpRouteType;
  readonly via: Uint8Array | null;
  /** Of the interface; 0 = by `via`. */
  readonly index: number;
  /** `via` is on the link, whatever the addresses there. */
  readonly onLink: boolean;
  readonly source: Uint8Array | null;
  /** Null: `link` without `via`, else `global`, as ip(8) has it. */
  readonly scope: RoutingScope | null;
  readonly mtu: number | null;
};

export type RouteChange =
  /** The kernel answers EEXIST where there is one with this key, whoever made it. */
  | { readonly kind: 'route'; readonly op: 'add'; readonly route: Route }
  /** Only one of ours is removed; the kernel answers ESRCH where there is none. */
  | { readonly kind: 'route'; readonly op: 'remove'; readonly route: RouteKey };

export function writeRouteChange(writer: NetlinkWriter, change: RouteChange, sequence: number): void {
  const { op, route } = change;
  const { to, table, metric } = route;
  const add = op === 'add';
  writer.begin({
    type: add ? RTM_NEWROUTE : RTM_DELROUTE,
    flags: changeFlags(add),
    sequence,
  });
  const header = new Uint8Array(RTMSG_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, to.address.length === 4 ? AF_INET : AF_INET6);
  view.setUint8(1, to.prefixLength);
  view.setUint8(4, headerTable(table));
  view.setUint8(RTM_PROTOCOL_AT, OUR_PROTOCOL);
  // Of what is removed any scope and any type.
  view.setUint8(6, add ? scopeOf(change.route) : scopeNumbers.nowhere);
  view.setUint8(7, add ? typeNumbers[change.route.type] : 0);
  view.setUint32(8, add && change.route.onLink ? RTNH_F_ONLINK : 0, HOST_LITTLE_ENDIAN);
  writer.raw(header);
  if (to.prefixLength > 0) writer.bytes(RTA_DST, to.address);
  writer.u32(RTA_TABLE, table);
  if (metric > 0) writer.u32(RTA_PRIORITY, metric);
  if (add) writeHop(writer, change.route);
  writer.end();
}

const scopeOf = ({ scope, type, via, to }: Route): number => {
  if (scope !== null) return scopeNumbers[scope];
  return to.address.length === 4 && type === 'unicast' && via === null ? scopeNumbers.link : scopeNumbers.global;
};

function writeHop(writer: NetlinkWriter, { via, index, source, mtu }: Route): void {
  if (via !== null) writer.bytes(RTA_GATEWAY, via);
  if (index !== 0) writer.u32(RTA_OIF, index);
  if (source !== null) writer.bytes(RTA_PREFSRC, source);
  if (mtu !== null) writer.nest(RTA_METRICS, () => writer.u32(RTAX_MTU, mtu));
}

/** Those of ours alone, where the kernel filters dumps (Linux 4.20, NETLINK_GET_STRICT_CHK); else all. */
export function writeRouteDump(writer: NetlinkWriter, family: Family, sequence: number): void {
  writer.begin({ type: RTM_GETROUTE, flags: DUMP_FLAGS, sequence });
  const header = new Uint8Array(RTMSG_BYTES);
  header[0] = familyNumber(family);
  header[RTM_PROTOCOL_AT] = OUR_PROTOCOL;
  writer.raw(header);
  writer.end();
}

/** A route of ours that is there, or (`isRouteGone`) was; null for any other message, and for routes of others. */
export function readOwnRoute({ type, payload }: NetlinkMessage): RouteKey | null {
  if ((type !== RTM_NEWROUTE && type !== RTM_DELROUTE) || payload.length < RTMSG_BYTES) return null;
  const [family = 0, prefixLength = 0, , , headTable = 0, protocol] = payload;
  const attributes = attributeMap(payload.subarray(RTMSG_BYTES));
  if (attributes === null || protocol !== OUR_PROTOCOL || (family !== AF_INET && family !== AF_INET6)) return null;
  const bytes = family === AF_INET ? 4 : 16;
  const address = Uint8Array.from(attributes.get(RTA_DST) ?? new Uint8Array(bytes));
  if (address.length !== bytes) return null;
  const table = readU32(attributes.get(RTA_TABLE)) ?? headTable;
  return { to: { address, prefixLength }, table, metric: readU32(attributes.get(RTA_PRIORITY)) ?? 0 };
}

export const isRouteGone = (message: NetlinkMessage): boolean =>
  message.type === RTM_DELROUTE && readOwnRoute(message) !== null;

/** Such as `10.9.0.0/16 table 100 metric 20`. */
export const routeKeyText = ({ to, table, metric }: RouteKey): string =>
  `${networkText(to)} table ${table} metric ${metric}`;
