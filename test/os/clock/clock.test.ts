import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { monotonicNow } from '../../../src/os/clock/clock.js';

/** Generous: a thread may be put aside in the middle of a reading. */
const TOLERANCE_NS = 20e6;

test('every thread reads the machine’s clock on one time line', async (t) => {
  const clock = JSON.stringify(new URL('../../../src/os/clock/clock.js', import.meta.url).href);
  const source = `import(${clock}).then(({ monotonicNow }) =>
    require('node:worker_threads').parentPort.postMessage(monotonicNow() - Number(process.hrtime.bigint())));`;
  const workers = Array.from({ length: 4 }, () => new Worker(source, { eval: true }));
  const differences = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as number));
  for (const worker of workers) await worker.terminate();
  for (const difference of [...differences, monotonicNow() - Number(process.hrtime.bigint())]) {
    t.true(Math.abs(difference) < TOLERANCE_NS, String(difference));
  }
});

test('it never goes back', (t) => {
  let before = monotonicNow();
  for (let reading = 0; reading < 1000; reading += 1) {
    const now = monotonicNow();
    t.true(now >= before);
    before = now;
  }
});
