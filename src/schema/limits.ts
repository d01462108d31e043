/** What one value of a document may cost. */

/** Errors looked for in one list: a million wrong items would take a gigabyte before the first is told. */
export const MAX_COUNTED_ISSUES = 2_000;
/** Text of a probe (`send`, `receive`, `body`): a probe is small, and there may be one for each of 100,000 targets. */
export const MAX_PROBE_BYTES = 64 * 1024;
/** Length of a URL; the usual limit of servers is 8 KiB. */
export const MAX_URL_LENGTH = 4096;
/** Timers of Node.js hold 2^31 ms (24.8 days); nothing here sensibly waits for longer. */
export const MAX_DURATION_DAYS = 24;
