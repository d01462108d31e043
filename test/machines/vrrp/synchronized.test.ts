import test from 'ava';
import fc from 'fast-check';
import type { RouterSettings } from '../../../src/machines/vrrp/router.js';
import { masterDownInterval, skewTime } from '../../../src/machines/vrrp/timers.js';
import { NS_PER_MS, ns, nsFromMs } from '../../../src/model/units.js';
import { GroupLab, type GroupNode } from '../../support/rigs/vrrp/group-lab.js';
import type { Medium } from '../../support/rigs/vrrp/segment.js';

const DELAY_NS = 50_000;
const wire: Medium = () => DELAY_NS;
const interval = nsFromMs(100);
const settings = (priority: number, over: Partial<RouterSettings> = {}): RouterSettings => ({
  version: 3,
  priority,
  intervalNs: interval,
  preempt: true,
  preemptDelayNs: ns(0),
  ...over,
});

/** Two nodes on so many segments; each has one priority on all of them. */
function pair(priorities: readonly [number, number], media: readonly Medium[] = [wire, wire, wire]) {
  const lab = new GroupLab(media);
  const [a, b] = priorities.map((priority) => lab.add(media.map(() => settings(priority))));
  if (a === undefined || b === undefined) throw new Error('no nodes');
  lab.start(a, b);
  return { lab, a, b };
}
const states = ({ lab, a, b }: { lab: GroupLab; a: GroupNode; b: GroupNode }) => [lab.statesOf(a), lab.statesOf(b)];

test('the better node is master on all segments, and the other one on none', (t) => {
  const net = pair([100, 200]);
  net.lab.run(5e9);
  t.deepEqual(states(net), [['backup'], ['master']]);
});

test('after a crash all members of the other node take over at one moment', (t) => {
  const net = pair([100, 200]);
  net.lab.run(5e9);
  net.lab.kill(net.b);
  net.lab.run(10e9);
  t.deepEqual(net.lab.statesOf(net.a), ['master']);
  const first = net.a.members.map(({ node }) => node.advertTimes[0]);
  t.is(new Set(first).size, 1);
});

test('while one segment still hears the master, all stay backups', (t) => {
  let cut = false;
  const broken: Medium = () => (cut ? null : DELAY_NS);
  const net = pair([100, 200], [wire, broken, wire]);
  net.lab.run(5e9);
  cut = true;
  net.lab.run(10e9);
  t.deepEqual(states(net), [['backup'], ['master']]);
  t.deepEqual(
    net.a.members.map(({ isReady }) => isReady),
    [false, true, false],
  );
});

test('a fault of one takes all along at once, and the other node takes over all', (t) => {
  const net = pair([100, 200]);
  net.lab.run(5e9);
  const since = net.lab.nowNs;
  net.lab.fault(net.b, 1, 'no carrier');
  t.deepEqual(net.lab.statesOf(net.b), ['fault']);
  net.lab.run(10e9);
  t.deepEqual(states(net), [['master'], ['fault']]);
  t.is(net.a.members[0]?.node.advertTimes.at(0), since + DELAY_NS + skewTime(100, interval));
  net.lab.fault(net.b, 1, null);
  net.lab.run(15e9);
  t.deepEqual(states(net), [['backup'], ['master']]);
});

test('asked to step down, all members do, and none comes back by itself', (t) => {
  const net = pair([100, 200]);
  net.lab.run(5e9);
  t.true(net.b.group.stepDown('an operator asked'));
  net.lab.run(20e9);
  t.deepEqual(states(net), [['master'], ['backup']]);
});

test('a better node that comes preempts on all segments within one advert’s time of each other', (t) => {
  const lab = new GroupLab([wire, wire]);
  const a = lab.add([settings(100), settings(100)]);
  const b = lab.add([settings(200), settings(200)]);
  lab.start(a);
  lab.run(2e9);
  lab.start(b);
  lab.run(10e9);
  t.deepEqual([lab.statesOf(a), lab.statesOf(b)], [['backup'], ['master']]);
  t.is(a.changes.length, 3, 'init, backup, master, backup');
  t.is(b.changes.length, 2);
});

test('where each node is the better one on a segment, one of them is master of both, and stays it', (t) => {
  const lab = new GroupLab([wire, wire]);
  const a = lab.add([settings(200), settings(100)]);
  const b = lab.add([settings(100), settings(200)]);
  lab.start(a, b);
  lab.run(30e9);
  t.deepEqual([lab.statesOf(a), lab.statesOf(b)].flat().toSorted(), ['backup', 'master']);
  t.true(a.changes.length + b.changes.length <= 7);
});

test('a member that joins a group of masters becomes master beside them once it has heard nobody', (t) => {
  const lab = new GroupLab([wire, wire]);
  const a = lab.add([settings(100), settings(100)]);
  const [first, second] = a.members;
  if (first === undefined || second === undefined) throw new Error('no members');
  a.group.assign([first], 'configured');
  first.node.router.control('startup', ns(0), 'started');
  lab.run(2e9);
  a.group.assign([first, second], 'configured');
  second.node.router.control('startup', ns(lab.nowNs), 'started');
  lab.run(2e9 + masterDownInterval(100, interval) - 1);
  t.deepEqual([first.state, second.state], ['master', 'backup']);
  lab.run(4e9);
  t.deepEqual(lab.statesOf(a), ['master']);
});

/** Small and seeded, so that every run of a case is the same. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('whatever was lost, delayed or at fault: once it is quiet, members of one group are in one state, and one node is master', (t) => {
  const member = fc.record({ a: fc.integer({ min: 1, max: 254 }), b: fc.integer({ min: 1, max: 254 }) });
  const cases = fc.record({
    members: fc.array(member, { minLength: 1, maxLength: 4 }),
    uniform: fc.boolean(),
    intervals: fc.array(fc.integer({ min: 5, max: 40 }), { minLength: 4, maxLength: 4 }),
    preempt: fc.boolean(),
    loss: fc.double({ min: 0, max: 0.9, noNaN: true }),
    delayMs: fc.double({ min: 0.01, max: 10, noNaN: true }),
    faults: fc.array(fc.record({ node: fc.nat(1), at: fc.nat(3), ms: fc.integer({ min: 1, max: 5000 }) }), {
      maxLength: 4,
    }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(cases, ({ members, uniform, intervals, preempt, loss, delayMs, faults, seed }) => {
      const next = random(seed);
      let lossy = true;
      const medium: Medium = () => (lossy && next() < loss ? null : delayMs * NS_PER_MS * (0.5 + next() / 2));
      const lab = new GroupLab(members.map(() => medium));
      const nodes = (['a', 'b'] as const).map((name) =>
        lab.add(
          members.map((each, at) =>
            settings(uniform ? (members[0] ?? each)[name] : each[name], {
              preempt,
              intervalNs: nsFromMs((intervals[at] ?? 10) * 10),
            }),
          ),
        ),
      );
      lab.start(...nodes);
      for (const { node, at, ms } of faults.toSorted((one, other) => one.ms - other.ms)) {
        lab.run(ms * NS_PER_MS);
        const faulty = nodes[node] as GroupNode;
        const which = at % members.length;
        lab.fault(faulty, which, (faulty.members[which]?.faults.length ?? 0) > 0 ? null : 'no carrier');
        t.is(lab.statesOf(faulty).includes('fault') ? lab.statesOf(faulty).length : 1, 1, 'at fault together');
      }
      lab.run(6e9);
      for (const node of nodes) members.forEach((_, at) => void lab.fault(node, at, null));
      lossy = false;
      lab.run(20e9);
      const quiet = nodes.map(({ changes }) => changes.length);
      lab.run(30e9);
      t.deepEqual(
        nodes.map(({ changes }) => changes.length),
        quiet,
        'nothing changes any more',
      );
      t.deepEqual(nodes.flatMap((node) => lab.statesOf(node)).toSorted(), ['backup', 'master']);
      if (!uniform || !preempt) return;
      const [{ a, b }] = members as [{ a: number; b: number }];
      if (a !== b) t.deepEqual(lab.statesOf(nodes[a > b ? 0 : 1] as GroupNode), ['master'], 'the better one');
    }),
    { seed: 9568, numRuns: 80 },
  );
});
