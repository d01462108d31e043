import type { Fault } from '../../wire/links/control.js';

/** Does to this thread what a bug would. */
export function commitFault(fault: Fault): void {
  switch (fault) {
    case 'crash':
      throw new Error('drill: crash');
    case 'freeze':
      for (;;);
    case 'out-of-memory': {
      const hoard: number[][] = [];
      for (;;) hoard.push(new Array<number>(1e6).fill(hoard.length));
    }
    default:
      fault satisfies never;
  }
}
