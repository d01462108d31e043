import test from 'ava';
import fc from 'fast-check';
import { TICK_NS, TimerWheel } from '../../../../src/actors/monitor/time/timer-wheel.js';
import { ns } from '../../../../src/model/units.js';

const ticks = (count: number) => ns(count * TICK_NS);

test('a timer fires once, at the first look at or after its deadline', (t) => {
  const wheel = new TimerWheel(ticks(100));
  const fired: number[] = [];
  wheel.set(7, ticks(105));
  t.is(wheel.nextNs(), ticks(105));
  wheel.advance(ticks(104), (id) => fired.push(id));
  t.deepEqual(fired, []);
  wheel.advance(ticks(105), (id) => fired.push(id));
  wheel.advance(ticks(500), (id) => fired.push(id));
  t.deepEqual(fired, [7]);
  t.is(wheel.size, 0);
  t.is(wheel.nextNs(), ns(Number.POSITIVE_INFINITY));
});

test('a deadline between ticks is rounded up, never down', (t) => {
  const wheel = new TimerWheel(ticks(0));
  wheel.set(1, ns(1.2 * TICK_NS));
  const fired: number[] = [];
  wheel.advance(ns(1.9 * TICK_NS), (id) => fired.push(id));
  t.deepEqual(fired, []);
  wheel.advance(ticks(2), (id) => fired.push(id));
  t.deepEqual(fired, [1]);
});

test('timers of one tick fire in the order in which they were set', (t) => {
  const wheel = new TimerWheel(ticks(0));
  for (const id of [3, 1, 2]) wheel.set(id, ticks(300));
  const fired: number[] = [];
  wheel.advance(ticks(300), (id) => fired.push(id));
  t.deepEqual(fired, [3, 1, 2]);
});

test('a timer that is cleared while its tick is fired does not fire', (t) => {
  const wheel = new TimerWheel(ticks(0));
  wheel.set(1, ticks(5));
  wheel.set(2, ticks(5));
  const fired: number[] = [];
  wheel.advance(ticks(5), (id) => {
    fired.push(id);
    wheel.clear(2);
  });
  t.deepEqual(fired, [1]);
});

test('a timer that sets itself into the past does not hold the wheel for ever', (t) => {
  const wheel = new TimerWheel(ticks(0));
  wheel.set(1, ticks(1));
  let fired = 0;
  wheel.advance(ticks(10), () => {
    fired += 1;
    wheel.set(1, ticks(0));
  });
  t.is(fired, 10);
});

test('a wait longer than the wheel reaches is kept', (t) => {
  const wheel = new TimerWheel(ticks(0));
  const year = 365 * 24 * 3600 * 1000;
  wheel.set(1, ticks(year));
  const fired: number[] = [];
  let looks = 0;
  while (wheel.size > 0 && looks < 1000) {
    looks += 1;
    wheel.advance(wheel.nextNs(), (id) => fired.push(id));
  }
  t.deepEqual(fired, [1]);
  wheel.set(1, ticks(year + 5));
  wheel.advance(ticks(year + 4), () => t.fail('early'));
  wheel.advance(ticks(year + 5), () => t.pass());
});

type Step =
  | { readonly kind: 'set'; readonly id: number; readonly inTicks: number }
  | { readonly kind: 'clear'; readonly id: number }
  | { readonly kind: 'advance'; readonly byTicks: number }
  | { readonly kind: 'advance-to-next' };

const anyWait = fc.oneof(
  fc.integer({ min: -3, max: 600 }),
  fc.integer({ min: 0, max: 200_000 }),
  fc.integer({ min: 0, max: 2 ** 31 }),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), id: fc.integer({ min: 0, max: 90 }), inTicks: anyWait }),
  fc.record({ kind: fc.constant('clear' as const), id: fc.integer({ min: 0, max: 90 }) }),
  fc.record({ kind: fc.constant('advance' as const), byTicks: anyWait.map(Math.abs) }),
  fc.constant({ kind: 'advance-to-next' as const }),
);

test('the wheel fires what a plain list of deadlines would, in its order, and says when the next is due', (t) => {
  // A small limit makes it move its origin often.
  for (const rebaseTicks of [2 ** 30, 5000]) {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.array(anyStep, { maxLength: 80 }), (start, steps) => {
        let now = start;
        const wheel = new TimerWheel(ticks(now), rebaseTicks);
        const model = new Map<number, number>();
        for (const step of steps) {
          if (step.kind === 'set') {
            wheel.set(step.id, ticks(now + step.inTicks));
            // What is due already fires at the next tick.
            model.set(step.id, Math.max(now + step.inTicks, now + 1));
          } else if (step.kind === 'clear') {
            wheel.clear(step.id);
            model.delete(step.id);
          } else {
            const next = wheel.nextNs();
            const earliest = Math.min(...model.values());
            if (next > ticks(earliest)) return false;
            now = step.kind === 'advance' ? now + step.byTicks : Math.max(now, Math.min(next / TICK_NS, now + 2 ** 31));
            const fired: number[] = [];
            wheel.advance(ticks(now), (id) => fired.push(id));
            const due = [...model].filter(([, at]) => at <= now);
            const times = fired.map((id) => model.get(id) ?? Number.NaN);
            if (times.some((at, i) => !(at >= (times[i - 1] ?? at)))) return false;
            if (fired.length !== due.length || due.some(([id]) => !fired.includes(id))) return false;
            for (const id of fired) model.delete(id);
          }
          if (wheel.size !== model.size) return false;
        }
        return true;
      }),
      { seed: 22, numRuns: 1000 },
    );
  }
  t.pass();
});
