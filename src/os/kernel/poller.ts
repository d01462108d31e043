/** ppoll over a few descriptors, with a timeout in nanoseconds. Waiting allocates nothing. */

import { NS_PER_S } from '../../model/units.js';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { libc } from './libc.js';
import { NativeBuffer } from './native-buffer.js';

const ppoll = libc.func('int ppoll(uint8_t *fds, unsigned long count, int32_t *timeout, void *mask)');

const POLLIN = 1;
/** struct pollfd: int fd, short events, short revents. */
const POLLFD_BYTES = 8;
const REVENTS_AT = 6;

export class Poller {
  #fds = new NativeBuffer(POLLFD_BYTES);
  #count = 0;
  /** struct timespec as 32-bit words, in the host's byte order. */
  readonly #timeout = new Int32Array(4);
  readonly #secondsAt = HOST_LITTLE_ENDIAN ? 0 : 1;
  readonly #nanosecondsAt = HOST_LITTLE_ENDIAN ? 2 : 3;

  /** Replaces the descriptors; `ready(index)` speaks of them in this order. */
  watch(fds: readonly number[]): void {
    this.#fds = new NativeBuffer(Math.max(1, fds.length) * POLLFD_BYTES);
    this.#count = fds.length;
    fds.forEach((fd, index) => {
      this.#fds.view.setInt32(index * POLLFD_BYTES, fd, HOST_LITTLE_ENDIAN);
      this.#fds.view.setInt16(index * POLLFD_BYTES + 4, POLLIN, HOST_LITTLE_ENDIAN);
    });
  }

  /** Waits until a descriptor can be read, or so long. Answers with how many can be; 0 also after a signal. */
  wait(timeoutNs: number): number {
    const seconds = Math.floor(timeoutNs / NS_PER_S);
    this.#timeout[this.#secondsAt] = seconds;
    this.#timeout[this.#nanosecondsAt] = timeoutNs - seconds * NS_PER_S;
    const ready: number = ppoll(this.#fds.bytes, this.#count, this.#timeout, null);
    return ready > 0 ? ready : 0;
  }

  /** Whether the last `wait` found this one readable (or in error, which reading then tells). */
  ready(index: number): boolean {
    return this.#fds.view.getInt16(index * POLLFD_BYTES + REVENTS_AT, HOST_LITTLE_ENDIAN) !== 0;
  }
}
