/**
 * Where between two ticks of the kernel's clock a deadline is kept best. Linux ticks on whole milliseconds of the monotonic clock
 * (each 1, 4 or 10 ms), and what it does then for the rest of the machine, such as giving back memory that others have freed,
 * takes 100 us and more of whichever processor it is. VRRP's intervals are whole hundredths of a second: a deadline that is close
 * behind a tick once is so each time.
 */
const TICK_NS = 1e6;
/** Well behind one tick, well ahead of the next. */
const WINDOW_BEGIN_NS = 350_000;
/** Deadlines of many are spread over the window, or all of a millisecond would be due at once. */
const PLACES = 8;
const PLACE_NS = 40_000;

/** The last quiet time that is not after `atNs`, less than a millisecond before it; `spread` is any whole number of the asker. */
export function quietTime(atNs: number, spread: number): number {
  const phase = WINDOW_BEGIN_NS + (spread % PLACES) * PLACE_NS;
  return Math.floor((atNs - phase) / TICK_NS) * TICK_NS + phase;
}
