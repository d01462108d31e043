/** Services removed per round, as in Seesaw: a configuration that lost most of its services by mistake takes time to do harm. */

import type { ServiceKey } from '../../../model/dataplane/table.js';
import { NS_PER_S } from '../../../model/units.js';
import type { ReconcilerContext } from './context.js';

/** A round: time enough for an operator's alarm between two of them, and 100 services still go in seconds. */
const ROUND_NS = NS_PER_S;

export class RemovalLimit {
  readonly #context: ReconcilerContext;
  readonly #again: (keys: readonly ServiceKey[]) => void;
  readonly #waiting = new Set<ServiceKey>();
  #removedInRound = 0;
  #cancel: (() => void) | null = null;

  constructor(context: ReconcilerContext, again: (keys: readonly ServiceKey[]) => void) {
    this.#context = context;
    this.#again = again;
  }

  /** How many may still go in this round; null = no limit. */
  left(maxRemovals: number | null): number | null {
    return maxRemovals === null ? null : Math.max(0, maxRemovals - this.#removedInRound);
  }

  removed(): void {
    this.#removedInRound += 1;
    this.#startRound();
  }

  /** Whether this service waits to be removed. */
  waits(key: ServiceKey): boolean {
    return this.#waiting.has(key);
  }

  /** These wait for the next round. */
  defer(keys: readonly ServiceKey[]): void {
    if (keys.length === 0) return;
    for (const key of keys) this.#waiting.add(key);
    this.#startRound();
    const why = `${this.#waiting.size} services wait to be removed: no more than the limit per round (dataplane.max_removals)`;
    this.#context.event({ type: 'dataplane', op: 'removal-limited', what: `${this.#waiting.size} services`, why });
    this.#context.log.warn({ waiting: this.#waiting.size }, why);
  }

  stop(): void {
    this.#cancel?.();
  }

  #startRound(): void {
    this.#cancel ??= this.#context.after(ROUND_NS, () => {
      this.#cancel = null;
      this.#removedInRound = 0;
      const keys = [...this.#waiting];
      this.#waiting.clear();
      this.#again(keys);
    });
  }
}
