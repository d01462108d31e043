import test from 'ava';
import fc from 'fast-check';
import { formatEscapes, parseEscapes } from '../../../src/wire/text/escapes.js';

const SEED = 20_071;

const bytesOf = (text: string): readonly number[] | string => {
  const result = parseEscapes(text);
  return result.ok ? [...result.bytes] : result.message;
};

test('C escapes become bytes', (t) => {
  t.deepEqual(bytesOf('a\\n\\r\\t\\\\'), [97, 10, 13, 9, 92]);
  t.deepEqual(bytesOf('\\0\\x00\\xff\\377\\101B'), [0, 0, 255, 255, 65, 66]);
  t.deepEqual(bytesOf('\\1234'), [0o123, 52]);
  t.deepEqual(bytesOf('\\x4142'), [65, 52, 50]);
  t.deepEqual(bytesOf('\\a\\b\\f\\v\\"\\\'\\?'), [7, 8, 12, 11, 34, 39, 63]);
});

test('all other text is UTF-8', (t) => {
  t.deepEqual(bytesOf('\u00e9\u{1f600}'), [...Buffer.from('\u00e9\u{1f600}')]);
  t.deepEqual(bytesOf(''), []);
  t.deepEqual(bytesOf('two\nlines'), [...Buffer.from('two\nlines')]);
});

test('a wrong escape is refused with its place', (t) => {
  t.regex(String(bytesOf('ab\\q')), /unknown escape '\\q' at character 3/);
  t.regex(String(bytesOf('\\x4')), /unknown escape '\\x' at character 1/);
  t.regex(String(bytesOf('\\400')), /unknown escape '\\400'/);
  t.regex(String(bytesOf('end\\')), /a backslash ends the text/);
});

test('printing escapes what is not plain text', (t) => {
  t.is(formatEscapes(Buffer.from('PING\r\n\0\\')), 'PING\\r\\n\\x00\\\\');
  t.is(formatEscapes(Uint8Array.of(0xff, 0x41)), '\\xffA');
  t.is(formatEscapes(Buffer.from('\u00e9')), '\u00e9');
  t.is(formatEscapes(Buffer.from('\u200b')), '\\xe2\\x80\\x8b');
});

test('any bytes survive printing and reading', (t) => {
  const texts = fc.string({ unit: 'binary' }).map((text) => new Uint8Array(Buffer.from(text)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), texts), (bytes) => {
      t.deepEqual(bytesOf(formatEscapes(bytes)), [...bytes]);
    }),
    { seed: SEED },
  );
});
