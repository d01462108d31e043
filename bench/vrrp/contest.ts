/** Every sender under every load, one after the other, each on a wire of its own. */
import type { Load } from './load.js';
import type { SenderName } from './senders.js';
import { createWire, type Wire } from './wire.js';

export type ContestOptions = {
  readonly loads?: readonly Load[];
  readonly senders?: readonly SenderName[];
  /** A few adverts or rounds of each, to see that it works. @default false */
  readonly quick?: boolean;
};

export async function contest<Result>(
  loads: readonly Load[],
  senders: readonly SenderName[],
  measure: (wire: Wire, sender: SenderName, load: Load) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const load of loads) {
    for (const sender of senders) {
      await using wire = await createWire();
      results.push(await measure(wire, sender, load));
    }
  }
  return results;
}
