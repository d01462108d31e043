import test from 'ava';
import { Backoff } from '../../../../src/actors/agent/client/backoff.js';

test('waits grow from 50 ms to a second, and a success ends them', (t) => {
  const backoff = new Backoff();
  t.is(backoff.refusal(0), null);
  let nowMs = 0;
  const waits: number[] = [];
  for (let round = 0; round < 7; round++) {
    backoff.failed(nowMs, 'refused');
    let waitMs = 0;
    while (backoff.refusal(nowMs + waitMs) !== null) waitMs += 1;
    waits.push(waitMs);
    nowMs += waitMs;
  }
  t.deepEqual(waits, [50, 100, 200, 400, 800, 1000, 1000]);
  backoff.failed(nowMs, 'refused');
  t.is(backoff.refusal(nowMs + 1), 'refused (tried again in 999 ms)');
  backoff.succeeded();
  t.is(backoff.refusal(nowMs), null);
});
