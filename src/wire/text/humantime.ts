/**
 * Spans of time as text: the grammar of the Rust humantime crate, version 2.3 ("1h 30m", "250ms", "1.5s"). A span is a
 * sum of terms; a term is a decimal number and a unit; white space is allowed around both, and inside a number; `0` alone
 * needs no unit. A month is 30.44 days and a year 365.25 days.
 */
import { type Nanoseconds, ns } from '../../model/units.js';

const US = 1_000n;
const MS = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
const MONTH = 2_630_016n * SECOND;
const YEAR = 31_557_600n * SECOND;

const units: ReadonlyMap<string, bigint> = new Map([
  ...['nanos', 'nsec', 'ns'].map((name) => [name, 1n] as const),
  ...['usec', 'us', '\u00b5s'].map((name) => [name, US] as const),
  ...['millis', 'msec', 'ms'].map((name) => [name, MS] as const),
  ...['seconds', 'second', 'secs', 'sec', 's'].map((name) => [name, SECOND] as const),
  ...['minutes', 'minute', 'mins', 'min', 'm'].map((name) => [name, MINUTE] as const),
  ...['hours', 'hour', 'hrs', 'hr', 'h'].map((name) => [name, HOUR] as const),
  ...['days', 'day', 'd'].map((name) => [name, DAY] as const),
  ...['weeks', 'week', 'wks', 'wk', 'w'].map((name) => [name, 7n * DAY] as const),
  ...['months', 'month', 'M'].map((name) => [name, MONTH] as const),
  ...['years', 'year', 'yrs', 'yr', 'y'].map((name) => [name, YEAR] as const),
]);

/** Numbers are u64 and a span is a Rust Duration (u64 seconds and the nanoseconds of one), as in the crate. */
const MAX_NUMBER = 2n ** 64n - 1n;
const MAX_SPAN_NS = MAX_NUMBER * SECOND + SECOND - 1n;
/** 10^19 is the largest power of ten in a u64, so that a fraction has at most 19 digits. */
const MAX_FRACTION_DIGITS = 19;
/** Far beyond any sensible span, so that a hostile text costs nothing. */
const MAX_TEXT = 1024;

export type HumantimeResult =
  | { readonly ok: true; readonly ns: Nanoseconds }
  | { readonly ok: false; readonly message: string };

const refuse = (message: string): { ok: false; message: string } => ({ ok: false, message });

/** Reads a span; the message of a refusal says what is wrong and what to write. Above 2^53 ns (104 days) it is rounded. */
export const parseHumantime = (text: string): HumantimeResult => {
  const exact = parseExact(text);
  return typeof exact === 'bigint' ? { ok: true, ns: ns(Number(exact)) } : exact;
};

const TERM = /\s*(\d[\d\s]*)(?:(\.)([\d\s]*))?([A-Za-z\u00b5]*)/uy;

const parseExact = (text: string): bigint | { ok: false; message: string } => {
  if (text.length > MAX_TEXT) return refuse(`a duration of ${text.length} characters is too long`);
  if (text === '0') return 0n;
  if (text.trim() === '') return refuse('a duration is missing: write a number with a unit, such as 5s');
  let total = 0n;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TERM.lastIndex = at;
    const match = TERM.exec(text);
    if (match === null) return refuse(expectedNumber(text, at));
    const term = termNs(match[1] ?? '', match[2] === undefined ? null : (match[3] ?? ''), match[4] ?? '', text);
    if (typeof term !== 'bigint') return term;
    total += term;
    if (total > MAX_SPAN_NS) return refuse(`'${text}' is too long a time`);
    at = TERM.lastIndex;
  }
  return total;
};

const termNs = (whole: string, fraction: string | null, unit: string, text: string) => {
  const digits = whole.replace(/\s/gu, '');
  const decimals = fraction?.replace(/\s/gu, '') ?? '';
  if (fraction !== null && decimals === '') return refuse(`'${text}' has no digit after the point: write 1.5s or 1s`);
  const shown = fraction === null ? digits : `${digits}.${decimals}`;
  const scale = units.get(unit);
  if (scale === undefined) {
    return refuse(
      unit === ''
        ? `the number ${shown} has no unit: write ${shown}s or ${shown}ms`
        : `unknown unit '${unit}': the units are ns, us, ms, s, m (min), h, d, w, M (months) and y`,
    );
  }
  // The length is compared first: a BigInt of a million digits takes seconds.
  const significant = digits.replace(/^0+(?=\d)/u, '');
  if (significant.length > 20 || BigInt(significant) > MAX_NUMBER) return refuse(`the number ${shown} is too large`);
  if (decimals.length > MAX_FRACTION_DIGITS) return refuse(`the number ${shown} has too many decimals`);
  const denominator = 10n ** BigInt(decimals.length);
  const numerator = BigInt(decimals === '' ? '0' : decimals) * scale;
  if (numerator % denominator !== 0n) return refuse(`${shown}${unit} is no whole number of nanoseconds`);
  return BigInt(significant) * scale + numerator / denominator;
};

const expectedNumber = (text: string, at: number): string => {
  const rest = text.slice(at).trimStart();
  if (/^[-+]/u.test(rest)) return `a duration has no sign: '${text}'`;
  return `a number is expected at '${rest.slice(0, 20)}': write a number with a unit, such as 1m 30s`;
};

/**
 * Prints a span as the crate does: the largest units first, "1year 2months 3days 4h 5m 6s 7ms 8us 9ns"; "0s" for none.
 * @throws RangeError for a negative, fractional or infinite number: no span is one
 */
export const formatHumantime = (span: Nanoseconds): string => {
  if (!Number.isInteger(span) || span < 0) throw new RangeError(`${span} is no span in whole nanoseconds`);
  if (span === 0) return '0s';
  let rest: number = span;
  let text = '';
  for (const [unit, size, plural] of printed) {
    if (rest < size) continue;
    // The remainder of a division of doubles is exact, and the rounding takes off what the rest of it is not.
    const left = rest % size;
    const count = Math.round((rest - left) / size);
    rest = left;
    text += `${text === '' ? '' : ' '}${count}${unit}${plural && count > 1 ? 's' : ''}`;
  }
  return text;
};

const printed: readonly (readonly [unit: string, size: number, plural: boolean])[] = [
  ['year', Number(YEAR), true],
  ['month', Number(MONTH), true],
  ['day', Number(DAY), true],
  ['h', Number(HOUR), false],
  ['m', Number(MINUTE), false],
  ['s', Number(SECOND), false],
  ['ms', Number(MS), false],
  ['us', Number(US), false],
  ['ns', 1, false],
];
