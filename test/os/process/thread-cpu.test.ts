import test from 'ava';
import { threadCpuMs } from '../../../src/os/process/thread-cpu.js';

test('work counts, waiting does not', (t) => {
  const before = threadCpuMs();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  const waited = threadCpuMs() - before;
  let turns = 0;
  while (threadCpuMs() - before < waited + 20) turns += 1;
  t.true(turns > 0);
  t.true(waited < 50);
});
