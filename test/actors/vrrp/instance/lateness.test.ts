import test from 'ava';
import fc from 'fast-check';
import { LatenessHistogram } from '../../../../src/actors/vrrp/instance/lateness.js';

test('an empty histogram says nothing', (t) => {
  const histogram = new LatenessHistogram();
  t.is(histogram.percentileNs(0.99), 0);
  t.is(histogram.maxNs, 0);
});

test('times ahead of the deadline count as none', (t) => {
  const histogram = new LatenessHistogram();
  histogram.add(-5);
  t.is(histogram.total, 1);
  t.is(histogram.maxNs, 0);
});

test('percentiles hold to a sixteenth, over any range', (t) => {
  const times = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 500, size: 'max' });
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.99, 0.999, 1), (values, part) => {
      const histogram = new LatenessHistogram();
      for (const value of values) histogram.add(value);
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(values.length * part) - 1] ?? 0;
      const told = histogram.percentileNs(part);
      t.true(told >= exact || told === histogram.maxNs);
      t.true(told <= exact * (1 + 1 / 16) + 1);
      t.is(histogram.maxNs, sorted.at(-1) ?? Number.NaN);
    }),
    { seed: 50 },
  );
});
