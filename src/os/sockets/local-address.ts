/** Which of this machine's addresses a packet to somewhere would have as its source. */
import { isIPv6 } from 'node:net';
import { addressText } from '../../model/ip-address.js';
import { libc } from '../kernel/libc.js';
import { encodeSockaddr } from '../kernel/sockaddr.js';
import { AF_INET, AF_INET6, closeSocket, makeSocket, readOwnAddress, SOCK_DGRAM } from '../kernel/socket-call.js';

/** Any port: connecting a UDP socket sends nothing. */
const SOME_PORT = 9;
const SOCKADDR_IN6_BYTES = 28;

const connect = libc.func('int connect(int fd, const uint8_t *address, uint32_t length)');

/** The kernel's choice for this destination (an IP literal); null where there is no route, or the text is no address. */
export function localAddressTowards(destination: string): string | null {
  let sockaddr: Buffer;
  try {
    sockaddr = encodeSockaddr(destination, SOME_PORT);
  } catch {
    return null;
  }
  const ipv6 = isIPv6(destination.split('%')[0] ?? '');
  const fd = makeSocket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM);
  try {
    if (connect(fd, sockaddr, sockaddr.byteLength) !== 0) return null;
    const name = new Uint8Array(SOCKADDR_IN6_BYTES);
    if (!readOwnAddress(fd, name)) return null;
    return addressText(ipv6 ? name.subarray(8, 24) : name.subarray(4, 8));
  } finally {
    closeSocket(fd);
  }
}
