import test from 'ava';
import { countsOf, judgeSoak, type Soak } from '../../bench/checks/soak-tally.js';

const soak: Soak = {
  backends: 100,
  seconds: 10,
  intervalMs: 1000,
  counts: { healthy: 1000, unhealthy: 0, error: 0 },
  falseStates: [],
  missed: 0,
};

test('the counters of all types of check are added up', (t) => {
  const metrics = [
    'fulcrum_checks_total{type="tcp",result="healthy"} 7',
    'fulcrum_checks_total{type="http",result="healthy"} 5',
    'fulcrum_checks_total{type="http",result="unhealthy"} 2',
    'fulcrum_checks_total{type="http",result="error"} 1',
    'fulcrum_other_total{result="healthy"} 100',
  ].join('\n');
  t.deepEqual(countsOf(metrics), { healthy: 12, unhealthy: 2, error: 1 });
  t.deepEqual(countsOf(''), { healthy: 0, unhealthy: 0, error: 0 });
});

test('one false result fails a soak, and so does one that proves nothing', (t) => {
  t.like(judgeSoak(soak), { passed: true });
  const failing: [Partial<Soak>, RegExp][] = [
    [{ counts: { healthy: 999, unhealthy: 1, error: 0 } }, /^FAIL: 1 probes of healthy backends failed$/],
    [{ falseStates: ['s0 b1: why'] }, /^FAIL: 1 times a healthy backend was taken out$/],
    [{ counts: { healthy: 500, unhealthy: 0, error: 0 } }, /^FAIL: only 500 of 1000 probes that were due were made$/],
    [{ missed: 3 }, /^FAIL: 3 backends that were stopped at the end were not found out$/],
  ];
  for (const [change, text] of failing) {
    const verdict = judgeSoak({ ...soak, ...change });
    t.false(verdict.passed);
    t.regex(verdict.text, text);
  }
  // Our own shortages are told, and are no false results.
  t.regex(
    judgeSoak({ ...soak, counts: { healthy: 990, unhealthy: 0, error: 10 } }).text,
    /^PASS: .*10 probes were not judged/,
  );
});
