/** What the messages of rtnetlink share (linux/rtnetlink.h). */

import type { Family } from '../../model/ip-address.js';
import type { RoutingScope } from '../../model/routing-config.js';

export const AF_INET = 2;
export const AF_INET6 = 10;
export const familyNumber = (family: Family): number => (family === 'ipv4' ? AF_INET : AF_INET6);

/**
 * Marks the addresses, routes and rules that are ours, so that a later start finds those that a killed process left (IFA_PROTO
 * since Linux 5.18, rtm_protocol, FRA_PROTOCOL since Linux 4.17; `ip -d` shows it). VRRP's IP protocol number, which the lists
 * of the kernel and of iproute2 leave free.
 */
export const OUR_PROTOCOL = 112;

/** enum rt_scope_t. */
export const scopeNumbers: Readonly<Record<RoutingScope, number>> = {
  global: 0,
  site: 200,
  link: 253,
  host: 254,
  nowhere: 255,
};

/** Tables beyond this do not fit into a header: an attribute names them. */
const MAX_HEADER_TABLE = 255;
export const headerTable = (table: number): number => (table > MAX_HEADER_TABLE ? 0 : table);

/** The addresses that begin with the same `prefixLength` bits. */
export type Network = { readonly address: Uint8Array; readonly prefixLength: number };
