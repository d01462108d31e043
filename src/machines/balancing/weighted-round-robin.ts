import { type Asker, type Candidate, isOpen, type Scheduler } from './scheduler.js';

/**
 * wrr: in each run of as many picks as the weights add up to, every destination is picked as often as its weight says, and
 * as evenly spread as can be: each pick credits everyone its weight, takes the richest, and charges it the sum.
 */
export class WeightedRoundRobin<C extends Candidate> implements Scheduler<C> {
  #candidates: readonly C[] = [];
  #credits = new Map<string, number>();

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#credits = new Map(candidates.map(({ key }) => [key, this.#credits.get(key) ?? 0]));
  }

  pick(asker: Asker): C | null {
    let sum = 0;
    let richest: C | null = null;
    let most = Number.NEGATIVE_INFINITY;
    for (const candidate of this.#candidates) {
      if (!isOpen(candidate, asker)) continue;
      const credit = (this.#credits.get(candidate.key) ?? 0) + candidate.weight;
      this.#credits.set(candidate.key, credit);
      sum += candidate.weight;
      if (credit > most) {
        most = credit;
        richest = candidate;
      }
    }
    if (richest !== null) this.#credits.set(richest.key, most - sum);
    return richest;
  }
}
