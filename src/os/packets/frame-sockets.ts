/** Ethernet frames out of an interface, and a watch for others who claim addresses that are ours. */

import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import type { Family } from '../../wire/vrrp/advert.js';
import {
  type AddressClaim,
  ARP_SENDER_AT,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  NEIGHBOUR_ADVERTISEMENT,
  readAdvertisementClaim,
  readArpClaim,
} from '../../wire/vrrp/announcement.js';
import { libc } from '../kernel/libc.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import {
  AF_INET6,
  AF_PACKET,
  bindAddress,
  bindToDevice,
  IPPROTO_ICMPV6,
  openSocket,
  SOCK_RAW,
  sendTo,
  setOption,
} from '../kernel/socket-call.js';
import { attachFilter, type Instruction, JUMP_EQUAL, LOAD_WORD, RETURN } from './packet-filter.js';

const recv = libc.func('intptr_t recv(int fd, uint8_t *bytes, size_t length, int flags)');

export const SOCKADDR_LL_BYTES = 20;
/** Of a hardware address in struct sockaddr_ll (packet(7)); the byte before says how long it is. */
export const LINK_HARDWARE_AT = 12;
const ETHERTYPE_IPV4 = 0x0800;
export const etherTypeOf = (family: Family): number => (family === 'ipv4' ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
/** Where an IP header says what it carries. */
export const IP_PROTOCOL_AT: Readonly<Record<Family, number>> = { ipv4: 9, ipv6: 6 };
const ICMPV6_FILTER = 1;
const ICMPV6_FILTER_BYTES = 32;
/** The longest neighbour advertisement that is looked at; ARP frames are shorter. */
const CLAIM_BYTES = 512;

/** The kernel takes 4096 instructions; each address needs two. */
export const MAX_WATCHED_ADDRESSES = 2000;

export function linkLayerAddress(interfaceIndex: number, etherType: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SOCKADDR_LL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, HOST_LITTLE_ENDIAN);
  view.setUint16(2, etherType, false);
  view.setInt32(4, interfaceIndex, HOST_LITTLE_ENDIAN);
  return bytes;
}

/** Sends whole frames out of any interface; receives none. */
export class FrameSender {
  /** Protocol 0: nothing is delivered to it. */
  readonly #fd = openSocket(AF_PACKET, SOCK_RAW, 0);
  readonly #addresses = new Map<number, Uint8Array>();

  /** Negative with the reason in `errno()`. */
  send(interfaceIndex: number, frame: Uint8Array): number {
    let address = this.#addresses.get(interfaceIndex);
    if (address === undefined) {
      address = linkLayerAddress(interfaceIndex, 0);
      this.#addresses.set(interfaceIndex, address);
    }
    return sendTo(this.#fd, frame, address);
  }

  close(): void {
    closeOwnedFd(this.#fd);
  }
}

/** Hears who else claims one of `addresses` on an interface: ARP senders, or neighbour advertisements. */
export class ClaimWatch {
  readonly fd: number;
  readonly #family: Family;
  readonly #buffer = new Uint8Array(CLAIM_BYTES);

  /** Throws SyscallError. */
  constructor(family: Family, name: string, interfaceIndex: number, addresses: readonly Uint8Array[]) {
    this.#family = family;
    this.fd = family === 'ipv4' ? openArp(interfaceIndex, addresses) : openNeighbours(name);
  }

  /** The next claim; null when none waits. Of IPv6 also those of addresses that are not ours. */
  next(): AddressClaim | null {
    for (;;) {
      const length: number = recv(this.fd, this.#buffer, CLAIM_BYTES, 0);
      if (length < 0) return null;
      const bytes = this.#buffer.subarray(0, length);
      const claim = this.#family === 'ipv4' ? readArpClaim(bytes) : readAdvertisementClaim(bytes);
      if (claim !== null) return claim;
    }
  }

  close(): void {
    closeOwnedFd(this.fd);
  }
}

function openArp(interfaceIndex: number, addresses: readonly Uint8Array[]): number {
  // Bound to a protocol only after the filter is in place, so that nothing slips through before it.
  const fd = openSocket(AF_PACKET, SOCK_RAW, 0);
  try {
    attachFilter(fd, claimProgram(addresses.slice(0, MAX_WATCHED_ADDRESSES)));
    bindAddress(fd, linkLayerAddress(interfaceIndex, ETHERTYPE_ARP));
    return fd;
  } catch (error) {
    closeOwnedFd(fd);
    throw error;
  }
}

/** Accepts ARP frames whose sender address is one of these. */
const claimProgram = (addresses: readonly Uint8Array[]): readonly Instruction[] => [
  [LOAD_WORD, 0, 0, ARP_SENDER_AT],
  ...addresses.flatMap((address): Instruction[] => [
    [JUMP_EQUAL, 0, 1, new DataView(address.buffer, address.byteOffset).getUint32(0)],
    [RETURN, 0, 0, CLAIM_BYTES],
  ]),
  [RETURN, 0, 0, 0],
];

function openNeighbours(name: string): number {
  const fd = openSocket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  try {
    bindToDevice(fd, name);
    // A set bit blocks its type.
    const filter = new Uint8Array(ICMPV6_FILTER_BYTES).fill(0xff);
    const view = new DataView(filter.buffer);
    const word = (NEIGHBOUR_ADVERTISEMENT >> 5) * 4;
    view.setUint32(word, ~(1 << (NEIGHBOUR_ADVERTISEMENT & 31)) >>> 0, HOST_LITTLE_ENDIAN);
    setOption(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, filter, 'ICMP6_FILTER');
    return fd;
  } catch (error) {
    closeOwnedFd(fd);
    throw error;
  }
}
