/**
 * The end of a process that waits for no thread. Node's own exit waits for each to end, and one that hangs in a system call, such as
 * a read from a file server that does not answer, never does. The kernel ends it with the process all the same.
 */
import { libc } from '../kernel/libc.js';

const exitNow: (code: number) => void = libc.func('void _exit(int status)');

/** From now on the process ends as soon as its `exit` listeners have run: call this when all of them are there. */
export function leaveThreadsAtExit(): void {
  process.on('exit', (code) => exitNow(code));
}
