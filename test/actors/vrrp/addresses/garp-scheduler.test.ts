import test from 'ava';
import {
  AGAIN_SPACING_NS,
  GarpScheduler,
  PROBE_DELAY_NS,
} from '../../../../src/actors/vrrp/addresses/garp-scheduler.js';
import { nsFromMs } from '../../../../src/model/units.js';

const settings = { count: 3, intervalNs: nsFromMs(100), refreshNs: nsFromMs(10_000) };

/** All that is due until `untilNs`, with its times in milliseconds. */
function run(garp: GarpScheduler, untilNs: number): string[] {
  const said: string[] = [];
  while (garp.nextNs <= untilNs) {
    const atNs = garp.nextNs;
    said.push(`${atNs / 1e6} ${garp.due(atNs)}`);
  }
  return said;
}

test('a take-over is announced in a burst, asked about once, and refreshed', (t) => {
  const garp = new GarpScheduler(settings);
  t.is(garp.nextNs, Number.POSITIVE_INFINITY);
  garp.start(0);
  t.deepEqual(run(garp, 25e9), [
    '0 announce',
    '100 announce',
    '200 announce',
    '500 probe',
    '10200 announce',
    '20200 announce',
  ]);
  t.is(PROBE_DELAY_NS, 500e6);
});

test('without an interval a burst is all at once; without a refresh it is all there is', (t) => {
  const garp = new GarpScheduler({ count: 2, intervalNs: nsFromMs(0), refreshNs: nsFromMs(0) });
  garp.start(5e6);
  t.deepEqual(run(garp, 100e9), ['5 announce', '5 announce', '505 probe']);
});

test('a count of 0 announces nothing', (t) => {
  const garp = new GarpScheduler({ ...settings, count: 0 });
  garp.start(0);
  t.deepEqual(run(garp, 100e9), ['500 probe']);
});

test('rivals bring one more burst at most in a second, and one after the last of them', (t) => {
  const garp = new GarpScheduler({ count: 1, intervalNs: nsFromMs(0), refreshNs: nsFromMs(0) });
  garp.start(0);
  run(garp, 999e6);
  const said: string[] = [];
  for (let ms = 1000; ms <= 3000; ms += 10) {
    garp.again(ms * 1e6);
    said.push(...run(garp, ms * 1e6));
  }
  t.deepEqual(said, ['1000 announce', '2000 announce', '3000 announce']);
  garp.again(3.5e9);
  t.deepEqual(run(garp, 10e9), ['4000 announce']);
  t.is(AGAIN_SPACING_NS, 1e9);
});

test('a master that steps down announces nothing more', (t) => {
  const garp = new GarpScheduler(settings);
  garp.start(0);
  garp.stop();
  t.deepEqual(run(garp, 100e9), []);
});
