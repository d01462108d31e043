import test from 'ava';
import { MemoryWatch } from '../../../src/machines/memory/memory-watch.js';

const MIB = 1024 * 1024;

test('what a burst took is given back once it stands still, and what is in use becomes the floor', (t) => {
  const watch = new MemoryWatch();
  const looks = [200, 200, 600, 900, 500, 498, 495, 495, 495].map((mib, index) => watch.look(mib * MIB, index * 4000));
  // Still at 498: given back in vain, so 495 is what is in use.
  t.deepEqual(looks, [false, false, false, false, false, true, false, false, false]);
  t.false(watch.look(500 * MIB, 100_000));
  t.false(watch.look(560 * MIB, 104_000));
  t.true(watch.look(560 * MIB, 108_000));
});

test('little above the floor is left alone', (t) => {
  const watch = new MemoryWatch();
  for (let at = 0; at < 20; at += 1) t.false(watch.look((200 + (at % 2) * 40) * MIB, at * 4000));
});
