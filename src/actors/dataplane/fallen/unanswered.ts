/**
 * Targets that have fallen and of which the engine has not taken note. It decides what follows; only what it leaves unanswered for
 * long, because it is frozen, gone or busy, counts as fallen here too.
 */

import type { TargetKey } from '../../../model/states.js';
import { type Nanoseconds, NS_PER_MS } from '../../../model/units.js';
import type { FromShard } from '../../../wire/links/fallen.js';
import type { After } from '../timers.js';

/** The engine answers within a millisecond, and within some ten where a service is large. */
const PATIENCE_NS = 50 * NS_PER_MS;

type Fall = Pick<FromShard, 'keys' | 'at'> & { readonly shard: string; overdue: boolean };

export class Unanswered {
  readonly #after: After;
  readonly #onOverdue: (keys: ReadonlySet<TargetKey>) => void;
  /** Up to when the engine has taken note of what each shard told. */
  readonly #answered = new Map<string, Nanoseconds>();
  #falls: Fall[] = [];
  #cancel: (() => void) | null = null;

  /** `onOverdue` is told all of them, each time that they are others. */
  constructor(after: After, onOverdue: (keys: ReadonlySet<TargetKey>) => void) {
    this.#after = after;
    this.#onOverdue = onOverdue;
  }

  hear(shard: string, { keys, at }: FromShard): void {
    // There is no order across links: the engine may have been quicker.
    if (at <= (this.#answered.get(shard) ?? 0)) return;
    this.#falls.push({ shard, keys, at, overdue: false });
    this.#cancel ??= this.#after(PATIENCE_NS, () => this.#loseTrust());
  }

  /** What the engine has told since follows from all that this shard had told by then. */
  answer(shard: string, until: Nanoseconds): void {
    if (until <= (this.#answered.get(shard) ?? 0)) return;
    this.#answered.set(shard, until);
    this.#drop((fall) => fall.shard === shard && fall.at <= until);
  }

  /** There are no other shards any more: their targets are watched by these. */
  keep(shards: ReadonlySet<string>): void {
    this.#drop((fall) => !shards.has(fall.shard));
  }

  stop(): void {
    this.#cancel?.();
  }

  #drop(isOver: (fall: Fall) => boolean): void {
    const over = this.#falls.filter(isOver);
    if (over.length === 0) return;
    this.#falls = this.#falls.filter((fall) => !isOver(fall));
    if (this.#falls.every(({ overdue }) => overdue)) {
      this.#cancel?.();
      this.#cancel = null;
    }
    if (over.some(({ overdue }) => overdue)) this.#tell();
  }

  #loseTrust(): void {
    this.#cancel = null;
    for (const fall of this.#falls) fall.overdue = true;
    this.#tell();
  }

  #tell(): void {
    this.#onOverdue(new Set(this.#falls.flatMap(({ keys, overdue }) => (overdue ? keys : []))));
  }
}
