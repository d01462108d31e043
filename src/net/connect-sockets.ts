/**
 * Sockets that only ever connect: to learn whether a TCP port is open, at the least cost. A connection that stands is not
 * closed but dissolved (`connect` to AF_UNSPEC, see connect(2)): the peer gets a reset, the local port is free again, and the
 * socket serves for the next probe. That saves making and closing a socket, a third of what a probe costs.
 */
import { errno, libc } from './libc.js';
import { closeOwnedFd } from './owned-fd.js';
import { encodeSockaddr } from './sockaddr.js';
import {
  AF_INET,
  AF_INET6,
  bindAddress,
  IPPROTO_IP,
  intBytes,
  openSocket,
  SOL_SOCKET,
  setOption,
  tryOption,
} from './socket-call.js';

const SOCK_STREAM = 1;
const SO_LINGER = 13;
const SO_MARK = 36;
const IPPROTO_TCP = 6;
const TCP_QUICKACK = 12;
/** The kernel picks the source port at connect, so that one port serves many destinations. */
const IP_BIND_ADDRESS_NO_PORT = 24;
const EALREADY = 114;
const EISCONN = 106;
const EINPROGRESS = 115;
/** Unused sockets that are kept: as many as connect at once while peers are a network away. */
const MAX_IDLE = 64;

const connect = libc.func('int connect(int fd, const void *address, uint32_t length)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');

const OFF = intBytes(0);
/** `struct linger { 1, 0 }`: closing resets, so that nothing waits in TIME_WAIT. */
const LINGER_ZERO = intBytes(1, 0);
const AF_UNSPEC_ADDRESS = new Uint8Array(16);

export type ConnectStep = { readonly kind: 'connected' } | { readonly kind: 'pending' } | ConnectFailed;
/** `errno`, such as ECONNREFUSED. */
export type ConnectFailed = { readonly kind: 'failed'; readonly errno: number };

const connected: ConnectStep = { kind: 'connected' };
const pending: ConnectStep = { kind: 'pending' };

export type ConnectIdentity = {
  readonly family: 'ipv4' | 'ipv6';
  readonly source: string | null;
  readonly mark: number | null;
};

/** Sockets of one family, source address and mark. */
export class ConnectSockets {
  readonly #identity: ConnectIdentity;
  readonly #source: Uint8Array | null;
  readonly #idle: number[] = [];
  readonly #maxIdle: number;

  /** At most `maxIdle` unused sockets are kept. */
  constructor(identity: ConnectIdentity, maxIdle = MAX_IDLE) {
    this.#maxIdle = maxIdle;
    this.#identity = identity;
    this.#source = identity.source === null ? null : encodeSockaddr(identity.source, 0);
  }

  /** An unconnected, non-blocking socket. Throws SyscallError: EMFILE, EPERM (mark), EADDRNOTAVAIL (source). */
  take(): number {
    return this.#idle.pop() ?? this.#open();
  }

  /** Takes back a connected socket. */
  giveConnected(fd: number): void {
    if (connect(fd, AF_UNSPEC_ADDRESS, AF_UNSPEC_ADDRESS.length) === 0) this.giveFailed(fd);
    else closeOwnedFd(fd);
  }

  /** Takes back a socket whose connect failed: the kernel has made it as new. One that is still pending must be closed. */
  giveFailed(fd: number): void {
    if (this.#idle.length < this.#maxIdle) this.#idle.push(fd);
    else closeOwnedFd(fd);
  }

  close(): void {
    for (const fd of this.#idle.splice(0)) closeOwnedFd(fd);
  }

  #open(): number {
    const { family, mark } = this.#identity;
    const fd = openSocket(family === 'ipv6' ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    try {
      setOption(fd, SOL_SOCKET, SO_LINGER, LINGER_ZERO, 'SO_LINGER');
      if (mark !== null) setOption(fd, SOL_SOCKET, SO_MARK, mark, 'SO_MARK');
      if (this.#source !== null) {
        tryOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        bindAddress(fd, this.#source);
      }
      return fd;
    } catch (error) {
      closeOwnedFd(fd);
      throw error;
    }
  }
}

/** Begins to connect; no acknowledgement follows the peer's SYN-ACK before the reset does: one packet less. */
export function beginConnect(fd: number, address: Uint8Array): ConnectStep {
  setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, OFF, OFF.length);
  return stepConnect(fd, address);
}

/** Asks how a connect that was begun stands: the same call again tells, with its error. */
export function stepConnect(fd: number, address: Uint8Array): ConnectStep {
  if (connect(fd, address, address.length) === 0) return connected;
  const code = errno();
  if (code === EINPROGRESS || code === EALREADY) return pending;
  return code === EISCONN ? connected : { kind: 'failed', errno: code };
}
