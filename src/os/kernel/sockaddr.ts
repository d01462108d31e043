/** `struct sockaddr_in` and `struct sockaddr_in6` of <netinet/in.h>. */
import { addressBytes } from '../../model/ip-address.js';
import { libc } from './libc.js';

const AF_INET = 2;
const AF_INET6 = 10;
export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;

const interfaceIndex = libc.func('uint32_t if_nametoindex(const char *name)');

/** The structure for an IP literal, with its zone (`fe80::1%eth0`) as scope id. Throws TypeError for other text. */
export function encodeSockaddr(address: string, port: number): Buffer {
  const bytes = addressBytes(address);
  if (bytes === null) throw new TypeError(`not an IP address: ${address}`);
  const ipv4 = bytes.length === 4;
  const sockaddr = Buffer.alloc(ipv4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES);
  // The family is in the machine's byte order, the port in the network's.
  sockaddr.set(new Uint8Array(Uint16Array.of(ipv4 ? AF_INET : AF_INET6).buffer));
  sockaddr.writeUInt16BE(port, 2);
  sockaddr.set(bytes, ipv4 ? 4 : 8);
  const zone = address.split('%')[1];
  if (zone !== undefined) {
    const index = /^\d+$/.test(zone) ? Number(zone) : interfaceIndex(zone);
    sockaddr.set(new Uint8Array(Uint32Array.of(index).buffer), 24);
  }
  return sockaddr;
}

/** An IPv4 address as a 32-bit number with sign, the first byte highest; null for other text. */
export function ipv4Number(address: string): number | null {
  const bytes = addressBytes(address);
  if (bytes?.length !== 4) return null;
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0);
}

/**
 * One `struct sockaddr_in` for many addresses, one after the other. A structure for each address would be four objects in four
 * places of the memory.
 */
export class Ipv4Sockaddr {
  readonly #bytes = encodeSockaddr('0.0.0.0', 0);

  /** `address` as `ipv4Number` makes it. The same bytes each time. */
  to(address: number, port: number): Uint8Array {
    const bytes = this.#bytes;
    bytes[2] = port >>> 8;
    bytes[3] = port;
    bytes[4] = address >>> 24;
    bytes[5] = address >>> 16;
    bytes[6] = address >>> 8;
    bytes[7] = address;
    return bytes;
  }
}
