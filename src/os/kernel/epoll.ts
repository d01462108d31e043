/**
 * An epoll instance for descriptors that libuv does not know, woken by libuv.
 *
 * libuv watches only what it has a handle for, and has none for an epoll descriptor, although the kernel lets one be watched
 * like any other. So a datagram handle is made on a socket, and the epoll descriptor takes the socket's number (dup3) before
 * libuv's next look: it then watches the epoll instance. When that is ready, libuv tries to receive from it, the kernel says
 * ENOTSOCK, and the handle's 'error' event is our wake-up. It costs one failed system call a wake-up, however many descriptors
 * are ready, where a call on libuv's thread pool would keep one of its few threads, and polling costs latency or processor.
 *
 * Kernel: <sys/epoll.h>; `struct epoll_event` is packed on x86-64 alone.
 */
import { createSocket } from 'node:dgram';
import { check, libc } from './libc.js';
import { AF_INET, closeSocket, makeSocket, SOCK_DGRAM } from './socket-call.js';

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** Tells of each change once, whether or not it is attended to. */
export const EPOLLET = 0x8000_0000;

const O_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const PACKED = process.arch === 'x64';
const EVENT_BYTES = PACKED ? 12 : 16;
const DATA_AT = PACKED ? 4 : 8;
/** Taken from the kernel in one call. */
const BATCH = 256;

const dup3 = libc.func('int dup3(int from, int to, int flags)');
const epollCreate = libc.func('int epoll_create1(int flags)');
const epollCtl = libc.func('int epoll_ctl(int epoll, int op, int fd, const void *event)');
const epollWait = libc.func('int epoll_wait(int epoll, void *events, int most, int timeoutMs)');

export class Epoll {
  readonly #fd: number;
  readonly #event = new DataView(new ArrayBuffer(EVENT_BYTES));
  readonly #eventBytes = new Uint8Array(this.#event.buffer);
  readonly #ready = new Uint8Array(EVENT_BYTES * BATCH);
  readonly #readyInts = new DataView(this.#ready.buffer);
  readonly #handle = createSocket('udp4');

  /** `onReady`: something can be `take`n. Throws SyscallError when descriptors are short. */
  constructor(onReady: () => void) {
    this.#fd = makeSocket(AF_INET, SOCK_DGRAM);
    const epoll = epollCreate(O_CLOEXEC);
    if (epoll < 0) closeSocket(this.#fd);
    check('epoll_create1', epoll);
    this.#handle.on('error', onReady);
    // From here on the handle owns the descriptor, and closes it.
    // Exclusive: in a worker of node:cluster the descriptor would be asked for at the primary process.
    this.#handle.bind({ fd: this.#fd, exclusive: true });
    this.#handle.unref();
    const result = dup3(epoll, this.#fd, O_CLOEXEC);
    closeSocket(epoll);
    check('dup3', result);
  }

  /** Watches a descriptor until it is closed. */
  add(fd: number, events: number): void {
    this.#event.setUint32(0, events, true);
    this.#event.setInt32(DATA_AT, fd, true);
    check('epoll_ctl', epollCtl(this.#fd, EPOLL_CTL_ADD, fd, this.#eventBytes));
  }

  /** Hands over each descriptor that is ready, without waiting. `each` may close any. */
  take(each: (fd: number, events: number) => void): void {
    for (;;) {
      const count = epollWait(this.#fd, this.#ready, BATCH, 0);
      for (let i = 0; i < count; i += 1) {
        const at = i * EVENT_BYTES;
        each(this.#readyInts.getInt32(at + DATA_AT, true), this.#readyInts.getUint32(at, true));
      }
      // Fewer: that was all. (EINTR reads as none, and the next wake-up follows at once.)
      if (count < BATCH) return;
    }
  }

  close(): void {
    this.#handle.close();
  }
}
