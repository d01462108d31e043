import test from 'ava';
import { spacingOf } from '../../../bench/vrrp/spacing.js';

const times = (...microseconds: readonly number[]): bigint[] => microseconds.map((us) => BigInt(us) * 1000n);
const INTERVAL_NS = 20e6;

test('an even sender has no deviation and no drift', (t) => {
  const { spacing } = spacingOf(times(0, 20_000, 40_000, 60_000), INTERVAL_NS);
  t.is(spacing.deviationUs.max, 0);
  t.is(spacing.driftPpm, 0);
  t.is(spacing.longestGap, 1);
});

test('one late advert deviates twice, and does not drift', (t) => {
  const { spacing, samples } = spacingOf(times(0, 20_100, 40_000, 60_000), INTERVAL_NS);
  t.deepEqual(samples.deviations, [100, -100, 0]);
  t.deepEqual(
    samples.lateness.map(([, late]) => late),
    [0, 100, 0, 0],
  );
  t.is(spacing.driftPpm, 0);
});

test('an advert that is late by most of an interval is late, and none was left out', (t) => {
  const { spacing, samples } = spacingOf(times(0, 20_000, 55_000, 60_000, 80_000), INTERVAL_NS);
  t.deepEqual(
    samples.lateness.map(([, late]) => late),
    [0, 0, 15_000, 0, 0],
  );
  t.is(spacing.leftOut, 0);
  t.is(spacing.driftPpm, 0);
});

test('a timer that starts again after each advert drifts', (t) => {
  const { spacing } = spacingOf(times(0, 20_040, 40_080, 60_120), INTERVAL_NS);
  t.is(Math.round(spacing.driftPpm), 2000);
});

test('an advert that was left out is a gap, and not lateness of all that follow', (t) => {
  const { spacing, samples } = spacingOf(times(0, 20_000, 60_000, 80_000), INTERVAL_NS);
  t.is(spacing.longestGap, 2);
  t.is(spacing.leftOut, 1);
  t.is(samples.lateness.at(-1)?.[1], 0);
});

test('an hour of adverts is not too much', (t) => {
  const hour = Array.from({ length: 360_000 }, (_, index) => BigInt(index) * 10_000_000n);
  const { spacing } = spacingOf(hour, 10e6);
  t.like(spacing, { adverts: 360_000, longestGap: 1, leftOut: 0, driftPpm: 0 });
});

test('nothing heard is nothing', (t) => {
  t.like(spacingOf([], INTERVAL_NS).spacing, { adverts: 0, leftOut: 0, longestGap: 0 });
});
