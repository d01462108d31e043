import test from 'ava';
import fc from 'fast-check';
import { quietTime } from '../../../src/os/clock/quiet-time.js';

const times = fc.integer({ min: 0, max: 2 ** 50 });
const spreads = fc.integer({ min: 0, max: 255 });

test('a quiet time is not after what was asked for, and less than a millisecond before it', (t) => {
  fc.assert(
    fc.property(times, spreads, (at, spread) => {
      const quiet = quietTime(at, spread);
      t.true(quiet <= at && quiet > at - 1e6);
    }),
    { seed: 1 },
  );
});

test('a quiet time is a third of a millisecond or more from the ticks around it', (t) => {
  fc.assert(
    fc.property(times, spreads, (at, spread) => {
      const phase = ((quietTime(at, spread) % 1e6) + 1e6) % 1e6;
      t.true(phase >= 333_000 && phase <= 667_000, String(phase));
    }),
    { seed: 1 },
  );
});

test('a quiet time stays one after any whole number of milliseconds, and those of many differ', (t) => {
  fc.assert(
    fc.property(times, spreads, fc.integer({ min: 1, max: 1000 }), (at, spread, ms) => {
      t.is(quietTime(at + ms * 1e6, spread), quietTime(at, spread) + ms * 1e6);
    }),
    { seed: 1 },
  );
  t.is(new Set([1, 2, 3, 4, 5, 6, 7, 8].map((vrid) => quietTime(5e6, vrid))).size, 8);
});
