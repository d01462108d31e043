import { type Asker, type Candidate, isOpen, type Scheduler } from './scheduler.js';

/**
 * lc: whoever has the fewest running connections; wlc: the fewest for its weight. Among equals, whoever was given the least
 * so far (for its weight), so that short connections spread too.
 */
export class LeastConnections<C extends Candidate> implements Scheduler<C> {
  readonly #weighted: boolean;
  #candidates: readonly C[] = [];
  /** What each was given so far, divided by its weight. */
  #given = new Map<string, number>();

  constructor({ weighted }: { readonly weighted: boolean }) {
    this.#weighted = weighted;
  }

  update(candidates: readonly C[]): void {
    const kept = candidates.flatMap(({ key }) => this.#given.get(key) ?? []);
    // A newcomer starts level with the others: it does not owe, nor is it owed, the past.
    const level = kept.reduce((least, given) => Math.min(least, given), kept[0] ?? 0);
    this.#given = new Map(candidates.map(({ key }) => [key, (this.#given.get(key) ?? level) - level]));
    this.#candidates = candidates;
  }

  pick(asker: Asker): C | null {
    let best: C | null = null;
    let bestLoad = 0;
    let bestGiven = 0;
    for (const candidate of this.#candidates) {
      if (!isOpen(candidate, asker)) continue;
      const load = candidate.connections / this.#weight(candidate);
      const given = this.#given.get(candidate.key) ?? 0;
      if (best !== null && (load > bestLoad || (load === bestLoad && given >= bestGiven))) continue;
      best = candidate;
      bestLoad = load;
      bestGiven = given;
    }
    if (best !== null) this.#given.set(best.key, bestGiven + 1 / this.#weight(best));
    return best;
  }

  #weight(candidate: C): number {
    return this.#weighted ? candidate.weight : 1;
  }
}
