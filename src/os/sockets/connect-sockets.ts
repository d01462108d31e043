/**
 * TCP sockets for short connections at the least cost. A connection that stands is not closed but dissolved (`connect` to
 * AF_UNSPEC, see connect(2)): the peer gets a reset, the local port is free again, and the socket serves for the next
 * connection. That saves making and closing a socket, a third of what it costs to learn whether a port is open.
 */
import { isIPv6 } from 'node:net';
import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../kernel/epoll.js';
import { errno, libc } from '../kernel/libc.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import { encodeSockaddr } from '../kernel/sockaddr.js';
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
} from '../kernel/socket-call.js';
import { type Waiter, Waiters } from '../kernel/waiters.js';
import type { SocketIdentity } from './marked-socket.js';
import { SelfConnections } from './self-connection.js';

/** For one who connects: his last acknowledgement of the handshake waits for what he sends. It outlives a dissolved connection. */
const TCP_DEFER_ACCEPT = 9;
const EALREADY = 114;
const EISCONN = 106;
const ECONNREFUSED = 111;
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
export const pending: ConnectStep = { kind: 'pending' };

/**
 * When to acknowledge the peer's SYN-ACK: at once, as usual; or `later`, with what is sent next, data or a reset: one packet less,
 * but a peer that speaks first would wait for it.
 */
export type Acknowledge = 'at-once' | 'later';

type ConnectIdentity = SocketIdentity & { readonly family: 'ipv4' | 'ipv6'; readonly acknowledge: Acknowledge };

type Shared = { readonly waiters: Waiters; readonly selfConnections: SelfConnections };

/** The sockets of one thread's checker. */
export class ConnectPools {
  readonly #pools = new Map<string, ConnectSockets>();
  readonly #shared: Shared = { waiters: new Waiters(), selfConnections: new SelfConnections() };

  /**
   * The sockets towards an IP address. Those with a mark or a source address are one target's own, and none of them is kept: the
   * address may leave this host, and what is bound to it would go on sending from there, to be answered elsewhere.
   */
  get(address: string, { source, mark }: SocketIdentity, acknowledge: Acknowledge): ConnectSockets {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const identity: ConnectIdentity = { family, source, mark, acknowledge };
    if (mark !== null || source !== null) return new ConnectSockets(identity, this.#shared, 0);
    const key = `${family} ${acknowledge}`;
    let sockets = this.#pools.get(key);
    if (sockets === undefined) {
      sockets = new ConnectSockets(identity, this.#shared, MAX_IDLE);
      this.#pools.set(key, sockets);
    }
    return sockets;
  }

  /** Those who wait for a socket. */
  waiting(): Iterable<Waiter> {
    return this.#shared.waiters.all();
  }

  /** For when all sockets are given back. */
  close(): void {
    for (const sockets of this.#pools.values()) sockets.close();
    this.#shared.waiters.close();
  }
}

/** Sockets of one family, source address, mark and way to acknowledge. */
export class ConnectSockets {
  readonly #identity: ConnectIdentity;
  readonly #source: Uint8Array | null;
  readonly #shared: Shared;
  readonly #idle: number[] = [];
  readonly #maxIdle: number;

  /** At most `maxIdle` unused sockets are kept. */
  constructor(identity: ConnectIdentity, shared: Shared, maxIdle: number) {
    this.#identity = identity;
    this.#source = identity.source === null ? null : encodeSockaddr(identity.source, 0);
    this.#shared = shared;
    this.#maxIdle = maxIdle;
  }

  /** An unconnected, non-blocking socket. Throws SyscallError: EMFILE, EPERM (mark), EADDRNOTAVAIL (source). */
  take(): number {
    return this.#idle.pop() ?? this.#open();
  }

  /** Tells the waiter of each change of the socket from now on, until it is given back. */
  watch(fd: number, waiter: Waiter): void {
    this.#shared.waiters.set(fd, WATCHED, waiter);
  }

  /**
   * Begins to connect; the same call again asks how that stands, and tells its error. A peer on this host, or a port that this host
   * refuses, has answered by the second.
   */
  connect(fd: number, address: Uint8Array): ConnectStep {
    if (connect(fd, address, address.length) !== 0) {
      const code = errno();
      if (code === EINPROGRESS || code === EALREADY) return pending;
      if (code !== EISCONN) return { kind: 'failed', errno: code };
    }
    if (!this.#shared.selfConnections.includes(fd, address)) return connected;
    // So nobody else has the port.
    connect(fd, AF_UNSPEC_ADDRESS, AF_UNSPEC_ADDRESS.length);
    return { kind: 'failed', errno: ECONNREFUSED };
  }

  /** Takes back a connected socket. */
  giveConnected(fd: number): void {
    if (this.#full || connect(fd, AF_UNSPEC_ADDRESS, AF_UNSPEC_ADDRESS.length) !== 0) this.discard(fd);
    else this.#keep(fd);
  }

  /** Takes back a socket whose connect failed: the kernel has made it as new. */
  giveFailed(fd: number): void {
    if (this.#full) this.discard(fd);
    else this.#keep(fd);
  }

  /** Closes a socket that is still connecting, or of no more use. */
  discard(fd: number): void {
    this.#shared.waiters.forget(fd);
    closeOwnedFd(fd);
  }

  close(): void {
    for (const fd of this.#idle.splice(0)) this.discard(fd);
  }

  get #full(): boolean {
    return this.#idle.length >= this.#maxIdle;
  }

  #keep(fd: number): void {
    this.#shared.waiters.clear(fd);
    this.#idle.push(fd);
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
