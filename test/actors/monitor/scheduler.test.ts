import test from 'ava';
import { metrics } from '../../../src/actors/monitor/metrics.js';
import { nsFromMs } from '../../../src/model/units.js';
import type { TargetStatus } from '../../../src/wire/links/targets.js';
import { assignment, createRig, refused, success } from './rig.js';

const gaps = (times: readonly number[]) => times.slice(1).map((time, i) => time - (times[i] ?? 0));
const known = (key: string, lastCheckMs: number): TargetStatus => ({
  key,
  state: 'healthy',
  failures: 0,
  successes: 9,
  probes: 9,
  passed: 9,
  lastCheckMs,
  durationNs: nsFromMs(1),
  cause: null,
  message: 'connected',
});

test('the first probe is at once, the second at least half an interval later, the rest an interval apart', (t) => {
  const rig = createRig();
  rig.assign(assignment('a'));
  rig.loop.run(10_000);
  const [first = 0, second = 0, ...rest] = rig.probesOf('a');
  t.true(first <= 4, `${first}`);
  t.true(second - first >= 499 && second - first <= 1501, `${second}`);
  for (const gap of gaps([second, ...rest])) t.is(Math.round(gap), 1000);
});

test('the first probes of many targets are staggered, and then spread over the interval', (t) => {
  const rig = createRig();
  rig.assign(...Array.from({ length: 1000 }, (_, i) => assignment(`10.0.${i >> 8}.${i & 255}`)));
  rig.loop.run(100);
  const early = rig.probes.length;
  t.true(early >= 300 && early <= 600, `${early} in the first 100 ms`);
  rig.loop.run(2900);
  const perTenth = new Array<number>(10).fill(0);
  for (const { atMs } of rig.probes) {
    if (atMs >= 2000 && atMs < 3000)
      perTenth[Math.floor((atMs - 2000) / 100)] = (perTenth[Math.floor((atMs - 2000) / 100)] ?? 0) + 1;
  }
  for (const count of perTenth) t.true(count > 60 && count < 140, perTenth.join(' '));
});

test('a target keeps its place in the interval in another shard', (t) => {
  const one = createRig();
  const other = createRig();
  one.assign(assignment('a'));
  other.loop.stall(12_345);
  other.assign(assignment('b'), assignment('a'));
  one.loop.run(30_000);
  other.loop.run(30_000);
  const place = (times: readonly number[]) => times.slice(1).map((time) => Math.round(time) % 1000);
  t.deepEqual(new Set([...place(one.probesOf('a')), ...place(other.probesOf('a'))]).size, 1);
});

test('jitter moves each probe by itself, and never adds up', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { jitter: 0.2 }));
  rig.loop.run(50_000);
  const [, ...times] = rig.probesOf('a');
  const first = Math.min(...times.map((time) => time % 1000));
  const shifts = times.map((time) => Math.round((((time - first) % 1000) + 1000) % 1000));
  t.true(Math.max(...shifts) <= 201, shifts.join(' '));
  t.true(new Set(shifts).size > 20);
  t.is(times.length, 49);
});

test('one probe of a target is under way at a time, however slow it is', (t) => {
  const rig = createRig({ behaviour: () => ({ afterMs: 2300, outcome: success }) });
  rig.assign(assignment('a', { timeoutNs: nsFromMs(5000) }));
  rig.loop.run(20_000);
  t.is(rig.mostAtOnce(), 1);
  for (const gap of gaps(rig.probesOf('a').slice(1))) t.is(Math.round(gap), 3000);
});

test('a failing target is probed less often where back-off is set, and at its own pace again once it answers', (t) => {
  const rig = createRig({ behaviour: () => ({ afterMs: 1, outcome: refused }) });
  rig.assign(assignment('a', { backoff: { factor: 2, maxNs: nsFromMs(4000) } }));
  rig.loop.run(30_000);
  const rounded = gaps(rig.probesOf('a').slice(1)).map(Math.round);
  t.deepEqual(rounded.slice(0, 4), [4000, 4000, 4000, 4000]);
  rig.behaviour = () => ({ afterMs: 1, outcome: success });
  rig.loop.run(10_000);
  t.is(Math.round(gaps(rig.probesOf('a')).at(-1) ?? 0), 1000);
});

test('a resumed target keeps its state and its place; one that was last probed long ago is probed at once', (t) => {
  const rig = createRig({ behaviour: () => null });
  const now = rig.loop.wallMs();
  rig.assign(
    assignment('fresh', { retries: 3 }, known('fresh', now - 300)),
    assignment('stale', { retries: 3 }, known('stale', now - 60_000)),
    assignment('clock', { retries: 3 }, known('clock', now + 60_000)),
  );
  rig.loop.run(5);
  t.deepEqual(
    rig.probes.map(({ host }) => host),
    ['stale', 'clock'],
  );
  rig.shard.receive({ kind: 'replace-end' });
  rig.loop.run(5);
  const statuses = rig.messages.flatMap((message) => message.statuses);
  const fresh = statuses.find(({ key }) => key === 'key of fresh');
  t.deepEqual(fresh, { ...known('key of fresh', now - 300) });
});

test('a shard that was held up leaves out what it missed by far, once, and makes up for nothing', (t) => {
  const rig = createRig();
  rig.assign(...Array.from({ length: 200 }, (_, i) => assignment(`10.0.0.${i}`)));
  rig.loop.run(10_000);
  rig.counts();
  const before = rig.probes.length;
  rig.loop.stall(3000);
  rig.loop.run(3);
  const burst = rig.probes.length - before;
  t.true(burst < 120, `${burst} at once: only those that are less than half an interval late`);
  const skipped = rig.counts()['fulcrum_check_alarms_total time'] ?? 0;
  // One or two are due only now, or not before the next tick.
  t.true(Math.abs(burst + skipped - 200) <= 2, `${burst} + ${skipped}`);
  rig.loop.run(1000);
  t.true(rig.probes.length - before <= 200 + burst);
  t.is(rig.events.filter((event) => event.type === 'alarm' && event.alarm === 'checks-time').length, 1);
});

test('a shard that is always late still probes: no target is left out twice in a row', (t) => {
  const rig = createRig();
  rig.assign(assignment('a'));
  rig.loop.run(2000);
  const before = rig.probes.length;
  for (let i = 0; i < 20; i += 1) {
    rig.loop.stall(1700);
    rig.loop.run(1);
  }
  t.true(rig.probes.length - before >= 9, `${rig.probes.length - before}`);
});

test('lateness is measured for every probe', (t) => {
  const rig = createRig();
  rig.assign(assignment('a'), assignment('b'));
  rig.loop.run(10_000);
  rig.loop.stall(300);
  rig.loop.run(10_000);
  const sample = rig.meter.take().find(({ name }) => name === 'fulcrum_check_lateness_seconds');
  if (sample?.type !== 'histogram') return t.fail();
  t.is(
    sample.buckets.reduce((sum, count) => sum + count, 0),
    rig.probes.length,
  );
});

test('a busy shard wakes for many probes at once, and none of them waits for more than some milliseconds', (t) => {
  const rig = createRig();
  rig.assign(...Array.from({ length: 2000 }, (_, i) => assignment(`10.0.${i >> 8}.${i & 255}`)));
  rig.loop.run(3000);
  rig.meter.take();
  const before = { wakes: rig.loop.wakes, probes: rig.probes.length };
  rig.loop.run(5000);
  t.is(rig.probes.length - before.probes, 10_000);
  const wakes = rig.loop.wakes - before.wakes;
  t.true(wakes <= 1251 && wakes > 1000, `${wakes}`);
  const [late] = rig.meter
    .take()
    .flatMap((sample) =>
      sample.type === 'histogram' && sample.name === 'fulcrum_check_lateness_seconds' ? sample : [],
    );
  const beyond = metrics.fulcrum_check_lateness_seconds.buckets.findIndex((seconds) => seconds >= 0.005) + 1;
  t.deepEqual(late?.buckets.slice(beyond).filter(Boolean), []);
});

test('an idle shard does not wake', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000) }));
  rig.loop.run(100_000);
  // A probe: due, a look while it is under way, the report of its status, and the wheel's own turns.
  t.true(rig.loop.wakes < rig.probes.length * 6, `${rig.loop.wakes} for ${rig.probes.length} probes`);
  rig.shard.receive({ kind: 'unassign', keys: ['key of a'] });
  const { wakes } = rig.loop;
  rig.loop.run(100_000);
  t.true(rig.loop.wakes - wakes <= 1);
});

test('a peer that tells of a change is probed at once, and its later probes keep their places', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000) }));
  rig.loop.run(30_000);
  const places = rig.probesOf('a').slice(1);
  const place = Math.round(places[0] ?? 0) % 10_000;
  rig.loop.run(2000);
  rig.behaviour = () => ({ afterMs: 1, outcome: refused });
  const toldMs = 32_000;
  rig.news('a');
  rig.loop.run(20);
  t.deepEqual(rig.transitions().slice(1), ['a unhealthy: connection refused']);
  t.true(Math.abs((rig.probesOf('a').at(-1) ?? 0) - toldMs) <= 10);
  rig.loop.run(30_000);
  const later = rig.probesOf('a').slice(places.length + 2);
  t.is(later.length, 3);
  for (const time of later) t.is(Math.round(time) % 10_000, place);
});

test('a peer that tells of changes without end is probed ten times a second at most, and a target that is gone not at all', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000) }));
  rig.loop.run(15_000);
  const before = rig.probes.length;
  for (let turn = 0; turn < 1000; turn++) {
    rig.news('a');
    rig.loop.run(1);
  }
  const count = rig.probes.length - before;
  t.true(count >= 8 && count <= 11, `${count}`);
  rig.shard.receive({ kind: 'unassign', keys: ['key of a'] });
  const all = rig.probes.length;
  rig.news('a');
  rig.loop.run(20_000);
  t.is(rig.probes.length, all);
});

test('news during a first or a running probe changes nothing', (t) => {
  const rig = createRig({ behaviour: () => ({ afterMs: 200, outcome: success }) });
  rig.assign(assignment('a'));
  rig.news('a');
  rig.loop.run(100);
  rig.news('a');
  rig.loop.run(5000);
  t.is(rig.mostAtOnce(), 1);
  for (const gap of gaps(rig.probesOf('a').slice(1))) t.is(Math.round(gap), 1000);
});

test('a target whose change is not decided is looked at sooner, and its later probes keep their places', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000), retryIntervalNs: nsFromMs(1000), retries: 2, rise: 2 }));
  rig.loop.run(30_000);
  const before = rig.probesOf('a');
  const place = Math.round(before.at(-1) ?? 0) % 10_000;
  rig.behaviour = () => ({ afterMs: 1, outcome: refused });
  rig.loop.run(30_000);
  const failing = rig.probesOf('a').slice(before.length);
  t.deepEqual(gaps(failing).map(Math.round).slice(0, 3), [1000, 1000, 8000]);
  t.is(Math.round(failing.at(-1) ?? 0) % 10_000, place);
  rig.behaviour = () => ({ afterMs: 1, outcome: success });
  rig.loop.run(20_000);
  const rising = rig.probesOf('a').slice(before.length + failing.length);
  t.deepEqual(gaps(rising).map(Math.round).slice(0, 2), [1000, 9000]);
  t.deepEqual(rig.transitions().slice(1), [
    'a unhealthy: 3 failures in a row: connection refused',
    'a healthy: 2 successes in a row: connected',
  ]);
});

test('a second look waits for the end of the probe before it, and never puts off the next', (t) => {
  const slow = { afterMs: 700, outcome: refused };
  const rig = createRig();
  const timing = { intervalNs: nsFromMs(1000), timeoutNs: nsFromMs(900), retries: 1000 };
  rig.assign(
    assignment('a', { ...timing, retryIntervalNs: nsFromMs(100) }),
    assignment('b', { ...timing, retryIntervalNs: nsFromMs(1000) }),
  );
  rig.loop.run(3000);
  rig.behaviour = () => slow;
  rig.loop.run(20_000);
  t.is(rig.mostAtOnce() <= 2, true);
  for (const gap of gaps(rig.probesOf('a').slice(5))) t.true(gap >= 299 && gap <= 1001, `${gap}`);
  for (const gap of gaps(rig.probesOf('b').slice(1))) t.is(Math.round(gap), 1000);
});
