import test from 'ava';
import { type RouterSettings, VrrpRouter } from '../../../src/machines/vrrp/router.js';
import { compileTable } from '../../../src/machines/vrrp/table.js';
import { ns, nsFromMs } from '../../../src/model/units.js';
import { RecordedPort } from '../../support/rigs/recorded-port.js';
import { SimulatedSegment } from '../../support/rigs/vrrp/segment.js';

const interval = nsFromMs(100);
const settings = { version: 3 as const, priority: 100, intervalNs: interval, preempt: true, preemptDelayNs: ns(0) };
const lowerAddress = -1;
const higherAddress = 1;

/** Master since `sinceNs`. */
function master(over: Partial<RouterSettings> = {}) {
  const router = new VrrpRouter(new RecordedPort(), { ...settings, ...over }, compileTable);
  router.control('startup', ns(0), 'started');
  const sinceNs = router.isMaster ? 0 : router.deadlineNs;
  if (!router.isMaster) router.due(ns(sinceNs));
  const hears = (ms: number, priority = 50, order = lowerAddress, its = interval) =>
    router.isSecondMaster(priority, its, order, ns(sinceNs + nsFromMs(ms)));
  return { router, hears };
}

test('what a preempted master still says is no second master; what it says three intervals later is one', (t) => {
  const { hears } = master();
  for (const ms of [-1, 0, 1, 100, 299.9]) t.false(hears(ms), `${ms} ms`);
  for (const ms of [300, 301, 10_000]) t.true(hears(ms), `${ms} ms`);
});

test('a rival may take three of its own intervals where those are longer', (t) => {
  const { hears } = master();
  t.false(hears(2999, 50, lowerAddress, nsFromMs(1000)));
  t.true(hears(3000, 50, lowerAddress, nsFromMs(1000)));
  t.false(hears(299, 50, lowerAddress, nsFromMs(10)));
});

test('a tie that this node wins is a second master, one that it loses is not: it yields', (t) => {
  const { hears } = master();
  t.true(hears(1000, 100, lowerAddress));
  t.false(hears(1000, 100, higherAddress));
  t.false(hears(1000, 101));
});

test('two owners of one address both go on', (t) => {
  const { hears } = master({ priority: 255 });
  t.true(hears(1000, 255, higherAddress));
  t.true(hears(1000, 50));
});

test('a resignation is no second master, and who is no master has none', (t) => {
  t.false(master().hears(1000, 0));
  const backup = new VrrpRouter(new RecordedPort(), settings, compileTable);
  backup.control('startup', ns(0), 'started');
  t.false(backup.isSecondMaster(50, interval, lowerAddress, nsFromMs(5000)));
});

test('a master that becomes one again counts anew', (t) => {
  const { router, hears } = master();
  t.true(hears(5000));
  router.control('failover', nsFromMs(6000), 'asked');
  router.due(ns(router.deadlineNs));
  t.true(router.isMaster);
  t.false(router.isSecondMaster(50, interval, lowerAddress, ns(router.deadlineNs - interval + 1)));
});

/** How often each of two nodes (priorities 200 and 100) hears a second master. */
function twoNodes(medium: (nowNs: number) => number | null, latenessNs = 0) {
  const told = [0, 0];
  const segment = new SimulatedSegment(
    (_from, _to, nowNs) => medium(nowNs),
    (node) => {
      told[node] = (told[node] ?? 0) + 1;
    },
  );
  const better = segment.add({ ...settings, priority: 200 });
  const worse = segment.add(settings);
  worse.latenessNs = latenessNs;
  return { segment, better, worse, told };
}

for (const latenessMs of [0, 40, 190]) {
  test(`nobody tells of a second master at a preemption, whose loser is ${latenessMs} ms late`, (t) => {
    const { segment, better, worse, told } = twoNodes(() => 200_000, nsFromMs(latenessMs));
    worse.router.control('startup', ns(0), 'started');
    segment.run(nsFromMs(2000));
    t.true(worse.router.isMaster);
    better.router.control('startup', ns(segment.nowNs), 'started');
    segment.run(nsFromMs(10_000));
    t.true(better.router.isMaster);
    t.false(worse.router.isMaster);
    t.deepEqual(told, [0, 0]);
  });
}

test('a cut that heals is told: two were masters', (t) => {
  const cut = { fromNs: nsFromMs(3000), toNs: nsFromMs(6000) };
  const { segment, told } = twoNodes((nowNs) => (nowNs > cut.fromNs && nowNs < cut.toNs ? null : 200_000));
  segment.start();
  segment.run(nsFromMs(5900));
  t.is(segment.aliveMasters().length, 2);
  t.deepEqual(told, [0, 0]);
  segment.run(nsFromMs(8000));
  t.is(segment.aliveMasters().length, 1);
  t.true((told[0] ?? 0) >= 1);
});
