/**
 * Gives freed memory back to the system. glibc keeps what a burst took in one of a dozen arenas, in each as much as it once
 * needed: of a configuration that was read and sent to every thread, some 20 MB.
 */
import { libc } from '../kernel/libc.js';

/** musl keeps next to nothing, and has no such function. */
function findTrim(): (keepBytes: number) => number {
  try {
    return libc.func('int malloc_trim(size_t pad)');
  } catch {
    return () => 0;
  }
}

const trim = findTrim();

/** For all threads of the process, which may wait for it where they allocate: 1 ms for 3 MB. Says whether there was any. */
export const trimHeap = (): boolean => trim(0) === 1;
