/** On which processors a thread may run (sched_setaffinity(2)). */
import { check, libc } from '../kernel/libc.js';

const schedGetaffinity = libc.func('int sched_getaffinity(int tid, size_t bytes, uint8_t *mask)');
const schedSetaffinity = libc.func('int sched_setaffinity(int tid, size_t bytes, const uint8_t *mask)');

/** For 8192 processors, as many as Linux knows. */
const MASK_BYTES = 1024;

/** Those of a thread, in order; 0: of the calling one. Throws SyscallError where there is no such thread. */
export function allowedProcessors(thread = 0): readonly number[] {
  const mask = new Uint8Array(MASK_BYTES);
  check('sched_getaffinity', schedGetaffinity(thread, mask.length, mask));
  const allowed: number[] = [];
  for (let number = 0; number < 8 * MASK_BYTES; number += 1) {
    if ((((mask[number >> 3] as number) >> (number & 7)) & 1) === 1) allowed.push(number);
  }
  return allowed;
}

/** The calling thread runs on this one alone from now on. */
export function bindToProcessor(number: number): void {
  const mask = new Uint8Array(MASK_BYTES);
  mask[number >> 3] = 1 << (number & 7);
  check('sched_setaffinity', schedSetaffinity(0, mask.length, mask));
}
