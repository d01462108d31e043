/**
 * The times of a shard's targets, a row each in one block of memory. A number with a fraction, or beyond 32 bits, in a field of
 * an object is an object of its own to V8, somewhere in the heap; with 100,000 targets, whose data is out of the processor's
 * caches by their next turn, each of them is waited for.
 */

/** Numbers in a row: 64 bytes, a line of the processor's caches. */
const ROW = 8;

/** What a row holds, in nanoseconds but for `lastCheckMs`; see the fields of the same names of `Target`. */
export const TIME = {
  dueNs: 0,
  pointNs: 1,
  phaseNs: 2,
  startedNs: 3,
  durationNs: 4,
  lastCheckMs: 5,
  deadlineNs: 6,
  stalledBeforeNs: 7,
} as const;

type Time = (typeof TIME)[keyof typeof TIME];

export class TargetTimes {
  #rows = new Float64Array(0);

  /** A new target's row: zeros, whoever had that number before. */
  open(id: number): void {
    const end = (id + 1) * ROW;
    if (end > this.#rows.length) {
      const rows = new Float64Array(Math.max(end, 2 * this.#rows.length));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows.fill(0, end - ROW, end);
  }

  get(id: number, time: Time): number {
    return this.#rows[id * ROW + time] ?? 0;
  }

  set(id: number, time: Time, value: number): void {
    this.#rows[id * ROW + time] = value;
  }
}
