import { mock } from 'node:test';
import test from 'ava';
import { Throttle } from '../../../src/actors/engine/throttle.js';

/** A pause is a timer of this thread. */
mock.timers.enable({ apis: ['setTimeout'] });

function rig(costMs: number) {
  let nowMs = 0;
  const done: string[] = [];
  let reads = 0;
  const throttle = new Throttle<string>({
    cpuMs: () => {
      reads += 1;
      return nowMs;
    },
    isQuick: (key) => key.startsWith('small'),
    work: (key) => {
      done.push(key);
      nowMs += costMs;
    },
  });
  return { throttle, done, reads: () => reads };
}

test('quick work is done each time, at once', (t) => {
  const { throttle, done } = rig(1);
  for (let i = 0; i < 5; i += 1) throttle.request('a');
  t.is(done.length, 5);
});

test('what is small is not even timed', (t) => {
  const { throttle, done, reads } = rig(10);
  for (let i = 0; i < 5; i += 1) throttle.request('small');
  t.is(done.length, 5);
  t.is(reads(), 0);
});

test('long work is done at once, and then again once for all who asked meanwhile; others do not wait for it', (t) => {
  const { throttle, done } = rig(10);
  for (let i = 0; i < 5; i += 1) throttle.request('a');
  throttle.request('b');
  t.deepEqual(done, ['a', 'b']);
  mock.timers.tick(39);
  t.deepEqual(done, ['a', 'b']);
  mock.timers.tick(1);
  t.deepEqual(done, ['a', 'b', 'a']);
  throttle.close();
});

test('what is forgotten is not done any more', (t) => {
  const { throttle, done } = rig(6);
  throttle.request('a');
  throttle.request('a');
  throttle.forget('a');
  throttle.request('b');
  throttle.request('b');
  throttle.close();
  mock.timers.tick(1000);
  t.deepEqual(done, ['a', 'b']);
});
