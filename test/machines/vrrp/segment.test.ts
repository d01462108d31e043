import test from 'ava';
import fc from 'fast-check';
import type { RouterSettings } from '../../../src/machines/vrrp/router.js';
import { masterDownInterval, skewTime } from '../../../src/machines/vrrp/timers.js';
import { type Nanoseconds, NS_PER_MS, ns, nsFromMs } from '../../../src/model/units.js';
import { type Medium, SimulatedSegment } from '../../support/rigs/vrrp/segment.js';

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

function segment(priorities: readonly number[], medium: Medium = wire, over: Partial<RouterSettings> = {}) {
  const net = new SimulatedSegment(medium);
  for (const priority of priorities) net.add(settings(priority, over));
  net.start();
  return net;
}
const names = (net: SimulatedSegment) => net.aliveMasters().map(({ name }) => name);

/** Small and seeded, so that every run of a case is the same. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('the highest priority is elected, once, without a second master in between', (t) => {
  const net = segment([100, 200, 150]);
  net.run(60e9);
  t.deepEqual(names(net), [1]);
  t.deepEqual(
    net.masters.map((span) => span.names),
    [[], [1]],
  );
});

test('RFC 9568 6.4.3: among equals the highest address wins', (t) => {
  const net = segment([100, 100, 100]);
  net.run(10e9);
  t.deepEqual(names(net), [2]);
});

test('after a crash the best backup is master exactly one master down interval after the last advert', (t) => {
  const net = segment([200, 150, 100]);
  net.run(10e9);
  const [first, second] = net.nodes;
  if (first === undefined || second === undefined) throw new Error('no nodes');
  net.kill(first);
  const lastAdvert = first.advertTimes.at(-1) ?? Number.NaN;
  net.run(20e9);
  t.deepEqual(names(net), [1]);
  const took = second.advertTimes[0] ?? Number.NaN;
  t.is(took - lastAdvert, DELAY_NS + masterDownInterval(150, interval));
});

test('after a graceful stop the best backup waits its skew alone', (t) => {
  const net = segment([200, 150, 100]);
  net.run(10e9);
  const [first, second] = net.nodes;
  if (first === undefined || second === undefined) throw new Error('no nodes');
  first.router.control('shutdown', ns(net.nowNs), 'stopped');
  const resigned = net.nowNs;
  net.run(20e9);
  t.deepEqual(names(net), [1]);
  t.is((second.advertTimes[0] ?? Number.NaN) - resigned, DELAY_NS + skewTime(150, interval));
});

test('a router that comes back preempts without a gap; without preemption it leaves the master alone', (t) => {
  for (const preempt of [true, false]) {
    const net = segment([100], wire, { preempt });
    net.run(5e9);
    const better = net.add(settings(200, { preempt }));
    better.router.control('startup', ns(net.nowNs), 'started');
    const since = net.nowNs;
    net.run(20e9);
    t.deepEqual(names(net), [preempt ? 1 : 0]);
    t.is(net.longest('none', since), 0);
    t.true(net.longest('many', since) <= DELAY_NS);
  }
});

test('a segment that is cut has a master on each side, and one again as soon as it is whole', (t) => {
  let cut = false;
  const net = segment([200, 150, 100], (from, to) => (cut && (from === 0) !== (to === 0) ? null : DELAY_NS));
  net.run(5e9);
  cut = true;
  net.run(10e9);
  t.deepEqual(names(net), [0, 1]);
  cut = false;
  const healed = net.nowNs;
  net.run(20e9);
  t.deepEqual(names(net), [0]);
  t.true(net.longest('many', healed) <= interval + DELAY_NS);
});

test('a backup that hears the master, which does not hear it, stays a backup', (t) => {
  const net = segment([200, 150], (from) => (from === 1 ? null : DELAY_NS));
  net.run(30e9);
  t.deepEqual(names(net), [0]);
});

test('a backup that cannot hear the master takes over; the master that hears it keeps its place and says so', (t) => {
  const net = segment([200, 150], (from) => (from === 0 ? null : DELAY_NS));
  net.run(5e9);
  t.deepEqual(names(net), [0, 1]);
});

test('two adverts in a row may be lost', (t) => {
  const sent = new Map<number, number>();
  const net = segment([200, 150], (from) => {
    if (from !== 0) return DELAY_NS;
    const count = (sent.get(from) ?? 0) + 1;
    sent.set(from, count);
    return count % 3 === 1 ? DELAY_NS : null;
  });
  net.run(60e9);
  t.deepEqual(names(net), [0]);
  t.is(net.nodes[1]?.adverts, 0);
});

test('lateness of deadlines alone, short of a master down interval, makes no second master', (t) => {
  const net = segment([200, 150]);
  const [first] = net.nodes;
  if (first === undefined) throw new Error('no node');
  net.run(5e9);
  first.latenessNs = 1.9 * interval;
  net.run(60e9);
  t.is(net.longest('many', 5e9), 0);
  t.is(net.nodes[1]?.adverts, 0);
});

test('with two or three routers, whatever is lost: never long without a master, never long with two', (t) => {
  const cases = fc.record({
    priorities: fc.array(fc.integer({ min: 1, max: 254 }), { minLength: 2, maxLength: 3 }),
    loss: fc.double({ min: 0, max: 0.6, noNaN: true }),
    delayMs: fc.double({ min: 0.01, max: 20, noNaN: true }),
    preempt: fc.boolean(),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(cases, ({ priorities, loss, delayMs, preempt, seed }) => {
      const next = random(seed);
      const delay = delayMs * NS_PER_MS;
      // At most four losses in a row on a path, so that there is a bound to hold the routers to.
      const row = new Map<string, number>();
      const net = segment(
        priorities,
        (from, to) => {
          const path = `${from}>${to}`;
          const lost = (row.get(path) ?? 0) < 4 && next() < loss;
          row.set(path, lost ? (row.get(path) ?? 0) + 1 : 0);
          return lost ? null : delay * (0.5 + next() / 2);
        },
        { preempt },
      );
      net.run(30e9);
      const lowest = Math.min(...priorities);
      const start = masterDownInterval(lowest, interval) + delay;
      t.true(net.longest('none', start) <= masterDownInterval(lowest, interval) + delay);
      // Of two masters one hears the other within five of its adverts, and yields. A third may rise meanwhile.
      t.true(net.longest('many', 0) <= (priorities.length - 1) * (5 * interval + 2 * delay) + lateRises(priorities));
    }),
    { seed: 9568, numRuns: 300 },
  );
});

/** With three routers, the third may just have lost four adverts when the first two have agreed. */
const lateRises = (priorities: readonly number[]): Nanoseconds => ns(priorities.length > 2 ? 10 * interval : 0);

test('once nothing is lost any more, the best priority is the one master', (t) => {
  const cases = fc.record({
    priorities: fc.uniqueArray(fc.integer({ min: 1, max: 254 }), { minLength: 2, maxLength: 3 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(cases, ({ priorities, seed }) => {
      const next = random(seed);
      let lossy = true;
      const net = segment(priorities, () => (lossy && next() < 0.7 ? null : DELAY_NS));
      net.run(10e9);
      lossy = false;
      net.run(12e9);
      const quiet = net.masters.length;
      net.run(60e9);
      t.deepEqual(names(net), [priorities.indexOf(Math.max(...priorities))]);
      t.is(net.masters.length, quiet);
    }),
    { seed: 9568, numRuns: 100 },
  );
});

test('routers with different intervals agree too', (t) => {
  const net = new SimulatedSegment(wire);
  net.add(settings(100, { intervalNs: nsFromMs(10) }));
  net.add(settings(200, { intervalNs: nsFromMs(1000) }));
  net.start();
  net.run(60e9);
  t.deepEqual(names(net), [1]);
  const [, slow] = net.nodes;
  if (slow === undefined) throw new Error('no node');
  net.kill(slow);
  const last = slow.advertTimes.at(-1) ?? Number.NaN;
  net.run(120e9);
  t.is(
    (net.nodes[0]?.advertTimes ?? []).find((at) => at > last + DELAY_NS),
    last + DELAY_NS + masterDownInterval(100, nsFromMs(1000)),
  );
});
