import test from 'ava';
import fc from 'fast-check';
import {
  gridOf,
  gridPointAfterFirst,
  gridPointFrom,
  jitterNs,
  keyFraction,
  nextGridPoint,
  probeDelay,
  secondLook,
} from '../../../src/machines/scheduling/schedule.js';
import { NS_PER_S, ns } from '../../../src/model/units.js';

const second = ns(NS_PER_S);
const grid = { phaseNs: ns(0.25 * NS_PER_S), intervalNs: second };
const at = (seconds: number) => ns(seconds * NS_PER_S);

test('the phases of similar keys are spread evenly', (t) => {
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i += 1) {
    const tenth = Math.floor(keyFraction(`10.0.${i >> 8}.${i & 255}:80`) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) t.true(count > 900 && count < 1100, tenths.join(' '));
});

test('a key has the same phase in every life', (t) => {
  t.not(gridOf('a', second).phaseNs, gridOf('b', second).phaseNs);
  // Pinned: another hash would move every target at an upgrade.
  t.is(Math.round(keyFraction('10.0.0.1:80') * 1e6), 845_116);
});

test('a grid point is at or after the time asked for', (t) => {
  t.is(gridPointFrom(grid, at(7)), at(7.25));
  t.is(gridPointFrom(grid, at(7.25)), at(7.25));
  t.is(gridPointFrom(grid, at(0)), at(0.25));
});

test('after a first probe the next is at least half an interval away', (t) => {
  t.is(gridPointAfterFirst(grid, at(7.7)), at(8.25));
  t.is(gridPointAfterFirst(grid, at(7.8)), at(9.25));
});

test('a probe that takes long is not made up for', (t) => {
  t.is(nextGridPoint(grid, at(7.25), second, at(7.3)), at(8.25));
  t.is(nextGridPoint(grid, at(7.25), second, at(10.3)), at(11.25));
});

test('a grid never drifts, however its probes went', (t) => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1_000_000, max: 60 * NS_PER_S }),
      fc.integer({ min: 0, max: 10 ** 15 }),
      fc.array(fc.integer({ min: 0, max: 3 * NS_PER_S }), { maxLength: 30 }),
      (key, intervalNs, startNs, durationsNs) => {
        const own = gridOf(key, ns(intervalNs));
        let point = gridPointFrom(own, ns(startNs));
        for (const durationNs of durationsNs) {
          const ended = ns(point + durationNs);
          const next = nextGridPoint(own, point, own.intervalNs, ended);
          const steps = (next - own.phaseNs) / intervalNs;
          if (Math.abs(steps - Math.round(steps)) * intervalNs > 1) return false;
          if (next < ended || next <= point || next - Math.max(ended, point) > intervalNs) return false;
          point = next;
        }
        return true;
      },
    ),
    { seed: 21 },
  );
  t.pass();
});

test('back-off grows with each failure past the retries, up to its limit, and is off by default', (t) => {
  const backoff = { factor: 2, maxNs: at(10) };
  const delays = [0, 2, 3, 4, 5, 6, 60].map((failures) => probeDelay(second, backoff, failures, 2) / NS_PER_S);
  t.deepEqual(delays, [1, 1, 2, 4, 8, 10, 10]);
  t.is(probeDelay(second, null, 60, 0), second);
  t.is(probeDelay(second, { factor: 2, maxNs: at(0.5) }, 9, 0), second);
});

test('jitter shifts each probe by a part of the interval', (t) => {
  t.is(
    jitterNs(second, 0.5, () => 0.5),
    at(0.25),
  );
  t.is(
    jitterNs(second, 0, () => 0.9),
    ns(0),
  );
});

test('a second look is off the grid, after the last probe, and only where that is sooner', (t) => {
  t.is(secondLook(at(0), null, at(1), at(0.1)), null);
  t.is(secondLook(at(0), at(0.2), at(1), at(0.1)), at(0.2));
  t.is(secondLook(at(0), at(0.2), at(1), at(0.5)), at(0.5));
  t.is(secondLook(at(0), at(1), at(1), at(0.1)), null);
});
