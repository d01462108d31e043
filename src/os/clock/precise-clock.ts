/**
 * The monotonic clock and the wait of the VRRP thread: sleep in the kernel to shortly before the deadline, then spin.
 * Nothing here allocates. (`performance.now()` makes a number object of 16 bytes each time: 90 KB in one spin.)
 */

import { type Nanoseconds, NS_PER_S } from '../../model/units.js';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { libc } from '../kernel/libc.js';

const clockGettime = libc.func('int clock_gettime(int clock, int32_t *time)');

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

// struct timespec of a 64-bit machine, as 32-bit words: seconds fit one until 2038 (of uptime, or unsigned until 2106).
const SECONDS = HOST_LITTLE_ENDIAN ? 0 : 1;
const NANOSECONDS = HOST_LITTLE_ENDIAN ? 2 : 3;

export class PreciseClock {
  readonly #time = new Int32Array(4);
  /** Seconds of the wall clock that `realtime` counts from: nanoseconds since 1970 do not fit a double. */
  readonly realtimeBaseS: number;

  constructor() {
    clockGettime(CLOCK_REALTIME, this.#time);
    // Some way back, so that a wall clock set back a little still gives positive times.
    this.realtimeBaseS = ((this.#time[SECONDS] as number) >>> 0) - 3600;
  }

  now(): Nanoseconds {
    const time = this.#time;
    clockGettime(CLOCK_MONOTONIC, time);
    return ((time[SECONDS] as number) * NS_PER_S + (time[NANOSECONDS] as number)) as Nanoseconds;
  }

  /** The wall clock, which may jump: for comparing with the kernel's time stamps of packets, at once. */
  realtime(): Nanoseconds {
    const time = this.#time;
    clockGettime(CLOCK_REALTIME, time);
    const seconds = ((time[SECONDS] as number) >>> 0) - this.realtimeBaseS;
    return (seconds * NS_PER_S + (time[NANOSECONDS] as number)) as Nanoseconds;
  }

  /** Holds the processor until `deadlineNs`, and answers with the time then. */
  spinUntil(deadlineNs: number): Nanoseconds {
    const time = this.#time;
    let now = 0;
    do {
      clockGettime(CLOCK_MONOTONIC, time);
      now = (time[SECONDS] as number) * NS_PER_S + (time[NANOSECONDS] as number);
    } while (now < deadlineNs);
    return now as Nanoseconds;
  }
}
