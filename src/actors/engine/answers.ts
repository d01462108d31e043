/**
 * Tells the data plane up to when of each shard the engine has heard, as soon as all that follows from it has been told: what the
 * shard told the data plane itself by then is answered.
 */

import type { Nanoseconds } from '../../model/units.js';
import type { ToDataplane } from '../../wire/links/tables.js';

export type AnswersOptions = {
  readonly send: (message: ToDataplane) => void;
  /** The table has been told, and no decision waits. */
  readonly isSettled: () => boolean;
};

export class Answers {
  readonly #options: AnswersOptions;
  readonly #heard = new Map<string, Nanoseconds>();
  readonly #owed = new Set<string>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** A shard has told everything up to this time. */
  owe(shard: string, until: Nanoseconds): void {
    this.#heard.set(shard, until);
    this.#owed.add(shard);
    this.settle();
  }

  /** To a data plane that is new. */
  oweAll(): void {
    for (const shard of this.#heard.keys()) this.#owed.add(shard);
    this.settle();
  }

  /** Something was decided. */
  settle(): void {
    if (this.#owed.size === 0 || !this.#options.isSettled()) return;
    for (const shard of this.#owed) {
      const until = this.#heard.get(shard);
      if (until !== undefined) this.#options.send({ kind: 'heard', shard, until });
    }
    this.#owed.clear();
  }
}
