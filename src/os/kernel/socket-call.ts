/**
 * Sockets as system calls: what all sockets of this folder share. Structures are laid out for 64-bit Linux; the numbers are those of
 * <bits/socket.h>, <asm-generic/socket.h>, <linux/in.h> and <linux/in6.h>, the same wherever Node.js runs but on MIPS.
 */
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { check, libc, SyscallError } from './libc.js';
import { ownFd } from './owned-fd.js';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)');
const close = libc.func('int close(int fd)');
const bindCall = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const sendtoCall = libc.func(
  'intptr_t sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *address, uint32_t address_length)',
);
const sendCall = libc.func('intptr_t send(int fd, const uint8_t *bytes, size_t length, int flags)');
const recvfrom = libc.func(
  'intptr_t recvfrom(int fd, uint8_t *bytes, size_t length, int flags, uint8_t *address, int32_t *address_length)',
);
const getsockopt = libc.func('int getsockopt(int fd, int level, int name, uint8_t *value, uint32_t *length)');
const dup3 = libc.func('int dup3(int from, int to, int flags)');
const getsockname = libc.func('int getsockname(int fd, uint8_t *address, uint32_t *length)');

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
export const IPPROTO_IP = 0;
export const IPPROTO_TCP = 6;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_RAW = 255;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_RCVBUF = 8;
export const SO_PRIORITY = 12;
export const SO_LINGER = 13;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_MARK = 36;
export const IP_FREEBIND = 15;
/** The kernel picks the source port at connect, so that one port serves many destinations. */
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IPV6_V6ONLY = 26;
/** TC_PRIO_CONTROL: ahead of everything else in the queues of the device. */
export const PRIORITY_CONTROL = 7;

/** Non-blocking, closed on exec, and closed when this thread ends. Throws SyscallError. */
export const openSocket = (domain: number, type: number, protocol: number): number =>
  ownFd(makeSocket(domain, type, protocol));

/** The same for someone who closes it himself, such as libuv. */
export const makeSocket = (domain: number, type: number, protocol = 0): number =>
  check('socket', socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));

/** A second descriptor of the same socket, which is no thread's either. Throws SyscallError. */
export function duplicateSocket(fd: number): number {
  const second = makeSocket(AF_INET, SOCK_DGRAM);
  if (dup3(fd, second, SOCK_CLOEXEC) >= 0) return second;
  const failure = new SyscallError('dup3');
  closeSocket(second);
  throw failure;
}

/** Of a descriptor of `makeSocket`. */
export const closeSocket = (fd: number): void => void close(fd);

/** `struct linger { 1, 0 }`: closing resets, so that nothing waits in TIME_WAIT. */
export const lingerZero = (): Uint8Array => intBytes(1, 0);

export function intBytes(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setInt32(index * 4, value, HOST_LITTLE_ENDIAN);
  });
  return bytes;
}

/** Sets an option; `name` of the option goes into the SyscallError. */
export function setOption(fd: number, level: number, option: number, value: number | Uint8Array, name: string): void {
  const bytes = typeof value === 'number' ? intBytes(value) : value;
  check(`setsockopt(${name})`, setsockopt(fd, level, option, bytes, bytes.length));
}

/** The same where an old kernel, or a missing right, may refuse, and that does not matter. */
export function tryOption(fd: number, level: number, option: number, value: number | Uint8Array): boolean {
  const bytes = typeof value === 'number' ? intBytes(value) : value;
  return setsockopt(fd, level, option, bytes, bytes.length) === 0;
}

/** Null where the descriptor has no such option. */
export function readOption(fd: number, level: number, option: number): number | null {
  const value = new Int32Array(1);
  const bytes = new Uint8Array(value.buffer);
  return getsockopt(fd, level, option, bytes, Uint32Array.of(bytes.length)) === 0 ? (value[0] ?? null) : null;
}

export const bindToDevice = (fd: number, name: string): void =>
  setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${name}\0`), `SO_BINDTODEVICE ${name}`);

export function bindAddress(fd: number, address: Uint8Array): void {
  check('bind', bindCall(fd, address, address.length));
}

/** Writes a socket's own address into `address`, a sockaddr's room. False with the reason in `errno()`. */
export const readOwnAddress = (fd: number, address: Uint8Array): boolean =>
  getsockname(fd, address, Uint32Array.of(address.length)) === 0;

/** Bytes sent, or negative with the reason in `errno()`. Never waits: a full queue is EAGAIN or ENOBUFS. */
export const sendTo = (fd: number, bytes: Uint8Array, address: Uint8Array): number =>
  sendtoCall(fd, bytes, bytes.length, 0, address, address.length);

/** The same without an address: over netlink, to the kernel. */
export const send = (fd: number, bytes: Uint8Array): number => sendCall(fd, bytes, bytes.length, 0);

/** Where the kernel writes who sent a packet. */
export type Sender = { readonly address: Uint8Array<ArrayBuffer>; readonly length: Int32Array };
export const senderOf = (addressBytes: number): Sender => ({
  address: new Uint8Array(addressBytes),
  length: new Int32Array(1),
});

/** Bytes received, or negative with the reason in `errno()`. */
export function receiveFrom(fd: number, bytes: Uint8Array, flags: number, sender: Sender): number {
  sender.length[0] = sender.address.length;
  return Number(recvfrom(fd, bytes, bytes.length, flags, sender.address, sender.length));
}

/** `struct sockaddr_un` of <sys/un.h>: a path, or a name of the abstract namespace, which begins with a NUL (unix(7)). */
export function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(path.startsWith('\0') ? path : `${path}\0`);
  const bytes = new Uint8Array(2 + text.length);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, HOST_LITTLE_ENDIAN);
  bytes.set(text, 2);
  return bytes;
}

/** struct sockaddr_in, or sockaddr_in6 with the interface as its scope; the port is 0. */
export function socketAddress(address: Uint8Array, interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const ipv4 = address.length === 4;
  const bytes = new Uint8Array(ipv4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ipv4 ? AF_INET : AF_INET6, HOST_LITTLE_ENDIAN);
  bytes.set(address, ipv4 ? 4 : 8);
  if (!ipv4) view.setUint32(24, interfaceIndex, HOST_LITTLE_ENDIAN);
  return bytes;
}
