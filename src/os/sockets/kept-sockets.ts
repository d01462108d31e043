/**
 * Bound sockets that outlive their thread. A second descriptor of each stays open, and its number is in memory that the replacement
 * gets: connections wait in the kernel's queue meanwhile, and none is refused.
 */
import { isIP } from 'node:net';
import { constants } from 'node:os';
import { SyscallError } from '../kernel/libc.js';
import { encodeSockaddr, SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES } from '../kernel/sockaddr.js';
import {
  AF_INET,
  AF_INET6,
  bindAddress,
  closeSocket,
  duplicateSocket,
  IP_FREEBIND,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  makeSocket,
  readOption,
  readOwnAddress,
  SO_REUSEADDR,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  setOption,
} from '../kernel/socket-call.js';

export type Where = { readonly protocol: 'tcp' | 'udp'; readonly address: string; readonly port: number };

/** `fd` is for libuv, which closes it. `release` lets the address go. */
export type KeptSocket = { readonly fd: number; readonly release: () => void };

export class KeptSockets {
  readonly #slots: Int32Array;
  /** Of a thread that is gone, by what they are bound to. */
  readonly #orphans = new Map<string, number>();

  constructor(slots: Int32Array) {
    this.#slots = slots;
    slots.forEach((fd, slot) => {
      if (fd !== 0) this.#orphans.set(boundTo(fd), slot);
    });
  }

  /**
   * The socket that a thread before this one left, or a new one. `free`: the address may be one that this machine does not have (yet).
   * @throws SyscallError
   */
  open(where: Where, free: boolean): KeptSocket {
    const key = textOf(where);
    const left = this.#orphans.get(key);
    this.#orphans.delete(key);
    const slot = left ?? this.#slots.indexOf(0);
    // Full: this one ends with its thread.
    if (slot < 0) return { fd: bound(where, free), release: () => {} };
    if (left === undefined) this.#slots[slot] = bound(where, free);
    return { fd: duplicateSocket(this.#slots[slot] ?? 0), release: () => this.#close(slot) };
  }

  /** Closes what nobody asked for again. */
  closeOrphans(): void {
    for (const slot of this.#orphans.values()) this.#close(slot);
    this.#orphans.clear();
  }

  #close(slot: number): void {
    const fd = this.#slots[slot] ?? 0;
    this.#slots[slot] = 0;
    if (fd !== 0) closeSocket(fd);
  }
}

/** Nobody comes after the thread that left them. */
export function closeKept(slots: Int32Array): void {
  slots.forEach((fd, slot) => {
    if (fd === 0) return;
    slots[slot] = 0;
    closeSocket(fd);
  });
}

const protocols = new Map([
  [SOCK_STREAM, 'tcp'],
  [SOCK_DGRAM, 'udp'],
]);

const textOf = ({ protocol, address, port }: Where): string =>
  `${protocol} ${encodeSockaddr(address, port).toString('hex')}`;

/** The same text, of an open socket. */
function boundTo(fd: number): string {
  const bytes = Buffer.alloc(SOCKADDR_IN6_BYTES);
  const type = readOption(fd, SOL_SOCKET, SO_TYPE);
  if (type === null || !readOwnAddress(fd, bytes)) return `nothing ${fd}`;
  const length = new Uint16Array(bytes.buffer, bytes.byteOffset, 1)[0] === AF_INET ? SOCKADDR_IN_BYTES : bytes.length;
  return `${protocols.get(type)} ${bytes.subarray(0, length).toString('hex')}`;
}

function bound({ protocol, address, port }: Where, free: boolean): number {
  const version = isIP(address);
  if (version === 0) throw new SyscallError(`bind ${address}`, constants.errno.EINVAL);
  const fd = makeSocket(version === 4 ? AF_INET : AF_INET6, protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM);
  try {
    // IP_FREEBIND (ip(7)) needs no privilege, and holds for IPv6 sockets too (net/ipv6/af_inet6.c, ipv6_can_nonlocal_bind).
    if (free) setOption(fd, IPPROTO_IP, IP_FREEBIND, 1, 'IP_FREEBIND');
    // On a datagram socket this would let a second program take the port.
    if (protocol === 'tcp') setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1, 'SO_REUSEADDR');
    if (version === 6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, 'IPV6_V6ONLY');
    bindAddress(fd, encodeSockaddr(address, port));
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}
