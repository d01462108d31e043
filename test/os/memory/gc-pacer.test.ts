import { once } from 'node:events';
import { getHeapSpaceStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { ns } from '../../../src/model/units.js';
import { GcPacer } from '../../../src/os/memory/gc-pacer.js';

const KB = 1024;
const MB = 1024 * KB;
const SLOTS = 800;

const young = () => {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return { usedBytes: space?.space_used_size ?? 0, roomBytes: space?.space_available_size ?? 0 };
};

/** Makes garbage until the young generation has little more room than this. */
function gatherUntil(roomBytes: number): void {
  const kept: unknown[] = [null];
  while (young().roomBytes > roomBytes + 2 * 8 * SLOTS) kept[0] = new Array(SLOTS).fill(0);
}

test.serial('where little room is left it is collected', (t) => {
  const tidying = new GcPacer(256 * KB);
  tidying.collect();
  gatherUntil(200 * KB);
  const before = young().usedBytes;
  tidying.tidy(ns(0));
  t.true(young().usedBytes < before, `${before} bytes, then ${young().usedBytes}`);
});

test.serial('where there is room it is left alone', (t) => {
  const tidying = new GcPacer(256 * KB);
  tidying.collect();
  gatherUntil(300 * KB);
  const before = young().usedBytes;
  tidying.tidy(ns(0));
  t.true(young().usedBytes >= before, `${before} bytes, then ${young().usedBytes}`);
});

test.serial('the garbage that keeps the thread busy never makes V8 collect by itself', (t) => {
  const tidying = new GcPacer(256 * KB);
  tidying.tidy(ns(0));
  tidying.collect();
  gatherUntil(600 * KB);
  // A second's worth, for which there is no room: all of it made, V8 would collect in the middle and half would be left.
  tidying.tidy(ns(1e9));
  t.true(young().usedBytes < 300 * KB, `${young().usedBytes} bytes`);
});

test('a young generation that was grown has all the room that its thread may have, a third of the limit', async (t) => {
  const tidying = new URL('../../../src/os/memory/gc-pacer.js', import.meta.url);
  const program = `
    import(${JSON.stringify(tidying.href)}).then(({ GcPacer }) => {
      new GcPacer().grow();
      new GcPacer().collect();
      const { getHeapSpaceStatistics } = require('node:v8');
      const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
      require('node:worker_threads').parentPort.postMessage(space.space_used_size + space.space_available_size);
    });`;
  const worker = new Worker(program, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: 24 } });
  const [bytes] = (await once(worker, 'message')) as [number];
  t.true(bytes > 7.5 * MB && bytes <= 8 * MB, `${bytes} bytes`);
});
