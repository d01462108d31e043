import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { threadOf } from '../../../src/workers/supervision/thread.js';

test('a killed thread that hangs in a system call is left behind; one that runs JavaScript ends', async (t) => {
  // A thread that is left behind keeps no process alive, and nothing else here does.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-thread-'));
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const begin = "require('node:worker_threads').parentPort.postMessage('now');";
  // As one that opens a file of a server that does not answer.
  const opens = `${begin} require('node:fs').openSync(${JSON.stringify(pipe)});`;
  const hanging = new Worker(opens, { eval: true });
  t.teardown(async () => {
    hanging.ref();
    const gone = once(hanging, 'exit');
    closeSync(openSync(pipe, constants.O_RDWR));
    await gone;
    rmSync(directory, { recursive: true, force: true });
  });
  const looping = new Worker(`${begin} for (;;);`, { eval: true });
  await Promise.all([once(hanging, 'message'), once(looping, 'message')]);
  const threads = [hanging, looping].map(threadOf);
  for (const thread of threads) thread.kill();
  const [left, gone] = await Promise.all(threads.map(({ ended }) => ended));
  t.deepEqual(left, { why: 'its thread hangs in a system call, and was left behind', left: true });
  t.deepEqual(gone, { why: 'exit code 1', left: false });
});
