import { getHeapSpaceStatistics } from 'node:v8';
import test from 'ava';
import { Tidying } from '../../src/net/tidying.js';

const KB = 1024;
const SLOTS = 800;

/** Of the young generation, which only a collection makes less. */
const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_used_size ?? 0;

function gather(bytes: number): void {
  const kept: unknown[] = [null];
  for (let count = 0; count < bytes / (8 * SLOTS); count += 1) kept[0] = new Array(SLOTS).fill(count);
}

test.serial('where much has gathered it is collected', (t) => {
  const tidying = new Tidying(256 * KB);
  tidying.collect();
  gather(400 * KB);
  const before = youngBytes();
  tidying.tidy();
  t.true(youngBytes() < before, `${before} bytes, then ${youngBytes()}`);
});

test.serial('where little has gathered it is left alone', (t) => {
  const tidying = new Tidying(256 * KB);
  tidying.collect();
  gather(50 * KB);
  const before = youngBytes();
  tidying.tidy();
  t.true(youngBytes() >= before, `${before} bytes, then ${youngBytes()}`);
});
