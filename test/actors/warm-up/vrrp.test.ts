import { readdirSync, readlinkSync } from 'node:fs';
import test from 'ava';
import type { Hedge } from '../../../src/actors/vrrp/hedge/first-thread.js';
import { warmUpHedge } from '../../../src/actors/warm-up/hedge.js';
import { warmUp } from '../../../src/actors/warm-up/vrrp.js';
import { PreciseClock } from '../../../src/os/clock/precise-clock.js';
import { tableOf } from '../../support/rigs/vrrp/loop-rig.js';

const clock = new PreciseClock();
const sockets = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith('socket:')).length;

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // That of the folder itself.
    return '';
  }
}

test.serial('the rehearsal of VRRP hands the second thread nothing, and leaves no socket behind', (t) => {
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
  const before = sockets();
  warmUp(parts);
  t.is(sockets(), before);
  t.deepEqual(opened, []);
});

test.serial('the rehearsal of the second thread leaves no socket behind', (t) => {
  const before = sockets();
  warmUpHedge(clock);
  t.is(sockets(), before);
});
