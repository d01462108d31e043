/** The part of rtnetlink (rtnetlink(7), linux/if_link.h, linux/if_addr.h) that VRRP needs: links, and addresses on them. */

import type { RoutingScope } from '../../model/routing-config.js';
import type { Family } from '../vrrp/advert.js';
import { isRouteGone } from './ip-routes.js';
import { isRuleGone } from './ip-rules.js';
import {
  IFF_UP,
  IFINFOMSG_BYTES,
  IFLA_ADDRESS,
  IFLA_IFNAME,
  IFLA_LINK,
  IFLA_LINKINFO,
  type Macvlan,
  RTM_DELLINK,
  RTM_NEWLINK,
  readMacvlan,
} from './link.js';
import { attributeMap, HOST_LITTLE_ENDIAN, type NetlinkMessage, readText, readU8, readU32 } from './reader.js';
import { AF_INET, AF_INET6, changeFlags, DUMP_FLAGS, familyOfNumber, OUR_PROTOCOL, scopeNumbers } from './rtnetlink.js';
import type { NetlinkWriter } from './writer.js';

const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

/** Groups to listen to (RTMGRP_LINK, RTMGRP_IPV4_IFADDR and _IPV6_IFADDR, _IPV4_ROUTE and _IPV6_ROUTE, _IPV4_RULE and _IPV6_RULE). */
export const WATCHED_GROUPS = 0x1 | 0x10 | 0x100 | 0x40 | 0x400 | 0x80 | 0x40000;

const AF_UNSPEC = 0;

const IFF_RUNNING = 0x40;

// struct ifaddrmsg: u8 family, u8 prefix length, u8 flags, u8 scope, u32 index.
const IFADDRMSG_BYTES = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;
const IFA_F_SECONDARY = 0x01;
/** Usable at once: duplicates are looked for afterwards, since a take-over cannot wait a second. */
const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;

export type LinkFact = {
  readonly kind: 'link';
  readonly index: number;
  readonly name: string;
  /** Administratively up, and with a carrier. */
  readonly up: boolean;
  readonly running: boolean;
  /** 6 bytes on Ethernet. */
  readonly hardware: Uint8Array;
  /** Null for every other kind. */
  readonly macvlan: Macvlan | null;
};
export type AddressFact = {
  readonly kind: 'address';
  readonly family: Family;
  readonly index: number;
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly secondary: boolean;
  /** Not usable (yet): duplicate address detection goes on, or failed. */
  readonly tentative: boolean;
  /** IFA_PROTO; 0 where the kernel does not say. */
  readonly protocol: number;
};
export type RouteFact =
  | LinkFact
  | { readonly kind: 'link-gone'; readonly index: number }
  | AddressFact
  | (Omit<AddressFact, 'kind'> & { readonly kind: 'address-gone' })
  /** A route or a rule of ours. */
  | { readonly kind: 'routing-gone' };

/** Reads one message; null for what is none of these, or is malformed. */
export function readRouteFact(message: NetlinkMessage): RouteFact | null {
  switch (message.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return readLink(message);
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return readAddress(message);
    default:
      return isRouteGone(message) || isRuleGone(message) ? { kind: 'routing-gone' } : null;
  }
}

function readLink({ type, payload }: NetlinkMessage): RouteFact | null {
  if (payload.length < IFINFOMSG_BYTES) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const index = view.getInt32(4, HOST_LITTLE_ENDIAN);
  // A bridge port that leaves its bridge is told in the bridge's family: the link itself stays.
  if (view.getUint8(0) !== AF_UNSPEC) return null;
  if (type === RTM_DELLINK) return { kind: 'link-gone', index };
  const attributes = attributeMap(payload.subarray(IFINFOMSG_BYTES));
  const name = readText(attributes?.get(IFLA_IFNAME));
  if (attributes === null || name === null) return null;
  const flags = view.getUint32(8, HOST_LITTLE_ENDIAN);
  return {
    kind: 'link',
    index,
    name,
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0,
    hardware: Uint8Array.from(attributes.get(IFLA_ADDRESS) ?? []),
    macvlan: readMacvlan(attributes.get(IFLA_LINK), attributes.get(IFLA_LINKINFO)),
  };
}

function readAddress({ type, payload }: NetlinkMessage): RouteFact | null {
  if (payload.length < IFADDRMSG_BYTES) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const attributes = attributeMap(payload.subarray(IFADDRMSG_BYTES));
  if (attributes === null) return null;
  const family = familyOfNumber(view.getUint8(0));
  // On a point-to-point link IFA_ADDRESS is the peer's; IFA_LOCAL is always one's own.
  const address = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (family === null || address?.length !== (family === 'ipv4' ? 4 : 16)) return null;
  const flags = readU32(attributes.get(IFA_FLAGS)) ?? view.getUint8(2);
  return {
    kind: type === RTM_NEWADDR ? 'address' : 'address-gone',
    family,
    index: view.getUint32(4, HOST_LITTLE_ENDIAN),
    address: Uint8Array.from(address),
    prefixLength: view.getUint8(1),
    secondary: (flags & IFA_F_SECONDARY) !== 0,
    tentative: (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== 0,
    protocol: readU8(attributes.get(IFA_PROTO)) ?? 0,
  };
}

export function writeDump(writer: NetlinkWriter, what: 'links' | 'addresses', sequence: number): void {
  writer.begin({ type: what === 'links' ? RTM_GETLINK : RTM_GETADDR, flags: DUMP_FLAGS, sequence });
  writer.raw(new Uint8Array(what === 'links' ? IFINFOMSG_BYTES : IFADDRMSG_BYTES));
  writer.end();
}

export type AddressChange = {
  readonly kind: 'address';
  readonly op: 'add' | 'remove';
  readonly index: number;
  readonly address: Uint8Array;
  readonly prefixLength: number;
  /** At most 15 bytes, of IPv4 alone. */
  readonly label?: string | null;
  /** Null = by the address. The kernel keeps none of IPv6. */
  readonly scope?: RoutingScope | null;
};

/** The kernel answers EEXIST to an address that is there, EADDRNOTAVAIL to one that is not. */
export function writeAddressChange(writer: NetlinkWriter, change: AddressChange, sequence: number): void {
  const ipv4 = change.address.length === 4;
  const add = change.op === 'add';
  writer.begin({
    type: add ? RTM_NEWADDR : RTM_DELADDR,
    flags: changeFlags(add),
    sequence,
  });
  const header = new Uint8Array(IFADDRMSG_BYTES);
  const view = new DataView(header.buffer);
  const linkLocal = !ipv4 && change.address[0] === 0xfe && ((change.address[1] ?? 0) & 0xc0) === 0x80;
  view.setUint8(0, ipv4 ? AF_INET : AF_INET6);
  view.setUint8(1, change.prefixLength);
  view.setUint8(2, ipv4 ? 0 : IFA_F_NODAD);
  view.setUint8(3, scopeNumbers[change.scope ?? (linkLocal ? 'link' : 'global')]);
  view.setUint32(4, change.index, HOST_LITTLE_ENDIAN);
  writer.raw(header);
  writer.bytes(IFA_LOCAL, change.address);
  writer.bytes(IFA_ADDRESS, change.address);
  if (add && ipv4 && change.label != null) writer.text(IFA_LABEL, change.label);
  if (add) writer.u8(IFA_PROTO, OUR_PROTOCOL);
  writer.end();
}
