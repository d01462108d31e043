import { EventEmitter } from 'node:events';
import test from 'ava';
import { HANGS_AFTER_MS, KilledThreads, MAX_LEFT } from '../../../src/workers/supervision/killed-threads.js';

/** A thread that ends when the test says so. */
class Hanging extends EventEmitter {
  threadId = 1;
  unref() {}
  end() {
    this.threadId = -1;
    this.emit('exit', 1);
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('so many are left behind; who waits for the next one goes on when one of them ends', async (t) => {
  const killed = new KilledThreads();
  const threads = Array.from({ length: MAX_LEFT + 2 }, () => new Hanging());
  const left: number[] = [];
  threads.forEach((thread, index) => void killed.leave(thread, 0).then(() => left.push(index)));
  await settled();
  t.deepEqual(left, [...Array(MAX_LEFT).keys()]);
  const later = performance.now() + HANGS_AFTER_MS;
  t.is(killed.hanging(later), MAX_LEFT + 2);
  threads[3]?.end();
  await settled();
  t.deepEqual(left, [...Array(MAX_LEFT).keys(), MAX_LEFT]);
  threads[MAX_LEFT + 1]?.end();
  await settled();
  t.is(left.length, MAX_LEFT + 2, 'one that has ended takes no room');
  t.is(killed.hanging(later), MAX_LEFT);
});

test('one that ends in time is not left, and one that has ended is not waited for', async (t) => {
  const killed = new KilledThreads();
  const [ending, ended] = [new Hanging(), new Hanging()];
  const left = killed.leave(ending, 60_000);
  ended.end();
  await killed.leave(ended, 60_000);
  ending.end();
  await left;
  t.is(killed.hanging(Number.POSITIVE_INFINITY), 0);
});
