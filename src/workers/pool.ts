import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { describe, portsOf, resourceLimitsOf, type Thread, type ThreadInit, type ThreadLimits } from './thread.js';

/** More shards than any machine has use for: the pool must never queue a shard behind another. */
const MAX_THREADS = 256;

/** Threads for long-lived tasks: each monitor shard is one task that ends when the shard is stopped. */
export type Pool = {
  launch(init: ThreadInit): Thread;
  destroy(): Promise<void>;
};

export function createPool(limits: ThreadLimits): Pool {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./pool-thread.js', import.meta.url)),
    minThreads: 0,
    maxThreads: MAX_THREADS,
    // The default waits on a cell between tasks, which freezes the thread's event loop.
    atomics: 'disabled',
    resourceLimits: resourceLimitsOf(limits),
  });
  // A thread that dies of its own just after its task was aborted has nobody else to tell: unheard, it would end this thread.
  pool.on('error', () => {});
  return {
    launch(init) {
      const abort = new AbortController();
      const task: Promise<void> = pool.run(init, { transferList: portsOf(init.host), signal: abort.signal });
      return {
        ended: task.then(() => 'exit code 0', describe),
        kill: () => abort.abort(),
      };
    },
    destroy: () => pool.destroy(),
  };
}
