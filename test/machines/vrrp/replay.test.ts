import test from 'ava';
import fc from 'fast-check';
import { isAfter, isFresh, ReplayGuard, SendSequence } from '../../../src/machines/vrrp/replay.js';

const at = (seconds: number, ticks = 0) => ({ seconds, ticks });
const one = Uint8Array.of(10, 0, 0, 1);
const two = Uint8Array.of(10, 0, 0, 2);

test('sequences are compared as serial numbers of 64 bits (RFC 1982)', (t) => {
  const half = 1n << 63n;
  const whole = 1n << 64n;
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  const numberOf = ({ seconds, ticks }: { seconds: number; ticks: number }) => (BigInt(seconds) << 32n) | BigInt(ticks);
  const any = fc.record({ seconds: fc.oneof(word, fc.constantFrom(0, 0xffff_ffff)), ticks: word });
  fc.assert(
    fc.property(any, any, (a, b) => {
      const difference = (numberOf(a) - numberOf(b) + whole) % whole;
      t.is(isAfter(a, b), difference > 0n && difference < half);
    }),
    { seed: 1982, numRuns: 2000 },
  );
});

test('what is sent has the time, and one more than the last where the time did not grow', (t) => {
  const sequence = new SendSequence();
  const next = (seconds: number, ticks: number, windowS: number | null = 5) => {
    sequence.plan(seconds, ticks, windowS);
    sequence.sent();
    return { ...sequence.planned };
  };
  t.deepEqual(next(100, 0x8000_0000), at(100, 0x8000_0000));
  t.deepEqual(next(100, 0x8000_0000), at(100, 0x8000_0001));
  t.deepEqual(next(99, 0), at(100, 0x8000_0002));
  t.deepEqual(next(101, 0), at(101, 0));
  t.deepEqual(next(101, 0xffff_ffff), at(101, 0xffff_ffff));
  t.deepEqual(next(101, 0), at(102, 0), 'the counter carries');
});

test('what was planned and not sent takes no number', (t) => {
  const sequence = new SendSequence();
  sequence.plan(100, 0, 5);
  sequence.sent();
  sequence.plan(101, 0, 5);
  sequence.plan(100, 0x1_0000, 5);
  t.deepEqual(sequence.planned, at(100, 0x1_0000));
});

test('a clock that was set back by more than the window is followed, but not without a window', (t) => {
  for (const [windowS, expected] of [
    [5, at(100)],
    [null, at(1000, 1)],
  ] as const) {
    const sequence = new SendSequence();
    sequence.plan(1000, 0, windowS);
    sequence.sent();
    sequence.plan(100, 0, windowS);
    t.deepEqual(sequence.planned, expected);
  }
});

test('a number that does not grow is a replay, for each sender by itself', (t) => {
  const guard = new ReplayGuard(4);
  t.true(guard.accepts(one, at(100, 5), 100, 5));
  t.false(guard.accepts(one, at(100, 5), 100, 5));
  t.false(guard.accepts(one, at(99, 9), 100, 5));
  t.true(guard.accepts(two, at(100, 5), 100, 5));
  t.true(guard.accepts(one, at(100, 6), 100, 5));
  t.true(guard.accepts(one, at(0, 0), 0, null) === false, 'without a window the past is never forgotten');
});

test('a sender whose clock was wrong begins anew once its number is outside the window', (t) => {
  const guard = new ReplayGuard(4);
  guard.accepts(one, at(104), 100, 5);
  t.false(guard.accepts(one, at(101), 101, 5));
  t.true(guard.accepts(one, at(110), 110, 5));
  t.true(guard.accepts(one, at(90), 90, 5));
});

test('of too many senders the one that was silent longest is forgotten', (t) => {
  const guard = new ReplayGuard(2);
  const three = Uint8Array.of(10, 0, 0, 3);
  guard.accepts(one, at(100), 100, 5);
  guard.accepts(two, at(100), 100, 5);
  guard.accepts(one, at(101), 100, 5);
  guard.accepts(three, at(100), 100, 5);
  t.false(guard.accepts(one, at(101), 100, 5));
  t.true(guard.accepts(two, at(100), 100, 5));
});

test('the window reaches as far into the past as into the future, across the wrap of the seconds', (t) => {
  for (const [seconds, nowS, fresh] of [
    [95, 100, true],
    [94, 100, false],
    [105, 100, true],
    [106, 100, false],
    [0xffff_ffff, 3, true],
    [0xffff_fff0, 3, false],
  ] as const)
    t.is(isFresh(seconds, nowS, 5), fresh);
});
