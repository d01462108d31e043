import { fnvHash } from '../../../model/hash.js';
import type { TargetKey } from '../../../model/states.js';

/**
 * The shard of a target, by rendezvous hashing: when the number of shards changes from n to n+1, only one target in n+1
 * moves, and it moves to the new shard.
 */
export function shardOf(key: TargetKey, shards: number): number {
  let best = 0;
  let bestScore = -1;
  for (let shard = 0; shard < shards; shard += 1) {
    const score = fnvHash(key, Math.imul(shard + 1, GOLDEN));
    if (score > bestScore) {
      best = shard;
      bestScore = score;
    }
  }
  return best;
}

/** Spreads small numbers over all bits: 2^32 divided by the golden ratio. */
const GOLDEN = 0x9e3779b1;
