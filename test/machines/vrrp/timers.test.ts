import test from 'ava';
import fc from 'fast-check';
import { masterDownInterval, silenceLimit, skewTime } from '../../../src/machines/vrrp/timers.js';
import { ns, nsFromMs } from '../../../src/model/units.js';

test('RFC 9568 6.1: Skew_Time is ((256 - priority) * Active_Adver_Interval) / 256', (t) => {
  t.is(skewTime(100, nsFromMs(1000)), ns(609_375_000));
  t.is(skewTime(254, nsFromMs(1000)), ns(7_812_500));
});

test('RFC 9568 6.1: Active_Down_Interval is three intervals and the skew', (t) => {
  t.is(masterDownInterval(100, nsFromMs(1000)), ns(3_609_375_000));
  t.is(masterDownInterval(200, nsFromMs(10)), ns(32_187_500));
});

test('RFC 3768 6.1: in version 2 Skew_Time is a part of a second, whatever the interval', (t) => {
  t.is(skewTime(100, nsFromMs(5000), 2), ns(609_375_000));
  t.is(masterDownInterval(100, nsFromMs(5000), 2), ns(15_609_375_000));
  t.is(masterDownInterval(100, nsFromMs(1000), 2), masterDownInterval(100, nsFromMs(1000), 3));
});

test('the skew of the shortest interval is not rounded away', (t) => {
  t.true(skewTime(254, nsFromMs(10)) > 0);
  t.true(skewTime(253, nsFromMs(10)) > skewTime(254, nsFromMs(10)));
});

test('a higher priority always waits less, and longer than a master may be silent', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 254 }),
      fc.integer({ min: 1, max: 254 }),
      fc.integer({ min: 1, max: 4095 }),
      (a, b, cs) => {
        const interval = nsFromMs(cs * 10);
        if (a > b) t.true(masterDownInterval(a, interval) < masterDownInterval(b, interval));
        t.true(masterDownInterval(a, interval) > silenceLimit(interval) + interval);
      },
    ),
    { seed: 9568 },
  );
});
