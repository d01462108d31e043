/** Times of many adverts in constant space: log-linear buckets, so that percentiles hold to 6 %. Counting allocates nothing. */

/** Buckets for each power of two. */
const STEPS = 16;
/** 1 ns to 2^40 ns, 18 minutes. */
const POWERS = 40;

export class LatenessHistogram {
  readonly #counts = new Uint32Array(POWERS * STEPS);
  #total = 0;
  #maxNs = 0;

  /** Negative times (adverts ahead of their deadline) count as none. */
  add(valueNs: number): void {
    const value = valueNs > 0 ? valueNs : 0;
    if (value > this.#maxNs) this.#maxNs = value;
    const index = bucketOf(value);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total += 1;
  }

  addAll(other: LatenessHistogram): void {
    if (other.#total === 0) return;
    for (let index = 0; index < this.#counts.length; index += 1) {
      this.#counts[index] = (this.#counts[index] as number) + (other.#counts[index] as number);
    }
    this.#total += other.#total;
    if (other.#maxNs > this.#maxNs) this.#maxNs = other.#maxNs;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#maxNs = 0;
  }

  get total(): number {
    return this.#total;
  }
  get maxNs(): number {
    return this.#maxNs;
  }

  /** The upper edge of the bucket that holds this part (0-1) of all values; never above the largest value. */
  percentileNs(part: number): number {
    if (this.#total === 0) return 0;
    let left = Math.ceil(this.#total * part);
    for (let index = 0; index < this.#counts.length; index += 1) {
      left -= this.#counts[index] as number;
      if (left <= 0) return Math.min(this.#maxNs, upperEdge(index));
    }
    return this.#maxNs;
  }
}

function bucketOf(value: number): number {
  let power = 0;
  let mantissa = value;
  for (; mantissa >= 2 * STEPS; mantissa /= 2) power += 1;
  return Math.min(POWERS * STEPS - 1, power * STEPS + Math.floor(mantissa));
}

function upperEdge(index: number): number {
  if (index < STEPS) return index + 1;
  return (STEPS + (index % STEPS) + 1) * 2 ** (Math.floor(index / STEPS) - 1);
}
