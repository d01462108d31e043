import test from 'ava';
import { absence, contend, figureOf } from '../../bench/checks/contenders.js';
import { goalsTable } from '../../bench/checks/goals.js';
import { addressOf, type Figures, type Load } from '../../bench/checks/load.js';
import { connectsBegun, cpuUsOf, rssMbOf } from '../../bench/support/process-figures.js';

const load: Load = { type: 'tcp', targets: 1, intervalMs: 1000, port: 1, warmMs: 0, measureMs: 0 };
const figures = (cpuUsPerCheck: number): Figures => ({
  rate: 1,
  failed: 0,
  cpuUsPerCheck,
  cpuPercent: 1,
  rssMb: 1,
  latenessP99Ms: null,
});

test('contenders take turns, and one that cannot take part is named with the reason', async (t) => {
  const turns: string[] = [];
  let cost = 10;
  const results = await contend(
    load,
    [
      {
        name: 'ours',
        measure: async () => {
          cost += 1;
          return figures(cost);
        },
      },
      { name: 'theirs', measure: () => Promise.reject(new Error('haproxy: not found')) },
    ],
    3,
    (name) => void turns.push(name),
  );
  t.deepEqual(turns, ['ours', 'theirs', 'ours', 'ours']);
  t.like(
    figureOf(results, 'ours', (one) => one.cpuUsPerCheck),
    { min: 11, median: 12, rounds: 3 },
  );
  t.is(
    figureOf(results, 'ours', (one) => one.latenessP99Ms),
    null,
  );
  t.is(
    figureOf(results, 'theirs', (one) => one.rate),
    null,
  );
  t.is(absence(results, 'theirs'), 'haproxy: not found');
});

test('the table of goals says what was not measured', (t) => {
  const table = goalsTable([
    { what: 'a', goal: '<= 1', ours: 1, theirs: 2, peer: 'haproxy', unit: 'us', met: true },
    { what: 'b', goal: '<= 1', ours: 1, theirs: null, peer: 'go', unit: 'us', met: null, why: 'no go' },
  ]);
  t.deepEqual(table.rows, [
    ['a', '<= 1', 1, 2, 'us', 0.5, 'haproxy', 'yes'],
    ['b', '<= 1', 1, '-', 'us', '-', 'go (absent)', 'not measured'],
  ]);
});

test('each target has an address of its own on this host', (t) => {
  const addresses = Array.from({ length: 100_000 }, (_, index) => addressOf(index));
  t.is(new Set(addresses).size, 100_000);
  t.deepEqual([addresses[0], addresses[256], addresses[65_536]], ['127.1.0.0', '127.1.1.0', '127.2.0.0']);
});

test('the kernel’s figures of this process are read', (t) => {
  t.true(cpuUsOf(process.pid) > 0);
  t.true(rssMbOf(process.pid) > 10);
  t.true(connectsBegun(process.pid) >= 0);
});
