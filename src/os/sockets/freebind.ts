/** Sockets bound to an address that this machine does not have (yet): IP_FREEBIND, ip(7). No privilege is needed. */
import { isIP } from 'node:net';
import { constants } from 'node:os';
import { SyscallError } from '../kernel/libc.js';
import { encodeSockaddr } from '../kernel/sockaddr.js';
import {
  AF_INET,
  AF_INET6,
  bindAddress,
  closeSocket,
  IP_FREEBIND,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  makeSocket,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  setOption,
} from '../kernel/socket-call.js';

/** Answers with the descriptor, which the caller owns. Throws SyscallError. */
export function bindFree(protocol: 'tcp' | 'udp', address: string, port: number): number {
  const version = isIP(address);
  if (version === 0) throw new SyscallError(`bind ${address}`, constants.errno.EINVAL);
  const fd = makeSocket(version === 4 ? AF_INET : AF_INET6, protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM);
  try {
    // IP_FREEBIND holds for IPv6 sockets too (net/ipv6/af_inet6.c, ipv6_can_nonlocal_bind).
    setOption(fd, IPPROTO_IP, IP_FREEBIND, 1, 'IP_FREEBIND');
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
