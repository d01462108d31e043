/**
 * A connect to a port of this host on which nobody listens, within the range of ports that the kernel gives to those who connect,
 * is now and then given that very port: it meets its own SYN, and the socket is connected to itself (RFC 9293, simultaneous open).
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { readOwnAddress } from '../kernel/socket-call.js';

const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;

/** A port and an address, in `struct sockaddr_in` and `struct sockaddr_in6`: without what is of no matter for who it is. */
const endpointOf = (address: Uint8Array): readonly Uint8Array[] =>
  address.length <= SOCKADDR_IN_BYTES ? [address.subarray(2, 8)] : [address.subarray(2, 4), address.subarray(8, 24)];

/** Whether a socket that is connected to this address has the address itself. Costs a system call where that can be at all. */
export class SelfConnections {
  readonly #first: number;
  readonly #last: number;
  readonly #own = Buffer.alloc(SOCKADDR_IN6_BYTES);

  /** Reads net.ipv4.ip_local_port_range, which is that of IPv6 too; all ports where it can't be read. */
  constructor() {
    [this.#first, this.#last] = localPortRange();
  }

  includes(fd: number, address: Uint8Array): boolean {
    const port = ((address[2] ?? 0) << 8) | (address[3] ?? 0);
    if (port < this.#first || port > this.#last) return false;
    if (!readOwnAddress(fd, this.#own)) return false;
    const own = endpointOf(this.#own.subarray(0, address.length));
    return endpointOf(address).every((part, index) => Buffer.compare(part, own[index] ?? part) === 0);
  }
}

/** The same of a stream of Node's that has just connected to this port. */
export const isSelfConnected = (socket: Socket, port: number): boolean =>
  socket.localPort === port && socket.localAddress !== undefined && socket.localAddress === socket.remoteAddress;

function localPortRange(): readonly [number, number] {
  try {
    const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    if (first !== undefined && last !== undefined && first <= last) return [first, last];
  } catch {
    // No /proc: then each connection is looked at.
  }
  return [0, 0xffff];
}
