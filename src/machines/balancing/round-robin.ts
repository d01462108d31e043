import { type Asker, type Candidate, isOpen, type Scheduler } from './scheduler.js';

/** rr: one after the other, whatever their weights. */
export class RoundRobin<C extends Candidate> implements Scheduler<C> {
  #candidates: readonly C[] = [];
  #next = 0;

  update(candidates: readonly C[]): void {
    // The turn stays with whoever has it.
    const turn = this.#candidates[this.#next]?.key;
    const index = candidates.findIndex((candidate) => candidate.key === turn);
    this.#next = index === -1 ? 0 : index;
    this.#candidates = candidates;
  }

  pick(asker: Asker): C | null {
    const count = this.#candidates.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#next + step) % count;
      const candidate = this.#candidates[index];
      if (candidate === undefined || !isOpen(candidate, asker)) continue;
      this.#next = (index + 1) % count;
      return candidate;
    }
    return null;
  }
}
