import test from 'ava';
import fc from 'fast-check';
import { judgeTracks } from '../../../src/machines/vrrp/tracking.js';
import type { VrrpTrack } from '../../../src/model/config.js';

const state = (up: boolean | null) => ({ interfaceRunning: () => up, serviceHealthy: () => up });
const eth1 = (weight: number | null): VrrpTrack => ({ kind: 'interface', interface: 'eth1', weight });
const web = (weight: number | null): VrrpTrack => ({ kind: 'service', service: 'web', weight });

test('a negative weight counts while its thing is down, a positive one while it is up', (t) => {
  const track = [eth1(-50), web(20)];
  t.deepEqual(judgeTracks({ priority: 100, track }, state(true)), { priority: 120, faults: [] });
  t.deepEqual(judgeTracks({ priority: 100, track }, state(false)), { priority: 50, faults: [] });
});

test('what nobody has told counts as down', (t) => {
  t.is(judgeTracks({ priority: 100, track: [web(-50)] }, state(null)).priority, 50);
});

test('without a weight a thing that is down is a fault, with its reason', (t) => {
  const track = [eth1(null), web(null)];
  t.deepEqual(judgeTracks({ priority: 100, track }, state(true)).faults, []);
  t.deepEqual(judgeTracks({ priority: 100, track }, state(false)).faults, [
    'tracked interface eth1 is down',
    'tracked service web is not healthy',
  ]);
  t.deepEqual(judgeTracks({ priority: 100, track }, state(null)).faults, [
    'tracked interface eth1 is missing',
    'the health of tracked service web is not known yet',
  ]);
});

test('RFC 9568 5.2.4: a backup’s priority stays within 1-254, an owner’s is 255 whatever is tracked', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 254 }),
      fc.array(fc.integer({ min: -254, max: 254 }), { maxLength: 5 }),
      fc.boolean(),
      (priority, weights, up) => {
        const track = weights.map((weight) => eth1(weight));
        const judged = judgeTracks({ priority, track }, state(up)).priority;
        t.true(judged >= 1 && judged <= 254);
        t.is(judgeTracks({ priority: 255, track }, state(up)).priority, 255);
      },
    ),
    { seed: 254 },
  );
});
