/**
 * TCP sockets for short connections at the least cost. A connection that stands is not closed but dissolved (`connect` to
 * AF_UNSPEC, see connect(2)): the peer gets a reset, the local port is free again, and the socket serves for the next
 * connection. That saves making and closing a socket, a third of what it costs to learn whether a port is open.
 */
import { isIPv6 } from 'node:net';
import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from './epoll.js';
import { errno, libc } from './libc.js';
import type { SocketIdentity } from './marked-socket.js';
import { closeOwnedFd } from './owned-fd.js';
import { encodeSockaddr } from './sockaddr.js';
import {
  AF_INET,
  AF_INET6,
  bindAddress,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  IPPROTO_TCP,
  lingerZero,
  openSocket,
  SO_LINGER,
  SO_MARK,
  SOCK_STREAM,
  SOL_SOCKET,
  setOption,
  tryOption,
} from './socket-call.js';
import { type Waiter, Waiters } from './waiters.js';

/** For one who connects: his last acknowledgement of the handshake waits for what he sends. It outlives a dissolved connection. */
const TCP_DEFER_ACCEPT = 9;
const EALREADY = 114;
const EISCONN = 106;
const EINPROGRESS = 115;
/** Unused sockets that are kept: as many as connect at once while peers are a network away. */
const MAX_IDLE = 1024;
/** Edge-triggered: a socket is watched for all its life, through many connections. */
const WATCHED = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

const connect = libc.func('int connect(int fd, const void *address, uint32_t length)');

const AF_UNSPEC_ADDRESS = new Uint8Array(16);

export type ConnectStep = { readonly kind: 'connected' } | { readonly kind: 'pending' } | ConnectFailed;
/** `errno`, such as ECONNREFUSED. */
export type ConnectFailed = { readonly kind: 'failed'; readonly errno: number };

const connected: ConnectStep = { kind: 'connected' };
const pending: ConnectStep = { kind: 'pending' };

/**
 * When to acknowledge the peer's SYN-ACK: at once, as usual; or `later`, with what is sent next, data or a reset: one packet less,
 * but a peer that speaks first would wait for it.
 */
export type Acknowledge = 'at-once' | 'later';

type ConnectIdentity = SocketIdentity & { readonly family: 'ipv4' | 'ipv6'; readonly acknowledge: Acknowledge };

/** The sockets of one thread's checker, by what they are bound to. */
export class ConnectPools {
  readonly #pools = new Map<string, ConnectSockets>();
  readonly #waiters = new Waiters();

  /** The sockets towards an IP address; those with a mark are one target's own, and none of them is kept. */
  get(address: string, { source, mark }: SocketIdentity, acknowledge: Acknowledge): ConnectSockets {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const identity: ConnectIdentity = { family, source, mark, acknowledge };
    if (mark !== null) return new ConnectSockets(identity, this.#waiters, 0);
    const key = `${family} ${acknowledge} ${source}`;
    let sockets = this.#pools.get(key);
    if (sockets === undefined) {
      sockets = new ConnectSockets(identity, this.#waiters, MAX_IDLE);
      this.#pools.set(key, sockets);
    }
    return sockets;
  }

  /** Those who wait for a socket. */
  waiting(): Iterable<Waiter> {
    return this.#waiters.all();
  }

  /** For when all sockets are given back. */
  close(): void {
    for (const sockets of this.#pools.values()) sockets.close();
    this.#waiters.close();
  }
}

/** Sockets of one family, source address, mark and way to acknowledge. */
export class ConnectSockets {
  readonly #identity: ConnectIdentity;
  readonly #source: Uint8Array | null;
  readonly #waiters: Waiters;
  readonly #idle: number[] = [];
  readonly #maxIdle: number;

  /** At most `maxIdle` unused sockets are kept. */
  constructor(identity: ConnectIdentity, waiters: Waiters, maxIdle: number) {
    this.#identity = identity;
    this.#source = identity.source === null ? null : encodeSockaddr(identity.source, 0);
    this.#waiters = waiters;
    this.#maxIdle = maxIdle;
  }

  /** An unconnected, non-blocking socket. Throws SyscallError: EMFILE, EPERM (mark), EADDRNOTAVAIL (source). */
  take(): number {
    return this.#idle.pop() ?? this.#open();
  }

  /** Tells the waiter of each change of the socket from now on, until it is given back. */
  watch(fd: number, waiter: Waiter): void {
    this.#waiters.set(fd, WATCHED, waiter);
  }

  /** Takes back a connected socket. */
  giveConnected(fd: number): void {
    if (connect(fd, AF_UNSPEC_ADDRESS, AF_UNSPEC_ADDRESS.length) === 0) this.giveFailed(fd);
    else this.discard(fd);
  }

  /** Takes back a socket whose connect failed: the kernel has made it as new. */
  giveFailed(fd: number): void {
    if (this.#idle.length >= this.#maxIdle) {
      this.discard(fd);
      return;
    }
    this.#waiters.clear(fd);
    this.#idle.push(fd);
  }

  /** Closes a socket that is still connecting, or of no more use. */
  discard(fd: number): void {
    this.#waiters.forget(fd);
    closeOwnedFd(fd);
  }

  close(): void {
    for (const fd of this.#idle.splice(0)) this.discard(fd);
  }

  #open(): number {
    const { family, mark, acknowledge } = this.#identity;
    const fd = openSocket(family === 'ipv6' ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    try {
      setOption(fd, SOL_SOCKET, SO_LINGER, lingerZero(), 'SO_LINGER');
      if (acknowledge === 'later') setOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1, 'TCP_DEFER_ACCEPT');
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

/**
 * Begins to connect; the same call again asks how that stands, and tells its error. A peer on this host, or a port that this host
 * refuses, has answered by the second.
 */
export function stepConnect(fd: number, address: Uint8Array): ConnectStep {
  if (connect(fd, address, address.length) === 0) return connected;
  const code = errno();
  if (code === EINPROGRESS || code === EALREADY) return pending;
  return code === EISCONN ? connected : { kind: 'failed', errno: code };
}
