import test from 'ava';
import type { VrrpInstance } from '../../../src/actors/vrrp/instance/instance.js';
import { PreciseClock } from '../../../src/os/clock/precise-clock.js';
import { ReceiveRing } from '../../../src/os/packets/receive-ring.js';
import { testInstance } from '../../support/fixtures/vrrp-config.js';
import { createLoopRig } from '../../support/rigs/vrrp/loop-rig.js';

/** Polls are 20 ms apart, and none is begun in the last 20 ms: with 70, 50 and 30 ms left, and not with 10. */
const INTERVAL_MS = 70;
const LEAST_LEFT_MS = 15;
const ADVERTS = 12;

test('what may have to wait for others is not begun shortly before an advert', (t) => {
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
  t.true(leftMs.length >= 15, `${leftMs.length} polls`);
  // Not all: whoever tests may be held up between the loop's look at the clock and this one.
  const early = leftMs.filter((left) => left > LEAST_LEFT_MS);
  t.true(early.length > 0.85 * leftMs.length, leftMs.map((left) => left.toFixed(1)).join(' '));
});
