import test from 'ava';
import { flatnessOf } from '../../../bench/checks/flatness.js';

const met = (...points: readonly (readonly [targets: number, costUs: number, memoryMb: number])[]) =>
  flatnessOf(points.map(([targets, costUs, memoryMb]) => ({ targets, costUs, memoryMb }))).goals.map(
    (goal) => goal.met,
  );

test('costs within 20 % are flat, memory without a steep part is linear', (t) => {
  t.deepEqual(met([100, 20, 100], [10_000, 22, 130], [100_000, 24, 400]), [true, true]);
  t.deepEqual(met([100, 20, 100], [10_000, 22, 130], [100_000, 25, 400]), [false, true]);
  t.deepEqual(met([100, 20, 100], [10_000, 22, 300], [100_000, 24, 400]), [true, false]);
});

test('without two rows to compare nothing is met or missed, and no figure is made up', (t) => {
  for (const points of [[], [{ targets: 100, costUs: 20, memoryMb: 100 }]]) {
    for (const { ours, theirs, met } of flatnessOf(points).goals) t.deepEqual([ours, theirs, met], [null, null, null]);
  }
});
