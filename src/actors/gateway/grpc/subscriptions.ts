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
import { ToldInTurns } from '../../../workers/links/told-in-turns.js';

export type Take = (checkId: string, status: TargetStatus) => void;

/** One client's checks, by the client's own ids. */
export interface CheckSet {
  readonly size: number;
  /** What its checks send and expect. */
  readonly bytes: number;
  has(checkId: string): boolean;
  /** How much all others hold. */
  others(): { readonly size: number; readonly bytes: number };
  put(checks: readonly { readonly id: string; readonly spec: ProbeSpec }[]): void;
  remove(checkIds: readonly string[]): void;
  ids(): readonly string[];
  close(): void;
}

type Held = { readonly spec: ProbeSpec; readonly checkId: string; readonly bytes: number; readonly take: Take };

export class CheckSubscriptions {
  readonly #news: ToldInTurns<FromSubscriber>;
  /** By the id on the link: `set/check`. */
  readonly #held = new Map<string, Held>();
  readonly #following: { unsubscribe(): void }[];
  #sets = 0;
  #bytes = 0;

  constructor(link: Link<ToSubscriber, FromSubscriber>) {
    this.#news = new ToldInTurns((message) => link.out.next(message));
    this.#following = [
      link.in$.subscribe(({ statuses }) => {
        for (const { id, status } of statuses) {
          const held = this.#held.get(id);
          held?.take(held.checkId, status);
        }
      }),
      link.connected$.subscribe(() => {
        this.#news.forget();
        this.#news.tell({ kind: 'unsubscribe-all' });
        this.#subscribe(Array.from(this.#held, ([id, { spec }]) => ({ id, spec })));
      }),
    ];
  }

  /** All that are held. */
  specs(): readonly ProbeSpec[] {
    return Array.from(this.#held.values(), ({ spec }) => spec);
  }

  openSet(take: Take): CheckSet {
    this.#sets += 1;
    const prefix = `${this.#sets}/`;
    const own = new Set<string>();
    let ownBytes = 0;
    const hold = (id: string, held: Held | null): void => {
      const change = (held?.bytes ?? 0) - (this.#held.get(id)?.bytes ?? 0);
      this.#bytes += change;
      ownBytes += change;
      if (held === null) this.#held.delete(id);
      else this.#held.set(id, held);
    };
    const remove = (checkIds: readonly string[]): void => {
      const ids = checkIds.filter((checkId) => own.delete(checkId)).map((checkId) => prefix + checkId);
      for (const id of ids) hold(id, null);
      if (ids.length > 0) this.#news.tell({ kind: 'unsubscribe', ids });
    };
    return {
      get size() {
        return own.size;
      },
      get bytes() {
        return ownBytes;
      },
      has: (checkId) => own.has(checkId),
      others: () => ({ size: this.#held.size - own.size, bytes: this.#bytes - ownBytes }),
      put: (checks) => {
        for (const { id, spec } of checks) {
          own.add(id);
          hold(prefix + id, { spec, checkId: id, bytes: payloadBytes(spec), take });
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
    this.#news.forget();
    this.#news.tell({ kind: 'unsubscribe-all' });
  }

  #subscribe(all: readonly Subscription[]): void {
    for (let from = 0; from < all.length; from += MAX_SUBSCRIPTIONS_PER_MESSAGE) {
      const subscriptions = all.slice(from, from + MAX_SUBSCRIPTIONS_PER_MESSAGE);
      this.#news.tell({ kind: 'subscribe', subscriptions });
    }
  }
}

/** Of what a check sends and expects, which may be of any length; the rest is small. */
export const payloadBytes = ({ check }: ProbeSpec): number =>
  Object.values(check).reduce<number>((sum, value: unknown) => sum + lengthOf(value), 0);

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => sum + key.length + lengthOf(inner), 0);
}
