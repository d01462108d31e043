import test from 'ava';
import { standstillsOf, stillNs, watchStandstills } from '../../../bench/vrrp/standstill.js';
import { needs } from '../../support/needs.js';

const span = (from: number, to: number) => ({ fromNs: BigInt(from), toNs: BigInt(to) });

test('what processors were held up for at the same time is one standstill', (t) => {
  t.deepEqual(standstillsOf(''), []);
  t.deepEqual(standstillsOf('100 900\n'), [span(100, 900)]);
  t.deepEqual(standstillsOf('300 1000\n100 900\n'), [span(100, 1000)]);
  t.deepEqual(standstillsOf('5500 6000\n300 1000\n100 900\n5000 7000\n'), [span(100, 1000), span(5000, 7000)]);
});

test('of a time, what it stood still', (t) => {
  const spans = [span(100, 200), span(300, 500)];
  t.is(stillNs(spans, 0n, 1000n), 300);
  t.is(stillNs(spans, 150n, 400n), 150);
  t.is(stillNs(spans, 210n, 290n), 0);
});

needs('root', 'gcc')('threads on all processors keep watch, and end when they are told to', async (t) => {
  await using watch = await watchStandstills();
  for (const { fromNs, toNs } of await watch.stop()) t.true(toNs > fromNs);
  t.pass();
});
