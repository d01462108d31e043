/**
 * A thread whose hot code V8 compiles in the thread itself. V8 hands it to threads of its own, which have no rights, and even handing
 * it over may take long: before glibc 2.41 pthread_cond_signal waits for those that were woken before and did not run yet. On
 * a busy machine a real-time thread was seen to wait 36 ms for them. Compiling takes some milliseconds, and only hot code.
 */
import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'node:worker_threads';

const SHARED = 'concurrent-recompilation';

/**
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
