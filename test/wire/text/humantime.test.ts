import test from 'ava';
import fc from 'fast-check';
import { NS_PER_MS, NS_PER_S, ns } from '../../../src/model/units.js';
import { formatHumantime, parseHumantime } from '../../../src/wire/text/humantime.js';

const SEED = 20_071;

const parsed = (text: string): number | string => {
  const result = parseHumantime(text);
  return result.ok ? result.ns : result.message;
};

const DAY = 86_400 * NS_PER_S;
const accepted: readonly (readonly [text: string, span: number])[] = [
  ['17nsec', 17],
  ['17nanos', 17],
  ['33ns', 33],
  ['3usec', 3_000],
  ['78us', 78_000],
  ['163\u00b5s', 163_000],
  ['31msec', 31 * NS_PER_MS],
  ['31millis', 31 * NS_PER_MS],
  ['250ms', 250 * NS_PER_MS],
  ['300secs', 300 * NS_PER_S],
  ['1second', NS_PER_S],
  ['100m', 6_000 * NS_PER_S],
  ['12mins', 720 * NS_PER_S],
  ['7hrs', 25_200 * NS_PER_S],
  ['365d', 365 * DAY],
  ['2 weeks', 14 * DAY],
  ['104wks', 728 * DAY],
  ['1month', 2_630_016 * NS_PER_S],
  ['12M', 31_560_192 * NS_PER_S],
  ['1year', 31_557_600 * NS_PER_S],
  ['17y', 536_479_200 * NS_PER_S],
  ['1m 30s', 90 * NS_PER_S],
  ['1m30s', 90 * NS_PER_S],
  ['2h 37min', 9_420 * NS_PER_S],
  [' 20 min 17 nsec ', 1_200 * NS_PER_S + 17],
  ['1s 1s', 2 * NS_PER_S],
  ['1 000 ms', NS_PER_S],
  ['1.5s', 1_500 * NS_PER_MS],
  ['0.001us', 1],
  ['1.5h 0.25m', 5_415 * NS_PER_S],
  ['3.2s 0.456us', 3_200 * NS_PER_MS + 456],
  ['0', 0],
  ['0s', 0],
  ['00000000000000000000000005s', 5 * NS_PER_S],
];
for (const [text, span] of accepted) test(`reads '${text}'`, (t) => t.is(parsed(text), span));

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /a duration is missing/],
  ['  \n', /a duration is missing/],
  ['5', /the number 5 has no unit: write 5s or 5ms/],
  ['1m 30', /the number 30 has no unit/],
  ['1.5', /the number 1\.5 has no unit/],
  ['1.s', /no digit after the point/],
  ['.5s', /a number is expected at '\.5s'/],
  ['-5s', /no sign/],
  ['+5s', /no sign/],
  ['5 parsecs', /unknown unit 'parsecs': the units are ns, us, ms, s/],
  ['5 S', /unknown unit 'S'/],
  ['2 hours min', /a number is expected at 'min'/],
  ['1m, 30s', /a number is expected at ', 30s'/],
  ['0.5ns', /no whole number of nanoseconds/],
  ['31.0000001ms', /no whole number of nanoseconds/],
  ['100000000000000000000ns', /too large/],
  ['18446744073709551616s', /too large/],
  ['18446744073709551615h', /too long a time/],
  ['1.00000000000000000000s', /too many decimals/],
  ['NaN', /a number is expected/],
  ['1e3s', /unknown unit 'e'/],
  ['\u0665s', /a number is expected/],
  ['9'.repeat(2000), /too long/],
];
for (const [text, message] of refused) {
  test(`refuses '${text.slice(0, 30)}'`, (t) => {
    const result = parsed(text);
    t.is(typeof result, 'string');
    t.regex(String(result), message);
  });
}

const shown: readonly (readonly [span: number, text: string])[] = [
  [0, '0s'],
  [1, '1ns'],
  [100 * NS_PER_MS, '100ms'],
  [90 * NS_PER_S, '1m 30s'],
  [9_420 * NS_PER_S, '2h 37m'],
  [DAY, '1day'],
  [2 * DAY + 1, '2days 1ns'],
  [31_557_600 * NS_PER_S, '1year'],
  [2 * 31_557_600 * NS_PER_S + 2 * 2_630_016 * NS_PER_S + NS_PER_S, '2years 2months 1s'],
];
for (const [span, text] of shown) test(`prints '${text}'`, (t) => t.is(formatHumantime(ns(span)), text));

test('prints nothing that is no span', (t) => {
  for (const span of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => formatHumantime(ns(span)), { instanceOf: RangeError });
  }
});

test('every span survives printing and reading', (t) => {
  const spans = fc.oneof(
    fc.maxSafeNat(),
    fc.integer({ min: 0, max: 1e6 }),
    fc.integer({ min: 0, max: 1e9 }).map((s) => s * 1e12),
  );
  fc.assert(
    fc.property(spans, (span) => {
      t.is(parsed(formatHumantime(ns(span))), span);
    }),
    { seed: SEED },
  );
});

test('any text is either read or refused with a message, never an exception', (t) => {
  const pieces = fc.constantFrom('1', '0', '.', ' ', 's', 'm', 'h', 'ms', 'year', '-', '\u00b5', 'x', '99999999999');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((list) => list.join('')),
      ),
      (text) => {
        const result = parseHumantime(text);
        if (result.ok) t.true(Number.isInteger(result.ns) && result.ns >= 0);
        else t.true(result.message.length > 0);
      },
    ),
    { seed: SEED },
  );
});
