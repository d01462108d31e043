import test from 'ava';
import {
  AGAIN_SPACING_NS,
  GarpScheduler,
  PROBE_DELAY_NS,
} from '../../../../src/actors/vrrp/addresses/garp-scheduler.js';
import { nsFromMs } from '../../../../src/model/units.js';
import { gratuitous } from '../../../support/fixtures/vrrp-config.js';

const settings = gratuitous({ count: 3, intervalNs: nsFromMs(100) });

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
  const garp = new GarpScheduler(gratuitous({ count: 2, refreshNs: nsFromMs(0) }));
  garp.start(5e6);
  t.deepEqual(run(garp, 100e9), ['5 announce', '5 announce', '505 probe']);
});

test('a count of 0 announces nothing', (t) => {
  const garp = new GarpScheduler({ ...settings, count: 0 });
  garp.start(0);
  t.deepEqual(run(garp, 100e9), ['500 probe']);
});

test('rivals bring one more burst at most in a second, and one after the last of them', (t) => {
  const garp = new GarpScheduler(gratuitous({ count: 1, refreshNs: nsFromMs(0) }));
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

const twice = gratuitous({
  count: 2,
  refreshNs: nsFromMs(0),
  repeatAfterNs: nsFromMs(5000),
  repeatCount: 3,
  intervalNs: nsFromMs(10),
});

test('a second burst comes once, so long after the take-over', (t) => {
  const garp = new GarpScheduler(twice);
  garp.start(0);
  t.deepEqual(run(garp, 100e9), [
    '0 announce',
    '10 announce',
    '500 probe',
    '5000 announce',
    '5010 announce',
    '5020 announce',
  ]);
});

test('a rival brings no second burst anew, and the end of the mastership takes it back', (t) => {
  const garp = new GarpScheduler(twice);
  garp.start(0);
  run(garp, 2e9);
  garp.again(2e9);
  t.deepEqual(run(garp, 100e9), ['2000 announce', '2010 announce', '5000 announce', '5010 announce', '5020 announce']);
  garp.start(200e9);
  run(garp, 201e9);
  garp.stop();
  t.deepEqual(run(garp, 300e9), []);
});

test('without a first burst there may be a second one', (t) => {
  const garp = new GarpScheduler({ ...twice, count: 0 });
  garp.start(0);
  t.deepEqual(run(garp, 100e9), ['500 probe', '5000 announce', '5010 announce', '5020 announce']);
});

test('each refresh has as many rounds as it is told', (t) => {
  const garp = new GarpScheduler({ ...settings, count: 1, refreshCount: 2 });
  garp.start(0);
  t.deepEqual(run(garp, 21e9), [
    '0 announce',
    '500 probe',
    '10000 announce',
    '10100 announce',
    '20100 announce',
    '20200 announce',
  ]);
});
