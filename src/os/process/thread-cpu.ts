/** Processor time of the calling thread: what a wall clock says of work is wrong where others have the processor. */
import { check, libc } from '../kernel/libc.js';

/** <linux/time.h> */
const CLOCK_THREAD_CPUTIME_ID = 3;

const clockGettime = libc.func('int clock_gettime(int clock, _Out_ int64_t *time)');

/** In milliseconds, from any start. `struct timespec` is two 64-bit numbers on every 64-bit machine. */
export function threadCpuMs(): number {
  const time = [0, 0];
  check('clock_gettime', clockGettime(CLOCK_THREAD_CPUTIME_ID, time));
  const [seconds = 0, nanoseconds = 0] = time;
  return Number(seconds) * 1e3 + Number(nanoseconds) / 1e6;
}
