import test from 'ava';
import type { VrrpInstance } from '../../../src/actors/vrrp/instance.js';
import { PreciseClock } from '../../../src/net/precise-clock.js';
import { ReceiveRing } from '../../../src/net/receive-ring.js';
import { testInstance } from '../../support/vrrp-config.js';
import { createLoopRig } from '../../support/vrrp-loop-rig.js';

const INTERVAL_MS = 40;
const ADVERTS = 12;

test('what may have to wait for others is begun in the first half of the time between two adverts', (t) => {
  const clock = new PreciseClock();
  const leftMs: number[] = [];
  const live: { instance?: VrrpInstance } = {};
  const poll = () => {
    const { instance } = live;
    // The first adverts show what is usual between two.
    if (instance?.router.isMaster && instance.counts.sent > 3)
      leftMs.push((instance.router.deadlineNs - clock.now()) / 1e6);
    return false;
  };
  using rig = createLoopRig(testInstance({ dialect: 'seesaw', intervalMs: INTERVAL_MS }), { clock, poll });
  live.instance = rig.instance;
  const far = new ReceiveRing(clock);
  while (rig.instance.counts.sent < ADVERTS) {
    rig.loop.turn();
    far.receive(rig.wire);
  }
  t.true(leftMs.length >= 5, `${leftMs.length} polls`);
  // Not all: whoever tests may be held up between the loop's look at the clock and this one.
  const early = leftMs.filter((left) => left > 0.45 * INTERVAL_MS);
  t.true(early.length > 0.8 * leftMs.length, leftMs.map((left) => left.toFixed(1)).join(' '));
});
