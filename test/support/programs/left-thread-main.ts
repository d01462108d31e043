/** Kills a thread that hangs in opening the pipe that it is given, and one that runs JavaScript; prints what became of the two. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { leaveThreadsAtExit } from '../../../src/os/process/leave-threads.js';
import { threadOf } from '../../../src/workers/supervision/thread.js';
import { until } from '../until.js';

/** Where the kernel holds whoever opens one end of a pipe before the other is there (fs/pipe.c). */
function isHeld(task: string): boolean {
  try {
    return readFileSync(`/proc/self/task/${task}/wchan`, 'utf8') === 'wait_for_partner';
  } catch {
    return false; // It ended meanwhile.
  }
}

leaveThreadsAtExit();
// As one that opens a file of a server that does not answer.
const hanging = new Worker(`require('node:fs').openSync(${JSON.stringify(process.argv[2])});`, { eval: true });
const looping = new Worker("require('node:worker_threads').parentPort.postMessage('now'); for (;;);", { eval: true });
await once(looping, 'message');
await until(() => readdirSync('/proc/self/task').some(isHeld));
const threads = [hanging, looping].map(threadOf);
for (const thread of threads) thread.kill();
process.stdout.write(JSON.stringify(await Promise.all(threads.map(({ ended }) => ended))), () => process.exit());
