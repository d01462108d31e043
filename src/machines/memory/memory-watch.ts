/** Says when memory that a burst took, and that nobody uses any more, is worth giving back to the system. Pure. */

/** Less comes and goes with every collection. */
const WORTH_BYTES = 48 * 1024 * 1024;
/** It stands still when it moves by less between two looks. */
const STILL_BYTES = 8 * 1024 * 1024;
/** Where giving back did not help, the memory is in use: that is the floor from then on, for so long. */
const FLOOR_MS = 60_000;

export class MemoryWatch {
  #floorBytes = Number.POSITIVE_INFINITY;
  #lastBytes = Number.POSITIVE_INFINITY;
  #gaveBackMs = Number.NEGATIVE_INFINITY;

  /** To be called every few seconds with what the process holds; true: give back now. */
  look(bytes: number, nowMs: number): boolean {
    const still = Math.abs(bytes - this.#lastBytes) < STILL_BYTES;
    this.#lastBytes = bytes;
    this.#floorBytes = Math.min(this.#floorBytes, bytes);
    if (!still || bytes - this.#floorBytes < WORTH_BYTES) return false;
    if (nowMs - this.#gaveBackMs < FLOOR_MS) {
      this.#floorBytes = bytes;
      return false;
    }
    this.#gaveBackMs = nowMs;
    return true;
  }
}
