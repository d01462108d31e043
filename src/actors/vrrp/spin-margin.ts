/**
 * How long before a deadline the sleep ends, so that the rest is spun. The kernel wakes even a real-time thread late now and
 * then: by a millisecond, where a long system call of someone else (giving back a collected heap) can't be interrupted. So
 * the margin follows the worst that was seen, begins with a pessimistic guess, and forgets slowly; and spinning never takes
 * more than a small part of the processor, however close the deadlines are.
 */
import type { SpinLimits } from '../../os/process/realtime.js';

/** Over the worst that was seen. */
const HEADROOM = 1.25;
/** What is believed of a machine that nothing is known of. */
const FIRST_GUESS_NS = 1e6;
/** In this time a bad wake-up is half forgotten. */
const HALF_LIFE_NS = 600e9;
/** Most of the processor that more than the least margin may take. */
const SHARE = 0.06;
/** Weight of the newest deadline in the mean time between two. */
const SMOOTHING = 1 / 16;

export class SpinMargin {
  readonly #limits: SpinLimits;
  #worstNs = FIRST_GUESS_NS;
  #firedAtNs = Number.NaN;
  #gapNs = Number.NaN;

  constructor(limits: SpinLimits) {
    this.#limits = limits;
  }

  get ns(): number {
    const { leastNs, mostNs } = this.#limits;
    const share = Number.isNaN(this.#gapNs) ? mostNs : SHARE * this.#gapNs;
    // Whole: a fraction would make an object of each time that is computed from it.
    return Math.floor(Math.max(leastNs, Math.min(mostNs, share, HEADROOM * this.#worstNs)));
  }

  /** What is usual between two deadlines; NaN before there were two. */
  get gapNs(): number {
    return this.#gapNs;
  }

  /** The kernel woke this thread so much later than it had asked for. */
  woke(latenessNs: number): void {
    // A pause of the whole machine is no measure: no margin is that large.
    this.#worstNs = Math.max(this.#worstNs, Math.min(latenessNs, this.#limits.mostNs));
  }

  /** A deadline was kept. */
  fired(nowNs: number): void {
    const gapNs = nowNs - this.#firedAtNs;
    this.#firedAtNs = nowNs;
    if (Number.isNaN(gapNs)) return;
    this.#gapNs = Number.isNaN(this.#gapNs) ? gapNs : this.#gapNs + (gapNs - this.#gapNs) * SMOOTHING;
    this.#worstNs *= 0.5 ** (gapNs / HALF_LIFE_NS);
  }
}
