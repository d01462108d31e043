import test from 'ava';
import { shardOf } from '../../../../src/actors/engine/targets/sharding.js';

const keys = Array.from({ length: 20_000 }, (_, index) => `key-${index}`);

test('targets are spread evenly', (t) => {
  for (const shards of [1, 2, 3, 8]) {
    const sizes = new Array<number>(shards).fill(0);
    for (const key of keys) {
      const shard = shardOf(key, shards);
      sizes[shard] = (sizes[shard] ?? 0) + 1;
    }
    for (const size of sizes) t.true(Math.abs(size - keys.length / shards) < (keys.length / shards) * 0.05, `${sizes}`);
  }
});

test('a new shard takes its part from the others, and nothing else moves', (t) => {
  for (const shards of [1, 2, 3, 7]) {
    let moved = 0;
    for (const key of keys) {
      const before = shardOf(key, shards);
      const after = shardOf(key, shards + 1);
      if (before === after) continue;
      t.is(after, shards);
      moved += 1;
    }
    t.true(Math.abs(moved - keys.length / (shards + 1)) < keys.length * 0.02);
  }
});
