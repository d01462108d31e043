import test from 'ava';
import fc from 'fast-check';
import {
  isObject,
  type JsonRead,
  type JsonValue,
  readJson,
  startReading,
} from '../../../src/wire/text/lossless-json.js';

const seed = { seed: 20253 };
/** As plain values with rounded numbers, for comparison with JSON.parse. */
const plain = (text: string): unknown => {
  const read = readJson(text);
  if (!read.ok) throw new SyntaxError(read.message);
  return rounded(read.value);
};

function rounded(value: JsonValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}

test('integers beyond 2^53 keep every digit', (t) => {
  const ids = ['18446744073709551615', '9007199254740993', '-9007199254740993', '281474976710657000000'];
  for (const id of ids)
    t.deepEqual(readJson(`{"id":${id}}`), { ok: true, value: Object.assign(Object.create(null), { id: BigInt(id) }) });
  for (const safe of ['9007199254740991', '0', '-0', '281474976710656', '1e3', '1.5', '12345678901234567890.5']) {
    t.deepEqual(readJson(safe), { ok: true, value: Number(safe) });
  }
});

test('a number of a million digits is no big integer', (t) => {
  t.deepEqual(readJson('9'.repeat(1_000_000)), { ok: true, value: Number.POSITIVE_INFINITY });
});

test('every JSON document reads as JSON.parse reads it', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => t.deepEqual(plain(text), JSON.parse(text))),
    seed,
  );
});

test('what JSON.parse refuses is refused, and nothing else', (t) => {
  const mutated = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom(...'{}[]",:\\u0e.-+ \n\u0001tnf1\u00e9'), fc.boolean())
    .map(([text, at, character, replaces]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + character + text.slice(place + (replaces ? 1 : 0));
    });
  const accepts = (text: string, parse: (text: string) => unknown): boolean => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(mutated, (text) => {
      t.is(accepts(text, plain), accepts(text, JSON.parse), JSON.stringify(text));
    }),
    { ...seed, numRuns: 5000 },
  );
});

test('a refusal says what and where', (t) => {
  const cases: [string, string, number][] = [
    ['', 'it ends too early', 1],
    ['{"a":1,}', '"}" is not expected here', 8],
    ['[1 2]', '"2" is not expected here', 4],
    ['"abc', 'a string without an end', 1],
    ['"a\nb"', 'a control character in a string', 3],
    ['"\\x"', 'a bad escape in a string', 1],
    ['nul', '"n" is not expected here', 1],
    ['01', '"1" is not expected here', 2],
    ['['.repeat(100), 'nested deeper than 64 levels', 66],
  ];
  for (const [text, message, column] of cases) t.deepEqual(readJson(text), { ok: false, message, column }, text);
});

test('a key such as __proto__ is a key like any other', (t) => {
  const read = readJson('{"__proto__":{"polluted":1}}');
  t.true(read.ok && isObject(read.value) && Object.hasOwn(read.value, '__proto__'));
  t.is(Reflect.get({}, 'polluted'), undefined);
});

test('a long text is read in turns, each of a few values, to the same end', (t) => {
  const text = JSON.stringify({ a: Array.from({ length: 1000 }, (_, id) => ({ id, deep: [id, { id }] })), b: 1 });
  for (const whole of [text, `${text}]`, text.slice(0, -1)]) {
    const reading = startReading(whole);
    let turns = 0;
    let read: JsonRead | null = null;
    while (read === null) {
      turns += 1;
      read = reading(10);
    }
    t.deepEqual(read, readJson(whole));
    t.true(turns >= 500, String(turns));
  }
});

test('no inner value or text is so long that to use it takes a turn of its own', (t) => {
  const long = 'x'.repeat(1024 * 1024 + 1);
  for (const text of [`"${long}"`, `[[[${'1,'.repeat(600_000)}1]]]`, '9'.repeat(1024 * 1024 + 1)]) {
    t.false(readJson(text).ok, text.slice(0, 5));
  }
  t.true(readJson(`[[${'1,'.repeat(600_000)}1]]`).ok);
});
