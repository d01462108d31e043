/** When, and by whom, V8 compiles the code of threads that has become hot. It takes some milliseconds, and each function once. */
import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'node:worker_threads';

const SHARED = 'concurrent-recompilation';
/** Whoever waits for the work in which code became hot has had it by then. */
const LATER_MS = 5;

/**
 * A thread whose code V8 compiles in the thread itself. V8 hands it to threads of its own, which have no rights, and even handing
 * it over may take long: before glibc 2.41 pthread_cond_signal waits for those that were woken before and did not run yet. On
 * a busy machine a real-time thread was seen to wait 36 ms for them.
 *
 * V8 decides it when it makes the thread's isolate, by a flag of the whole process: other threads that are made at the same time
 * compile for themselves too, no more.
 */
export function withOwnCompiler(start: () => Worker): Worker {
  setFlagsFromString(`--no-${SHARED}`);
  const share = () => setFlagsFromString(`--${SHARED}`);
  try {
    const worker = start();
    // Once: when it ends, another one may be about to be made.
    const made = () => {
      worker.off('online', made).off('exit', made);
      share();
    };
    return worker.on('online', made).on('exit', made);
  } catch (error) {
    share();
    throw error;
  }
}

/**
 * V8's threads compile for the threads that are made from now on, in the whole process, a moment after they were asked to. They are
 * asked in the middle of work, such as that of taking a dead backend out; where no processor is free they would come before the
 * thread that goes on with it (in a guest with one processor, a decision in forty took 2 to 4 ms instead of 1). Node.js 24 takes the
 * flag from its command line alone, and is asked in vain here.
 */
export const compileLater = (): void => setFlagsFromString(`--concurrent-recompilation-delay=${LATER_MS}`);
