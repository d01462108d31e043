import test from 'ava';
import { type Quorum, stepQuorum, unknownQuorum } from '../../../src/machines/tracking/quorum.js';

test('the first count decides at once, whatever the delay', (t) => {
  const policy = { quorum: 2, delayNs: 100 };
  t.deepEqual(stepQuorum(unknownQuorum, 2, 7, policy), { up: true, changesAtNs: null });
  t.deepEqual(stepQuorum(unknownQuorum, 1, 7, policy), { up: false, changesAtNs: null });
});

test('without a delay each count decides', (t) => {
  let quorum: Quorum = unknownQuorum;
  for (const count of [1, 0, 3, 2, 1, 0]) {
    quorum = stepQuorum(quorum, count, 0, { quorum: 2, delayNs: 0 });
    t.deepEqual(quorum, { up: count >= 2, changesAtNs: null });
  }
});

test('a change counts once it has lasted; one that is taken back never was', (t) => {
  const policy = { quorum: 1, delayNs: 100 };
  const step = (quorum: Quorum, count: number, atNs: number) => stepQuorum(quorum, count, atNs, policy);
  const up = step(unknownQuorum, 1, 0);
  const leaving = step(up, 0, 10);
  t.deepEqual(leaving, { up: true, changesAtNs: 110 });
  t.deepEqual(step(leaving, 0, 109), leaving);
  t.deepEqual(step(leaving, 0, 110), { up: false, changesAtNs: null });
  t.deepEqual(step(leaving, 1, 60), up);
  t.deepEqual(step(step(leaving, 1, 60), 0, 70), { up: true, changesAtNs: 170 });
});
