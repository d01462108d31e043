/**
 * TCP connections for short exchanges, a request and its answer, at the least cost: the kernel's sockets without a stream's
 * buffers, handles and timers, and used again. They speak through the same events as `net.Socket`. Received bytes are handed
 * over as they come, so nothing is buffered but what the kernel does not take of a request.
 */
import { EventEmitter } from 'node:events';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLRDHUP } from '../kernel/epoll.js';
import { errno, libc, SyscallError } from '../kernel/libc.js';
import { encodeSockaddr } from '../kernel/sockaddr.js';
import type { Waiter } from '../kernel/waiters.js';
import { ConnectPools, type ConnectSockets, type ConnectStep } from './connect-sockets.js';
import type { SocketIdentity } from './marked-socket.js';

const MSG_NOSIGNAL = 0x4000;
const receive = libc.func('intptr_t recv(int fd, void *bytes, size_t length, int flags)');
const send = libc.func('intptr_t send(int fd, const void *bytes, size_t length, int flags)');
/** Read in one call: most answers. */
const READ_BYTES = 64 * 1024;
/** The peer has closed its side, or there is an error to be read. */
const ENDING = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

type Events = {
  readonly data: [bytes: Buffer];
  /** The peer has closed its side. */
  readonly end: [];
  readonly error: [error: Error];
  /** After an error. Not after `destroy`. */
  readonly close: [];
};

/** What the sockets of one thread's checker share. */
export class StreamSockets {
  readonly pools = new ConnectPools();
  readonly scratch = Buffer.allocUnsafeSlow(READ_BYTES);

  /**
   * An unconnected socket towards an IP address. `peerSpeaksFirst`: nothing is sent before something came. Throws
   * SyscallError: EMFILE, EPERM (mark), EADDRNOTAVAIL (source).
   */
  open(address: string, port: number, identity: SocketIdentity, peerSpeaksFirst = false): StreamSocket {
    return new StreamSocket(
      this,
      this.pools.get(address, identity, peerSpeaksFirst ? 'at-once' : 'later'),
      encodeSockaddr(address, port),
    );
  }

  /** For when all sockets are destroyed. */
  close(): void {
    this.pools.close();
  }
}

export class StreamSocket extends EventEmitter<Events> implements Waiter {
  readonly #shared: StreamSockets;
  readonly #sockets: ConnectSockets;
  readonly #address: Uint8Array;
  /** -1: none is held. */
  #fd: number;
  /** Null: the connection stands. */
  #onConnected: (() => void) | null = nothing;
  /** The peer has closed its side. */
  #ended = false;
  /** What the kernel has not taken yet. */
  #unsent: Buffer | null = null;
  #onSent: () => void = nothing;

  constructor(shared: StreamSockets, sockets: ConnectSockets, address: Uint8Array) {
    super();
    this.#shared = shared;
    this.#sockets = sockets;
    this.#address = address;
    this.#fd = sockets.take();
  }

  /** Calls back when the connection stands, perhaps before this returns. A failure is an 'error'. */
  connect(onConnected: () => void): void {
    this.#onConnected = onConnected;
    let step = this.#sockets.connect(this.#fd, this.#address);
    // A peer on this host has answered by now.
    if (step.kind === 'pending') step = this.#sockets.connect(this.#fd, this.#address);
    if (step.kind === 'pending') this.#sockets.watch(this.#fd, this);
    else this.#connected(step);
  }

  /** `done` is called when the kernel has taken all, perhaps before this returns. */
  write(bytes: Uint8Array, done: () => void = nothing): void {
    if (this.#fd < 0) return;
    const sent = this.#send(bytes);
    if (sent === null) return;
    if (sent === bytes.length) {
      done();
      return;
    }
    this.#unsent = Buffer.from(bytes.subarray(sent));
    this.#onSent = done;
  }

  /** Frees it at once. The peer of a connection gets a reset; nothing is told any more. */
  destroy(): void {
    if (this.#fd < 0) return;
    const fd = this.#release();
    if (this.#onConnected === null) this.#sockets.giveConnected(fd);
    else this.#sockets.discard(fd);
  }

  onReady(events: number): void {
    if (this.#onConnected !== null) {
      const step = this.#sockets.connect(this.#fd, this.#address);
      if (step.kind === 'pending') return;
      this.#connected(step);
    }
    if (this.#unsent !== null) this.#sendRest(this.#unsent);
    const ending = (events & ENDING) !== 0;
    let more = ending || (events & EPOLLIN) !== 0;
    while (more && this.#fd >= 0 && !this.#ended) more = this.#read(ending);
  }

  #connected(step: Exclude<ConnectStep, { kind: 'pending' }>): void {
    if (step.kind === 'failed') {
      this.#sockets.giveFailed(this.#release());
      this.#fail(new SyscallError('connect', step.errno));
      return;
    }
    const onConnected = this.#onConnected ?? nothing;
    this.#onConnected = null;
    this.#sockets.watch(this.#fd, this);
    onConnected();
  }

  /** Whether there is more to read, which the kernel would not say again: after a full read, or where the end is known to be. */
  #read(ending: boolean): boolean {
    const { scratch } = this.#shared;
    const count: number = receive(this.#fd, scratch, scratch.length, 0);
    if (count > 0) {
      this.emit('data', Buffer.from(scratch.subarray(0, count)));
      return ending || count === scratch.length;
    }
    if (count === 0) {
      // The socket stays open, for what the owner may still want to send.
      this.#ended = true;
      this.emit('end');
    } else if (!isTemporary(errno())) {
      this.#break(new SyscallError('read'));
    }
    return false;
  }

  /** How much the kernel took; null: the connection is broken, which is told. */
  #send(bytes: Uint8Array): number | null {
    const sent: number = send(this.#fd, bytes, bytes.length, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (isTemporary(errno())) return 0;
    const error = new SyscallError('write');
    // Later, so that nobody hears of it in the middle of a `write`.
    queueMicrotask(() => this.#break(error));
    return null;
  }

  #sendRest(rest: Buffer): void {
    const sent = this.#send(rest);
    if (sent === null) return;
    this.#unsent = sent === rest.length ? null : rest.subarray(sent);
    if (this.#unsent === null) this.#onSent();
  }

  #break(error: Error): void {
    if (this.#fd < 0) return;
    this.#sockets.giveConnected(this.#release());
    this.#fail(error);
  }

  #fail(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
    this.emit('close');
  }

  /** Takes the descriptor out of use here. */
  #release(): number {
    const fd = this.#fd;
    this.#fd = -1;
    return fd;
  }
}

const nothing = (): void => {};

const EINTR = 4;
const EAGAIN = 11;
const isTemporary = (code: number): boolean => code === EAGAIN || code === EINTR;
