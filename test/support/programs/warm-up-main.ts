/**
 * `warm-up-main.js vrrp|hedge`: how many sockets this process has before a rehearsal and after it, and the cells that it opened for the
 * second thread, as JSON. A process of its own: others open and close sockets too.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import type { Hedge } from '../../../src/actors/vrrp/hedge/first-thread.js';
import { warmUpHedge } from '../../../src/actors/warm-up/hedge.js';
import { warmUp } from '../../../src/actors/warm-up/vrrp.js';
import { PreciseClock } from '../../../src/os/clock/precise-clock.js';
import { tableOf } from '../rigs/vrrp/loop-rig.js';

const clock = new PreciseClock();
const opened: string[] = [];
const hedge: Hedge = {
  text: 'the real one',
  open() {
    opened.push('a cell');
    return null;
  },
};
const parts = {
  clock,
  hedge,
  tableOf,
  realtime: { features: [], refused: [], text: 'none', spin: { leastNs: 20_000, mostNs: 20_000 } },
  tidying: { tidy() {} },
};

const sockets = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith('socket:')).length;

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // That of the folder itself.
    return '';
  }
}

const before = sockets();
if (process.argv[2] === 'vrrp') warmUp(parts);
else warmUpHedge(clock);
console.log(JSON.stringify({ before, after: sockets(), opened }));
