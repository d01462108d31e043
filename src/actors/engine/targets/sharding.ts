import type { TargetKey } from '../../../model/states.js';

/**
 * The shard of a target, by rendezvous hashing: when the number of shards changes from n to n+1, only one target in n+1
 * moves, and it moves to the new shard.
 */
export function shardOf(key: TargetKey, shards: number): number {
  let best = 0;
  let bestScore = -1;
  for (let shard = 0; shard < shards; shard += 1) {
    const score = mix(key, shard);
    if (score > bestScore) {
      best = shard;
      bestScore = score;
    }
  }
  return best;
}

/** FNV-1a over the key, seeded with the shard, then finished so that every bit counts (as in MurmurHash3). */
function mix(key: string, shard: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(shard + 1, 0x9e3779b1);
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
