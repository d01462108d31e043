import test from 'ava';
import { Unanswered } from '../../../../src/actors/dataplane/fallen/unanswered.js';
import { NS_PER_MS, ns } from '../../../../src/model/units.js';

function start() {
  const timers: { readonly atMs: number; readonly then: () => void }[] = [];
  const told: string[][] = [];
  let nowMs = 0;
  const after = (delayNs: number, then: () => void) => {
    const timer = { atMs: nowMs + delayNs / NS_PER_MS, then };
    timers.push(timer);
    return () => void timers.splice(timers.indexOf(timer), 1);
  };
  const unanswered = new Unanswered(after, (keys) => told.push([...keys].sort()));
  const run = (ms: number) => {
    nowMs += ms;
    for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.then();
    }
  };
  const fall = (shard: string, at: number, ...keys: string[]) =>
    unanswered.hear(shard, { kind: 'fallen', keys, at: ns(at) });
  const answer = (shard: string, until: number) => unanswered.answer(shard, ns(until));
  return { unanswered, told, run, fall, answer, waiting: () => timers.length };
}

test('what the engine answers in time is its own business, also where it was quicker than the shard', (t) => {
  const { told, run, fall, answer, waiting } = start();
  fall('monitor-0', 5, 'a');
  run(40);
  answer('monitor-0', 5);
  t.is(waiting(), 0);
  answer('monitor-0', 9);
  fall('monitor-0', 9, 'b');
  run(1000);
  t.deepEqual(told, []);
});

test('what it leaves unanswered counts as fallen, until it answers for that shard and up to that time', (t) => {
  const { told, run, fall, answer } = start();
  fall('monitor-0', 5, 'a');
  fall('monitor-1', 6, 'b');
  run(50);
  t.deepEqual(told, [['a', 'b']]);
  fall('monitor-0', 7, 'c');
  answer('monitor-0', 4);
  answer('monitor-1', 5);
  t.deepEqual(told.length, 1);
  answer('monitor-0', 5);
  t.deepEqual(told.at(-1), ['b']);
  run(50);
  t.deepEqual(told.at(-1), ['b', 'c']);
  answer('monitor-0', 7);
  answer('monitor-1', 6);
  t.deepEqual(told.slice(-2), [['b'], []]);
});

test('a shard that a reload takes away leaves nothing behind', (t) => {
  const { unanswered, told, run, fall } = start();
  fall('monitor-0', 5, 'a');
  fall('monitor-1', 5, 'b');
  run(50);
  unanswered.keep(new Set(['monitor-0']));
  t.deepEqual(told, [['a', 'b'], ['a']]);
});
