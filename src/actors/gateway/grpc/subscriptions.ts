/** Checks for many clients over one link to the engine: each client's own set, told again when the engine is replaced. */

import type { Link } from '../../../model/link.js';
import type { ProbeSpec } from '../../../model/probe.js';
import {
  type FromSubscriber,
  MAX_SUBSCRIPTIONS_PER_MESSAGE,
  type Subscription,
  type ToSubscriber,
} from '../../../wire/links/subscriptions.js';
import type { TargetStatus } from '../../../wire/links/targets.js';

export type Take = (checkId: string, status: TargetStatus) => void;

/** One client's checks, by the client's own ids. */
export interface CheckSet {
  readonly size: number;
  has(checkId: string): boolean;
  put(checks: readonly { readonly id: string; readonly spec: ProbeSpec }[]): void;
  remove(checkIds: readonly string[]): void;
  ids(): readonly string[];
  close(): void;
}

type Held = { readonly spec: ProbeSpec; readonly checkId: string; readonly take: Take };

export class CheckSubscriptions {
  readonly #link: Link<ToSubscriber, FromSubscriber>;
  /** By the id on the link: `set/check`. */
  readonly #held = new Map<string, Held>();
  readonly #following: { unsubscribe(): void }[];
  #sets = 0;

  constructor(link: Link<ToSubscriber, FromSubscriber>) {
    this.#link = link;
    this.#following = [
      link.in$.subscribe(({ statuses }) => {
        for (const { id, status } of statuses) {
          const held = this.#held.get(id);
          held?.take(held.checkId, status);
        }
      }),
      link.connected$.subscribe(() => {
        link.out.next({ kind: 'unsubscribe-all' });
        this.#subscribe(Array.from(this.#held, ([id, { spec }]) => ({ id, spec })));
      }),
    ];
  }

  openSet(take: Take): CheckSet {
    this.#sets += 1;
    const prefix = `${this.#sets}/`;
    const own = new Set<string>();
    const remove = (checkIds: readonly string[]): void => {
      const ids = checkIds.filter((checkId) => own.delete(checkId)).map((checkId) => prefix + checkId);
      for (const id of ids) this.#held.delete(id);
      if (ids.length > 0) this.#link.out.next({ kind: 'unsubscribe', ids });
    };
    return {
      get size() {
        return own.size;
      },
      has: (checkId) => own.has(checkId),
      put: (checks) => {
        for (const { id, spec } of checks) {
          own.add(id);
          this.#held.set(prefix + id, { spec, checkId: id, take });
        }
        this.#subscribe(checks.map(({ id, spec }) => ({ id: prefix + id, spec })));
      },
      remove,
      ids: () => [...own],
      close: () => remove([...own]),
    };
  }

  close(): void {
    for (const subscription of this.#following) subscription.unsubscribe();
    this.#link.out.next({ kind: 'unsubscribe-all' });
  }

  #subscribe(all: readonly Subscription[]): void {
    for (let from = 0; from < all.length; from += MAX_SUBSCRIPTIONS_PER_MESSAGE) {
      const subscriptions = all.slice(from, from + MAX_SUBSCRIPTIONS_PER_MESSAGE);
      this.#link.out.next({ kind: 'subscribe', subscriptions });
    }
  }
}
