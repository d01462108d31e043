import { hash32 } from './hash.js';
import { type Asker, type Candidate, isFull, isOpen, type Scheduler } from './scheduler.js';

/** Prime, and more than 100 slots for each of 650 destinations: shares are then right to about 1 % (Maglev, NSDI 2016, 3.4). */
const SLOTS = 65537;
const EMPTY = 0xffff;
const OFFSET_SEED = 1;
const SKIP_SEED = 2;
const CLIENT_SEED = 3;

/**
 * mh: Maglev hashing. A client's address points into a table that is the same on every node with the same destinations, so
 * that clients keep their backend through a failover; and a change of the destinations moves few of the other clients.
 */
export class Maglev<C extends Candidate> implements Scheduler<C> {
  readonly #fallback: boolean;
  /** Those with weight, in the order of their keys: the table must not depend on the order in which they were told. */
  #candidates: readonly C[] = [];
  #layout = '';
  #table: Uint16Array | null = null;

  constructor({ fallback }: { readonly fallback: boolean }) {
    this.#fallback = fallback;
  }

  update(candidates: readonly C[]): void {
    this.#candidates = candidates
      .filter((candidate) => candidate.weight > 0)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, EMPTY);
    const layout = this.#candidates.map(({ key, weight }) => `${key} ${weight}`).join('\n');
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.#table = null;
  }

  pick(asker: Asker): C | null {
    if (this.#candidates.length === 0) return null;
    // Made when it is needed: changes often come in groups.
    this.#table ??= maglevTable(this.#candidates);
    const slot = hash32(asker.client, CLIENT_SEED) % SLOTS;
    const first = this.#candidates[this.#table[slot] ?? EMPTY];
    if (first !== undefined && isOpen(first, asker)) return first;
    if (!this.#candidates.some((candidate) => isOpen(candidate, asker))) return null;
    for (let step = 0; step < SLOTS; step++) {
      const candidate = this.#candidates[this.#table[(slot + step) % SLOTS] ?? EMPTY];
      if (candidate === undefined || asker.tried.has(candidate.key)) continue;
      if (isOpen(candidate, asker)) return candidate;
      if (isFull(candidate) && !this.#fallback) return null;
    }
    return null;
  }
}

/**
 * The index of a candidate for each slot. Each has its own order of preference over the slots; in turn each takes the free slot
 * that it likes best, and one with half the weight has half as many turns.
 */
function maglevTable(candidates: readonly Candidate[]): Uint16Array {
  const table = new Uint16Array(SLOTS).fill(EMPTY);
  const heaviest = candidates.reduce((most, { weight }) => Math.max(most, weight), 0);
  const turns = candidates.map(({ key, weight }) => ({
    next: hash32(key, OFFSET_SEED) % SLOTS,
    skip: (hash32(key, SKIP_SEED) % (SLOTS - 1)) + 1,
    share: weight / heaviest,
    due: 0,
  }));
  let free = SLOTS;
  while (free > 0) {
    for (const [index, turn] of turns.entries()) {
      turn.due += turn.share;
      if (turn.due < 1) continue;
      turn.due -= 1;
      while (table[turn.next] !== EMPTY) turn.next = (turn.next + turn.skip) % SLOTS;
      table[turn.next] = index;
      free -= 1;
      if (free === 0) break;
    }
  }
  return table;
}
