import test from 'ava';
import { ToldInTurns } from '../../../src/workers/links/told-in-turns.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('each message is told in a turn of its own, in order, and the first at once', async (t) => {
  const told: number[] = [];
  const news = new ToldInTurns<number>((message) => told.push(message));
  for (const message of [1, 2, 3]) news.tell(message);
  t.deepEqual(told, [1]);
  await turn();
  t.true(told.length < 3);
  await news.told();
  t.deepEqual(told, [1, 2, 3]);
});

test('what is forgotten is not told, and what comes later is', async (t) => {
  const told: number[] = [];
  const news = new ToldInTurns<number>((message) => told.push(message));
  for (const message of [1, 2]) news.tell(message);
  news.forget();
  news.tell(3);
  await news.told();
  t.deepEqual(told, [1, 3]);
});
