import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { threadEntry } from '../../model/package.js';
import { HANGS_AFTER_MS, killedThreads } from './killed-threads.js';
import {
  describe,
  portsOf,
  resourceLimitsOf,
  type Thread,
  type ThreadEnd,
  type ThreadInit,
  type ThreadLimits,
} from './thread.js';

/** More shards than any machine has use for: the pool must never queue a shard behind another. */
const MAX_THREADS = 256;

/** What a pooled thread is told to do. */
export type PoolTask =
  | { readonly task: 'actor'; readonly init: ThreadInit }
  /** It loads what these kinds need, and takes its `ThreadInit` from the port. */
  | { readonly task: 'spare'; readonly kinds: readonly string[]; readonly port: MessagePort };

/** Threads for long-lived tasks: each monitor shard is one task that ends when the shard is stopped. */
export type Pool = {
  /** In the spare thread, where there is one. */
  launch(init: ThreadInit): Thread;
  /** The spare thread becomes this actor; null = there is none. */
  replace(init: ThreadInit): Thread | null;
  /** Keeps one thread ready that has loaded what these kinds need; none where there are none. */
  keepSpare(kinds: readonly string[]): void;
  destroy(): Promise<void>;
};

export function createPool(limits: ThreadLimits): Pool {
  const pool = new Piscina({
    filename: fileURLToPath(threadEntry('pooled-actor')),
    minThreads: 0,
    maxThreads: MAX_THREADS,
    // The default waits on a cell between tasks, which freezes the thread's event loop.
    atomics: 'disabled',
    resourceLimits: resourceLimitsOf(limits),
  });
  // A thread that dies of its own just after its task was aborted has nobody else to tell: unheard, it would end this thread.
  pool.on('error', () => {});
  function start(task: PoolTask, transferList: Transferable[]): Thread {
    const abort = new AbortController();
    const running: Promise<void> = pool.run(task, { transferList, signal: abort.signal });
    let left: Promise<unknown> = Promise.resolve();
    // Whether a thread that was killed hangs is not known yet: whoever replaces it waits only while too many have not ended.
    const end = async (why: string): Promise<ThreadEnd> => left.then(() => ({ why, left: false }));
    return {
      ended: running.then(
        () => end('exit code 0'),
        (error: unknown) => end(describe(error)),
      ),
      kill: () => {
        const killed = new Set(pool.threads);
        abort.abort();
        for (const worker of pool.threads) killed.delete(worker);
        left = Promise.all([...killed].map((worker) => killedThreads.leave(worker, 0)));
      },
    };
  }

  let spare: { readonly thread: Thread; readonly port: MessagePort } | null = null;
  function replace(init: ThreadInit): Thread | null {
    if (spare === null) return null;
    const { thread, port } = spare;
    spare = null;
    port.postMessage(init, portsOf(init.host));
    return thread;
  }

  function keepSpare(kinds: readonly string[]): void {
    if (kinds.length === 0) {
      spare?.thread.kill();
      spare = null;
      return;
    }
    if (spare !== null) return;
    const { port1, port2 } = new MessageChannel();
    const thread = start({ task: 'spare', kinds, port: port2 }, [port2]);
    const mine = { thread, port: port1 };
    spare = mine;
    void thread.ended.then(() => {
      port1.close();
      if (spare === mine) spare = null;
    });
  }

  return {
    launch: (init) => replace(init) ?? start({ task: 'actor', init }, portsOf(init.host)),
    replace,
    keepSpare,
    async destroy() {
      let patience: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        patience = setTimeout(resolve, HANGS_AFTER_MS);
      });
      await Promise.race([pool.destroy(), enough]);
      clearTimeout(patience);
    },
  };
}
