import test from 'ava';
import type { Outcome } from '../../../src/model/probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import { assignment, createRig, refused, success } from './rig.js';

const keys = (rig: ReturnType<typeof createRig>, kind: 'transitions' | 'statuses') =>
  rig.messages.filter((message) => message.kind === kind).flatMap(({ statuses }) => statuses.map(({ key }) => key));

test('the first result is told at once, with what the probe saw', (t) => {
  const rig = createRig({ behaviour: ({ host }) => ({ afterMs: 1, outcome: host === 'a' ? success : refused }) });
  rig.assign(assignment('a', { rise: 5 }), assignment('b', { retries: 5 }));
  rig.loop.run(10);
  t.deepEqual(rig.transitions(), ['a healthy: connected', 'b unhealthy: connection refused']);
});

test('a healthy target falls past its retries and comes back at its rise, each with its reason', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { retries: 2, rise: 2 }));
  rig.loop.run(5000);
  rig.behaviour = () => ({ afterMs: 1, outcome: refused });
  rig.loop.run(5000);
  rig.behaviour = () => ({ afterMs: 1, outcome: success });
  rig.loop.run(5000);
  t.deepEqual(rig.transitions(), [
    'a healthy: connected',
    'a unhealthy: 3 failures in a row: connection refused',
    'a healthy: 2 successes in a row: connected',
  ]);
  const last = rig.messages.flatMap(({ statuses }) => statuses).at(-1);
  t.true(last !== undefined && last.probes > 12 && last.probes - last.passed >= 5, JSON.stringify(last));
});

test('another weight is told at once, as a change of state is; it holds while failures are survived, and ends with the health', (t) => {
  const rig = createRig();
  const says = (weight: number): Outcome => ({ ...success, weight: { kind: 'set', weight } }) as Outcome;
  const run = (outcome: Outcome) => {
    rig.behaviour = () => ({ afterMs: 1, outcome });
    rig.loop.run(1000);
  };
  rig.assign(assignment('a', { intervalNs: nsFromMs(1000), retries: 1 }));
  for (const outcome of [success, says(5), says(5), says(6), refused, refused, says(7), success]) run(outcome);
  const told = rig.messages
    .filter(({ kind }) => kind === 'transitions')
    .flatMap(({ statuses }) => statuses.map(({ state, weight }) => `${state} ${weight?.weight ?? '-'}`));
  t.deepEqual(told, ['healthy -', 'healthy 5', 'healthy 6', 'unhealthy -', 'healthy 7', 'healthy -']);
});

test('a target that is taken away lets go of what its checker holds for it', (t) => {
  const rig = createRig();
  rig.assign(assignment('a'), assignment('b'));
  rig.loop.run(100);
  t.deepEqual(rig.released, []);
  rig.shard.receive({ kind: 'unassign', keys: ['key of a'] });
  t.deepEqual(rig.released, ['a']);
  rig.shard.stop();
  t.deepEqual(rig.released, ['a', 'b']);
});

test('the first change of a turn is told at once, and those that follow in few messages', (t) => {
  const rig = createRig();
  const hosts = Array.from({ length: 1200 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  rig.assign(...hosts.map((host) => assignment(host, { timeoutNs: nsFromMs(1000) })));
  rig.loop.run(5000);
  rig.messages.length = 0;
  // All answer at the same moment.
  const answerMs = rig.loop.now() / 1e6 + 1000;
  rig.behaviour = () => ({ afterMs: answerMs - rig.loop.now() / 1e6, outcome: refused });
  rig.loop.run(990);
  t.deepEqual(rig.transitions(), []);
  rig.loop.run(10);
  const sizes = rig.messages.filter(({ kind }) => kind === 'transitions').map(({ statuses }) => statuses.length);
  const [first, ...others] = sizes;
  t.is(first, 1);
  t.true(others.length <= 3 && Math.max(...others) === 500, sizes.join(' '));
});

test('steady results are coalesced: one status a target, every half a second at most', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(20) }), assignment('b', { intervalNs: nsFromMs(20) }));
  rig.loop.run(100);
  rig.messages.length = 0;
  const probes = rig.probes.length;
  rig.loop.run(5000);
  t.true(rig.probes.length - probes > 450);
  const statuses = rig.messages.filter(({ kind }) => kind === 'statuses');
  t.true(statuses.length >= 9 && statuses.length <= 11, `${statuses.length}`);
  for (const { statuses: two } of statuses) t.is(two.length, 2);
});

test('while the engine is slow the shard waits, and tells the newest state of each target once it is not', (t) => {
  const rig = createRig();
  rig.assign(assignment('a'), assignment('b'));
  rig.loop.run(3000);
  rig.messages.length = 0;
  rig.backlog = 1000;
  rig.behaviour = () => ({ afterMs: 1, outcome: refused });
  rig.loop.run(5000);
  rig.behaviour = ({ host }) => ({ afterMs: 1, outcome: host === 'a' ? success : refused });
  rig.loop.run(5000);
  t.deepEqual(rig.messages, []);
  rig.backlog = 0;
  rig.loop.run(50);
  t.deepEqual(rig.transitions().sort(), [
    'a healthy: connected',
    'b unhealthy: 10 failures in a row: connection refused',
  ]);
});

test('a replacement keeps what is assigned again, drops the rest, and is answered with every status', (t) => {
  const rig = createRig();
  rig.assign(assignment('a'), assignment('b'), assignment('c'));
  rig.loop.run(3000);
  const schedule = rig.probesOf('a').map((time) => Math.round(time) % 1000);
  rig.messages.length = 0;
  rig.shard.receive({ kind: 'replace-begin' });
  rig.assign(assignment('a'), assignment('d'));
  rig.shard.receive({ kind: 'replace-end' });
  rig.loop.run(0);
  t.deepEqual(keys(rig, 'statuses').sort(), ['key of a', 'key of d']);
  t.deepEqual(rig.messages.flatMap(({ statuses }) => statuses.map(({ state }) => state)).sort(), [
    'healthy',
    'unknown',
  ]);
  const before = { b: rig.probesOf('b').length, a: rig.probesOf('a').length };
  rig.loop.run(3000);
  t.is(rig.probesOf('b').length, before.b);
  t.is(rig.probesOf('a').length, before.a + 3);
  t.is(Math.round(rig.probesOf('a').at(-1) ?? 0) % 1000, schedule.at(-1) ?? 0);
});

test('an empty replacement is answered too', (t) => {
  const rig = createRig();
  rig.shard.receive({ kind: 'replace-begin' });
  rig.shard.receive({ kind: 'replace-end' });
  rig.loop.run(1);
  t.deepEqual(rig.messages, [{ kind: 'complete', statuses: [] }]);
});

test('a new engine is told everything in bounded messages, without holding up the probes', (t) => {
  const rig = createRig({ behaviour: () => null });
  rig.shard.receive({ kind: 'replace-begin' });
  const hosts = Array.from({ length: 12_345 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  rig.assign(...hosts.map((host) => assignment(host, { intervalNs: nsFromMs(60_000) })));
  rig.shard.receive({ kind: 'replace-end' });
  rig.loop.run(0);
  t.is(new Set(keys(rig, 'statuses')).size, 12_345);
  t.true(rig.messages.every(({ statuses }) => statuses.length <= 500));
});

test('a target that is taken away ends its probe, and frees its place', (t) => {
  const rig = createRig({ behaviour: () => null, maxProbes: 1 });
  rig.assign(assignment('a'), assignment('b'), assignment('c'));
  rig.loop.run(10);
  t.deepEqual(
    rig.probes.map(({ host }) => host),
    ['a'],
  );
  rig.shard.receive({ kind: 'unassign', keys: ['key of a', 'key of b', 'key of b', 'key of nobody'] });
  t.is(rig.aborted(), 1);
  rig.loop.run(1);
  t.deepEqual(
    rig.probes.map(({ host }) => host),
    ['a', 'c'],
  );
  t.is(rig.shard.size, 1);
});

test('to wait for one’s turn is our lateness, and no failure', (t) => {
  const rig = createRig({ maxProbes: 1, behaviour: () => ({ afterMs: 400, outcome: success }) });
  rig.assign(...['a', 'b', 'c', 'd', 'e', 'f'].map((host) => assignment(host)));
  rig.loop.run(30_000);
  t.is(rig.mostAtOnce(), 1);
  t.deepEqual([...new Set(rig.transitions().map((text) => text.slice(2)))], ['healthy: connected']);
  const counts = ['a', 'b', 'c', 'd', 'e', 'f'].map((host) => rig.probesOf(host).length);
  t.true(Math.max(...counts) - Math.min(...counts) <= 2, `fair: ${counts.join(' ')}`);
  t.is(rig.counts()['fulcrum_checks_total tcp unhealthy'], undefined);
});

test('a fault of ours changes no state, raises its alarm each time, and one event a minute', (t) => {
  const rig = createRig();
  rig.assign(assignment('a'));
  rig.loop.run(2000);
  const outOfFiles: Outcome = {
    kind: 'error',
    durationNs: nsFromMs(0),
    shortage: 'descriptors',
    message: 'EMFILE: ...',
  };
  rig.behaviour = () => ({ afterMs: 0, outcome: outOfFiles });
  rig.messages.length = 0;
  rig.counts();
  rig.loop.run(90_000);
  t.deepEqual(rig.transitions(), []);
  const counts = rig.counts();
  t.is(counts['fulcrum_checks_total tcp error'], 90);
  t.is(counts['fulcrum_check_alarms_total descriptors'], 90);
  t.deepEqual(
    rig.events.map((event) => (event.type === 'alarm' ? event.why : '')),
    ['EMFILE: ...', 'EMFILE: ... (60 times since the last alarm)'],
  );
  const status = rig.messages.flatMap(({ statuses }) => statuses).at(-1);
  t.like(status, { state: 'healthy', message: 'EMFILE: ...', cause: null });
});

test('a checker that throws harms its own target alone', (t) => {
  const rig = createRig();
  rig.behaviour = ({ host }) => {
    if (host === 'bad') throw new Error('no such thing');
    return { afterMs: 1, outcome: success };
  };
  rig.assign(assignment('bad'), assignment('good'));
  rig.loop.run(3000);
  t.deepEqual(rig.transitions(), ['good healthy: connected']);
  t.true(rig.probesOf('bad').length >= 3);
  t.true((rig.counts()['fulcrum_checks_total tcp error'] ?? 0) >= 3);
});

test('a stopped shard has no probe, no timer and no report left', (t) => {
  const rig = createRig({ behaviour: () => null });
  rig.assign(assignment('a'), assignment('b'));
  rig.loop.run(10);
  rig.shard.stop();
  rig.messages.length = 0;
  const { wakes } = rig.loop;
  rig.loop.run(60_000);
  t.is(rig.aborted(), 2);
  t.is(rig.loop.wakes, wakes);
  t.deepEqual(rig.messages, []);
});

test('the data plane is told of what falls while the engine takes nothing, and the engine that it was, once it has heard as much', (t) => {
  const rig = createRig({ behaviour: () => ({ afterMs: 1, outcome: success }) });
  rig.assign(assignment('a'), assignment('b'));
  rig.loop.run(1000);
  rig.shard.receive({ kind: 'replace-end' });
  rig.loop.run(0);
  const [began, ...none] = rig.fallen.splice(0);
  t.is(began?.kind, 'told');
  t.deepEqual(none, []);
  rig.backlog = 1000;
  rig.messages.length = 0;
  rig.behaviour = ({ host }) => ({ afterMs: 1, outcome: host === 'a' ? refused : success });
  rig.loop.run(5000);
  t.deepEqual(rig.messages, []);
  const [fallen, ...more] = rig.fallen.splice(0);
  t.like(fallen, { kind: 'fallen', keys: ['key of a'] });
  t.deepEqual(more, []);
  // That it rises is the engine's business alone.
  rig.behaviour = () => ({ afterMs: 1, outcome: success });
  rig.loop.run(5000);
  t.deepEqual(rig.fallen, []);
  rig.backlog = 0;
  rig.loop.run(50);
  t.deepEqual(rig.transitions(), ['a healthy: connected']);
  t.deepEqual(rig.fallen, [{ kind: 'told', until: fallen?.kind === 'fallen' ? fallen.at : 0 }]);
  t.true(fallen?.kind === 'fallen' && began?.kind === 'told' && fallen.at > began.until);
});
