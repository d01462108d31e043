import test from 'ava';
import { Pacer } from '../../../src/actors/engine/pacer.js';

function rig(costMs: number) {
  let nowMs = 0;
  const done: string[] = [];
  const pacer = new Pacer<string>(
    () => nowMs,
    (key) => {
      done.push(key);
      nowMs += costMs;
    },
  );
  return { pacer, done };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

test('quick work is done each time, at once', (t) => {
  const { pacer, done } = rig(1);
  for (let i = 0; i < 5; i += 1) pacer.request('a');
  t.is(done.length, 5);
});

test('long work is done at once, and then again once for all who asked meanwhile; others do not wait for it', async (t) => {
  const { pacer, done } = rig(10);
  for (let i = 0; i < 5; i += 1) pacer.request('a');
  pacer.request('b');
  t.deepEqual(done, ['a', 'b']);
  await until(() => done.length === 3);
  t.deepEqual(done, ['a', 'b', 'a']);
  pacer.close();
});

test('what is forgotten is not done any more', async (t) => {
  const { pacer, done } = rig(6);
  pacer.request('a');
  pacer.request('a');
  pacer.forget('a');
  pacer.request('b');
  pacer.request('b');
  pacer.close();
  await new Promise((resolve) => setTimeout(resolve, 40));
  t.deepEqual(done, ['a', 'b']);
});
