/** Rendezvous hashing: a service keeps its thread unless that thread goes, and only a fair share moves to a new one. */
import { hash32 } from '../../../machines/balancing/hash.js';

/** Null where there is none to pick. The order of `threads` does not matter. */
export function threadOf(key: string, threads: Iterable<string>): string | null {
  let best: string | null = null;
  let bestScore = -1;
  for (const thread of threads) {
    const score = hash32(`${thread}\n${key}`, 0);
    if (score > bestScore || (score === bestScore && best !== null && thread < best)) {
      best = thread;
      bestScore = score;
    }
  }
  return best;
}
