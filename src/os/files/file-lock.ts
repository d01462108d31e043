/** flock(2): a lock on an open file that goes with its descriptor, however the holder ends. */
import { libc } from '../kernel/libc.js';

const flock = libc.func('int flock(int fd, int operation)');

const LOCK_EX = 2;
const LOCK_NB = 4;

/** False while another open file holds it, in this process or in any other. */
export const tryLockFile = (fd: number): boolean => flock(fd, LOCK_EX | LOCK_NB) === 0;
