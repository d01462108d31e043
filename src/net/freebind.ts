/** Sockets bound to an address that this machine does not have (yet): IP_FREEBIND, ip(7). No privilege is needed. */
import { constants, endianness } from 'node:os';
import { addressBytes } from '../wire/ip-address.js';
import { check, libc, SyscallError } from './libc.js';

// <bits/socket.h>, <bits/in.h>, <linux/in6.h>, on every architecture that Node.js runs on but MIPS.
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IP = 0;
const IP_FREEBIND = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

const socket = libc.func('int socket(int domain, int type, int protocol)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const close = libc.func('int close(int fd)');

/** Answers with the descriptor, which the caller owns. Throws SyscallError. */
export function bindFree(protocol: 'tcp' | 'udp', address: string, port: number): number {
  const bytes = addressBytes(address);
  if (bytes === null) throw new SyscallError(`bind ${address}`, constants.errno.EINVAL);
  const family = bytes.length === 4 ? AF_INET : AF_INET6;
  const type = (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = check('socket', socket(family, type, 0));
  try {
    // IP_FREEBIND holds for IPv6 sockets too (net/ipv6/af_inet6.c, ipv6_can_nonlocal_bind).
    setOne(fd, IPPROTO_IP, IP_FREEBIND);
    // On a datagram socket this would let a second program take the port.
    if (protocol === 'tcp') setOne(fd, SOL_SOCKET, SO_REUSEADDR);
    if (family === AF_INET6) setOne(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    const sockaddr = socketAddress(family, bytes, port);
    check('bind', bind(fd, sockaddr, sockaddr.length));
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

function setOne(fd: number, level: number, name: number): void {
  const one = Buffer.alloc(4);
  if (endianness() === 'LE') one.writeInt32LE(1);
  else one.writeInt32BE(1);
  check('setsockopt', setsockopt(fd, level, name, one, one.length));
}

/** struct sockaddr_in (16 bytes) or sockaddr_in6 (28 bytes). */
function socketAddress(family: number, bytes: Uint8Array, port: number): Buffer {
  const sockaddr = Buffer.alloc(family === AF_INET ? 16 : 28);
  if (endianness() === 'LE') sockaddr.writeUInt16LE(family);
  else sockaddr.writeUInt16BE(family);
  sockaddr.writeUInt16BE(port, 2);
  sockaddr.set(bytes, family === AF_INET ? 4 : 8);
  return sockaddr;
}
