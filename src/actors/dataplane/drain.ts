/** While destinations drain, counts their connections about once a second and tells each count. */

import type { Counts, Driver } from '../../dataplane/driver.js';
import { NS_PER_S } from '../../model/units.js';
import type { Draining } from './desired.js';
import type { ReconcilerContext } from './reconcile/context.js';
import type { Reconciler } from './reconcile/reconciler.js';

const COUNT_INTERVAL_NS = NS_PER_S;

export type DrainWatch = {
  /** Something may drain now that did not before. */
  readonly look: () => void;
  readonly stop: () => void;
};

export function watchDrains(
  writer: Reconciler,
  driver: Driver,
  context: Pick<ReconcilerContext, 'after' | 'log'>,
  tell: (draining: Draining, left: number) => void,
): DrainWatch {
  let cancel: (() => void) | null = null;
  let stopped = false;
  /** What was not found when it was counted last. */
  let missed: ReadonlySet<string> = new Set();

  async function count(): Promise<void> {
    // Before weight 0 is written, new connections may still come.
    const draining = writer.desired.draining.filter((one) => writer.isClosed(one.key, one.destination));
    if (draining.length === 0) return;
    const counts = await writer.ask(() => driver.counts([...new Set(draining.map((one) => one.key))]));
    // What was told anew meanwhile may have been enabled in between, and have connections since.
    const still = new Set(writer.desired.draining);
    const missing = new Set<string>();
    for (const one of draining.filter((each) => still.has(each))) {
      const text = `${one.key} ${one.destination}`;
      const left = leftOf(one, counts);
      if (left === null) missing.add(text);
      // A table that changes while it is read may hide one: it is gone when it is missed twice.
      if (left !== null || missed.has(text)) tell(one, left ?? 0);
    }
    missed = missing;
  }

  function look(): void {
    if (cancel !== null || stopped || writer.desired.draining.length === 0) return;
    cancel = context.after(COUNT_INTERVAL_NS, () => {
      count()
        .catch((error: unknown) => context.log.warn({}, `connections cannot be counted: ${String(error)}`))
        .finally(() => {
          cancel = null;
          look();
        });
    });
  }
  return {
    look,
    stop: () => {
      stopped = true;
      cancel?.();
    },
  };
}

/** UDP has no connections that are established: the kernel calls its sessions inactive as long as they last. */
function leftOf({ key, destination, protocol }: Draining, counts: Counts): number | null {
  const counted = counts.get(key)?.get(destination);
  if (counted === undefined) return null;
  return protocol === 'udp' ? counted.active + counted.inactive : counted.active;
}
