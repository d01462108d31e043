import test from 'ava';
import { latencies } from '../../../bench/ipvs/decisions.js';

const at = (...times: number[]) => times.map((atNs) => ({ atNs }));

test('a decision begins with the first reset since its backend was in the table', (t) => {
  const changes = [
    { kind: 'deleted', atNs: 12_000 },
    { kind: 'added', atNs: 300_000 },
    { kind: 'deleted', atNs: 505_000 },
  ] as const;
  // The second while the backend is down for longer than a probe's interval, the last one by a probe behind the decision.
  t.deepEqual(latencies(at(10_000, 210_000, 500_000, 504_000, 600_000), changes), [
    { atNs: 12_000, tookNs: 2000 },
    { atNs: 505_000, tookNs: 5000 },
  ]);
});

test('a deletion without a reset before it is none of a probe', (t) => {
  t.deepEqual(latencies([], [{ kind: 'deleted', atNs: 1000 }]), []);
});
