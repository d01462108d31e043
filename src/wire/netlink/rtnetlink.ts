/** What the messages of rtnetlink share (linux/rtnetlink.h). */

import { addressText, type Family } from '../../model/ip-address.js';
import type { RoutingScope } from '../../model/routing-config.js';
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST } from './reader.js';

export const AF_INET = 2;
export const AF_INET6 = 10;
/** Null for any other family. */
export const familyOfNumber = (number: number): Family | null =>
  number === AF_INET ? 'ipv4' : number === AF_INET6 ? 'ipv6' : null;
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

/** As ip(8) writes it: `10.9.0.0/16`. */
export const networkText = ({ address, prefixLength }: Network): string => `${addressText(address)}/${prefixLength}`;

/** Flags of a request for all that there is. */
export const DUMP_FLAGS = NLM_F_REQUEST | NLM_F_DUMP;

/** Flags of a change, which is answered; what is made must not be there yet. */
export const changeFlags = (makes: boolean): number =>
  NLM_F_REQUEST | NLM_F_ACK | (makes ? NLM_F_CREATE | NLM_F_EXCL : 0);
