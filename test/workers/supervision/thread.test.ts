import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
  // As one that opens a file of a server that does not answer.
  const hanging = new Worker(`require('node:fs').openSync(${JSON.stringify(pipe)});`, { eval: true });
  const gone = once(hanging, 'exit');
  t.teardown(async () => {
    hanging.ref();
    closeSync(openSync(pipe, constants.O_RDWR));
    await gone;
    rmSync(directory, { recursive: true, force: true });
  });
  const begin = "require('node:worker_threads').parentPort.postMessage('now');";
  const looping = new Worker(`${begin} for (;;);`, { eval: true });
  await once(looping, 'message');
  while (!someThreadOpensPipe()) await sleep(10);
  const threads = [hanging, looping].map(threadOf);
  for (const thread of threads) thread.kill();
  const [left, ended] = await Promise.all(threads.map(({ ended }) => ended));
  t.deepEqual(left, { why: 'its thread hangs in a system call, and was left behind', left: true });
  t.deepEqual(ended, { why: 'exit code 1', left: false });
});

/** Of this process, and waits for who writes to it. */
const someThreadOpensPipe = (): boolean =>
  readdirSync('/proc/self/task').some((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/wchan`, 'utf8') === 'wait_for_partner';
    } catch {
      return false; // It ended meanwhile.
    }
  });
