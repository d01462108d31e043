import type { Nanoseconds } from '../wire/units.js';

/** Reads CLOCK_MONOTONIC: one time line for every thread of the machine. */
export type Clock = () => Nanoseconds;

// performance.now() makes no garbage and has ns resolution, but starts at zero in each thread: this shifts it to the
// machine's time line, once per thread.
const offsetNs = Number(process.hrtime.bigint()) - performance.now() * 1e6;

export const monotonicNow: Clock = () => (performance.now() * 1e6 + offsetNs) as Nanoseconds;
