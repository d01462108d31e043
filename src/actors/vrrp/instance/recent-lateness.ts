/** Times of the adverts of the last hour, in constant space: a ring of histograms, each of some minutes. Counting allocates nothing. */
import { LatenessHistogram } from './lateness.js';

/** Five minutes: what is told covers 55 to 60 of them. */
const PERIOD_NS = 300e9;
/** Of 2.5 KB each. */
const PERIODS = 12;

export class RecentLateness {
  readonly #ring = Array.from({ length: PERIODS }, () => new LatenessHistogram());
  /** Which period each of the ring is of. */
  readonly #periods = new Int32Array(PERIODS).fill(-PERIODS);
  readonly #sum = new LatenessHistogram();

  add(valueNs: number, nowNs: number): void {
    const period = Math.floor(nowNs / PERIOD_NS);
    const at = period % PERIODS;
    const histogram = this.#ring[at] as LatenessHistogram;
    if (this.#periods[at] !== period) {
      this.#periods[at] = period;
      histogram.clear();
    }
    histogram.add(valueNs);
  }

  /** Of all that came in the last hour; the next call writes over it. */
  at(nowNs: number): LatenessHistogram {
    const oldest = Math.floor(nowNs / PERIOD_NS) - PERIODS + 1;
    this.#sum.clear();
    for (let index = 0; index < PERIODS; index += 1) {
      if ((this.#periods[index] as number) >= oldest) this.#sum.addAll(this.#ring[index] as LatenessHistogram);
    }
    return this.#sum;
  }
}
