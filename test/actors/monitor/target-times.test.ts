import test from 'ava';
import { TargetTimes, TIME } from '../../../src/actors/monitor/target-times.js';

test('each target has times of its own, and keeps them when there are more targets', (t) => {
  const times = new TargetTimes();
  const names = Object.values(TIME);
  const valueAt = (id: number, time: number): number => id * 1e12 + time + 0.5;
  for (let id = 0; id < 100; id += 1) {
    times.open(id);
    for (const time of names) times.set(id, time, valueAt(id, time));
  }
  for (let id = 0; id < 100; id += 1) {
    for (const time of names) t.is(times.get(id, time), valueAt(id, time));
  }
});

test('a new target has nothing of the one that had its row before', (t) => {
  const times = new TargetTimes();
  for (const id of [0, 1]) times.open(id);
  for (const id of [0, 1]) for (const time of Object.values(TIME)) times.set(id, time, 7);
  times.open(0);
  for (const time of Object.values(TIME)) t.deepEqual([times.get(0, time), times.get(1, time)], [0, 7]);
});
