/**
 * A socket for echo requests: a ping socket (icmp(7)), which needs no privilege where net.ipv4.ping_group_range allows the
 * process's group, else a raw one, which needs CAP_NET_RAW. Either way the kernel queues only what can be for us.
 */
import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { MissingPrivilegeError } from '../../model/errors.js';
import { type IcmpMessage, type IpFamily, icmpOfIpv4, readIcmp } from '../../wire/ip/icmp.js';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { errno, libc, SyscallError } from '../kernel/libc.js';
import { NativeBuffer } from '../kernel/native-buffer.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import { encodeSockaddr } from '../kernel/sockaddr.js';
import {
  AF_INET,
  AF_INET6,
  bindAddress,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  openSocket,
  readOwnAddress,
  receiveFrom,
  SO_MARK,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
  senderOf,
  sendTo,
  setOption,
  tryOption,
} from '../kernel/socket-call.js';
import { attachPingFilter } from './ping-filter.js';

const recvmsg = libc.func('intptr_t recvmsg(int fd, uint8_t *message, int flags)');

const IPPROTO_ICMP = 1;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const MSG_ERRQUEUE = 0x2000;
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const ICMPV6_FILTER = 1;
/** Bits of the ICMP types that do not come in: all but echo reply, unreachable, time exceeded. */
const IPV4_TYPES = ~((1 << 0) | (1 << 3) | (1 << 11));
const IPV6_TYPES = [1, 2, 3, 129];
/** Room for the replies to a burst of thousands of pings. */
const QUEUE_BYTES = 1024 * 1024;
/** The largest IP packet. */
const RECEIVE_BYTES = 65_536;
const SOCKADDR_BYTES = 28;
/** struct msghdr of a 64-bit machine. */
const MSGHDR = { bytes: 56, nameLength: 8, iovec: 16, iovecCount: 24, control: 32, controlLength: 40 } as const;
const CONTROL_BYTES = 256;
const CMSG_HEADER_BYTES = 16;

export type PingIdentity = {
  readonly family: IpFamily;
  readonly source: string | null;
  readonly mark: number | null;
};

/** What was received, and (for a reply) the 4 or 16 bytes of who sent it. Valid until the next. */
export type PingReceived =
  | { readonly message: IcmpMessage; readonly source: Uint8Array }
  /** An error of the kernel about a request to `destination`. */
  | { readonly errno: number; readonly sequence: number; readonly destination: Uint8Array };

export class PingSocket {
  readonly fd: number;
  /** The identifier of all its requests; the kernel chose it for a ping socket. */
  readonly id: number;
  readonly kind: 'ping' | 'raw';
  readonly #family: IpFamily;
  readonly #bytes = new Uint8Array(RECEIVE_BYTES);
  readonly #sender = senderOf(SOCKADDR_BYTES);
  readonly #errors = new ErrorReader();

  /** Throws MissingPrivilegeError where neither kind of socket may be had, else SyscallError. */
  constructor(identity: PingIdentity) {
    const { fd, kind } = openPing(identity.family);
    this.fd = fd;
    this.kind = kind;
    this.#family = identity.family;
    try {
      this.id = this.#setUp(identity);
    } catch (error) {
      closeOwnedFd(fd);
      throw error;
    }
  }

  /** 0, or an errno. */
  send(request: Uint8Array, address: Uint8Array): number {
    if (sendTo(this.fd, request, address) >= 0) return 0;
    return errno();
  }

  /** Hands over what has come, at most `most` packets: whoever floods us must not keep the thread. */
  receive(most: number, each: (received: PingReceived) => void): void {
    for (let i = 0; i < most; i += 1) {
      const length = receiveFrom(this.fd, this.#bytes, 0, this.#sender);
      if (length < 0) {
        const code = errno();
        if (code === constants.errno.EAGAIN) break;
        // Any other is the pending error of a request: the queue below says of which.
        continue;
      }
      const packet = this.#bytes.subarray(0, length);
      const icmp = this.kind === 'raw' && this.#family === 'ipv4' ? icmpOfIpv4(packet) : packet;
      const message = icmp === null ? null : readIcmp(this.#family, icmp);
      const [from, to] = this.#family === 'ipv4' ? [4, 8] : [8, 24];
      if (message !== null && message.id === this.id)
        each({ message, source: this.#sender.address.subarray(from, to) });
    }
    this.receiveErrors(most, each);
  }

  /** Of a ping socket, which does not receive the ICMP errors themselves. */
  receiveErrors(most: number, each: (received: PingReceived) => void): void {
    if (this.kind === 'raw') return;
    for (let i = 0; i < most; i += 1) {
      const error = this.#errors.read(this.fd, this.#family);
      if (error === null) return;
      each(error);
    }
  }

  close(): void {
    closeOwnedFd(this.fd);
  }

  #setUp({ family, source, mark }: PingIdentity): number {
    const ipv4 = family === 'ipv4';
    tryOption(this.fd, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES);
    if (mark !== null) setOption(this.fd, SOL_SOCKET, SO_MARK, mark, 'SO_MARK');
    const any = ipv4 ? '0.0.0.0' : '::';
    if (source !== null || this.kind === 'ping') bindAddress(this.fd, encodeSockaddr(source ?? any, 0));
    if (this.kind === 'ping') {
      if (ipv4) setOption(this.fd, IPPROTO_IP, IP_RECVERR, 1, 'IP_RECVERR');
      else setOption(this.fd, IPPROTO_IPV6, IPV6_RECVERR, 1, 'IPV6_RECVERR');
      return this.#boundId();
    }
    const id = randomInt(0x10000);
    attachPingFilter(this.fd, family, id);
    if (ipv4) setOption(this.fd, SOL_RAW, ICMP_FILTER, IPV4_TYPES, 'ICMP_FILTER');
    else setOption(this.fd, IPPROTO_ICMPV6, ICMPV6_FILTER, icmpv6Types(), 'ICMPV6_FILTER');
    return id;
  }

  /** A ping socket's identifier is its port. */
  #boundId(): number {
    if (!readOwnAddress(this.fd, this.#sender.address)) throw new SyscallError('getsockname');
    return new DataView(this.#sender.address.buffer).getUint16(2);
  }
}

function openPing(family: IpFamily): { readonly fd: number; readonly kind: 'ping' | 'raw' } {
  const domain = family === 'ipv4' ? AF_INET : AF_INET6;
  const protocol = family === 'ipv4' ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  try {
    return { fd: openSocket(domain, SOCK_DGRAM, protocol), kind: 'ping' };
  } catch (error) {
    if (!(error instanceof SyscallError && error.code === 'EACCES')) throw error;
  }
  try {
    return { fd: openSocket(domain, SOCK_RAW, protocol), kind: 'raw' };
  } catch (error) {
    if (!(error instanceof SyscallError && error.code === 'EPERM')) throw error;
    const group = process.getgid?.() ?? 0;
    throw new MissingPrivilegeError(
      'CAP_NET_RAW',
      `ICMP is not permitted: allow this process's group with sysctl -w net.ipv4.ping_group_range="${group} ${group}", or give it CAP_NET_RAW`,
    );
  }
}

function icmpv6Types(): Uint8Array {
  const blocked = new Uint32Array(8).fill(0xffffffff);
  for (const type of IPV6_TYPES) blocked[type >> 5] = (blocked[type >> 5] ?? 0) & ~(1 << (type & 31));
  return new Uint8Array(blocked.buffer);
}

/** Reads the error queue of a socket (ip(7), IP_RECVERR): the errno, the request that it is about, and where that went. */
class ErrorReader {
  readonly #data = new NativeBuffer(64);
  readonly #name = new NativeBuffer(SOCKADDR_BYTES);
  readonly #control = new NativeBuffer(CONTROL_BYTES);
  readonly #iovec = new NativeBuffer(16);
  readonly #header = new NativeBuffer(MSGHDR.bytes);

  constructor() {
    this.#iovec.view.setBigUint64(0, this.#data.address, HOST_LITTLE_ENDIAN);
    this.#iovec.view.setBigUint64(8, BigInt(this.#data.bytes.length), HOST_LITTLE_ENDIAN);
    this.#header.view.setBigUint64(0, this.#name.address, HOST_LITTLE_ENDIAN);
    this.#header.view.setBigUint64(MSGHDR.iovec, this.#iovec.address, HOST_LITTLE_ENDIAN);
    this.#header.view.setBigUint64(MSGHDR.iovecCount, 1n, HOST_LITTLE_ENDIAN);
    this.#header.view.setBigUint64(MSGHDR.control, this.#control.address, HOST_LITTLE_ENDIAN);
  }

  /** Null when the queue is empty. */
  read(fd: number, family: IpFamily): PingReceived | null {
    for (;;) {
      this.#header.view.setUint32(MSGHDR.nameLength, SOCKADDR_BYTES, HOST_LITTLE_ENDIAN);
      this.#header.view.setBigUint64(MSGHDR.controlLength, BigInt(CONTROL_BYTES), HOST_LITTLE_ENDIAN);
      const length = Number(recvmsg(fd, this.#header.bytes, MSG_ERRQUEUE));
      if (length < 0) return null;
      const code = this.#extendedErrno(family);
      // The data is the request from its ICMP header on: the sequence is in its bytes 6 and 7.
      if (code === null || length < 8) continue;
      const [from, to] = family === 'ipv4' ? [4, 8] : [8, 24];
      return { errno: code, sequence: this.#data.view.getUint16(6), destination: this.#name.bytes.subarray(from, to) };
    }
  }

  /** The first member of struct sock_extended_err, in a control message of IP_RECVERR or IPV6_RECVERR. */
  #extendedErrno(family: IpFamily): number | null {
    const [level, type] = family === 'ipv4' ? [IPPROTO_IP, IP_RECVERR] : [IPPROTO_IPV6, IPV6_RECVERR];
    const { view } = this.#control;
    const end = Number(this.#header.view.getBigUint64(MSGHDR.controlLength, HOST_LITTLE_ENDIAN));
    for (let at = 0; at + CMSG_HEADER_BYTES + 4 <= end; ) {
      const size = Number(view.getBigUint64(at, HOST_LITTLE_ENDIAN));
      const same =
        view.getInt32(at + 8, HOST_LITTLE_ENDIAN) === level && view.getInt32(at + 12, HOST_LITTLE_ENDIAN) === type;
      if (same) return view.getUint32(at + CMSG_HEADER_BYTES, HOST_LITTLE_ENDIAN);
      if (size < CMSG_HEADER_BYTES) return null;
      at += (size + 7) & ~7;
    }
    return null;
  }
}
