import { hash32 } from './hash.js';
import { type Asker, type Candidate, isFull, isOpen, type Scheduler } from './scheduler.js';

/**
 * sh: a client's address decides. Weighted rendezvous hashing: each destination gets a share of the clients that is exactly its
 * part of the weights, and a change moves only the clients that it must. Looks at every destination at each pick; mh does not.
 */
export class SourceHash<C extends Candidate> implements Scheduler<C> {
  readonly #fallback: boolean;
  #candidates: readonly C[] = [];

  constructor({ fallback }: { readonly fallback: boolean }) {
    this.#fallback = fallback;
  }

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
  }

  pick(asker: Asker): C | null {
    const client = hash32(asker.client, 0);
    let best: C | null = null;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const candidate of this.#candidates) {
      if (this.#fallback ? !isOpen(candidate, asker) : candidate.weight === 0 || asker.tried.has(candidate.key))
        continue;
      // Uniform in (0, 1); weight / -ln of it is the larger the likelier, in proportion to the weight.
      const uniform = (hash32(candidate.key, client) + 0.5) / 2 ** 32;
      const score = candidate.weight / -Math.log(uniform);
      if (score > bestScore) {
        best = candidate;
        bestScore = score;
      }
    }
    return best !== null && isFull(best) ? null : best;
  }
}
