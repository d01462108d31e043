import test from 'ava';
import fc from 'fast-check';
import { encodeCommand, RespReader } from '../../../src/wire/redis/resp.js';

const read = (...pieces: readonly string[]) => {
  const reader = new RespReader();
  return pieces.map((piece) => reader.push(Buffer.from(piece)));
};

test('a command is an array of bulk strings with byte lengths', (t) => {
  t.is(encodeCommand('AUTH', 'pä').toString(), '*2\r\n$4\r\nAUTH\r\n$3\r\npä\r\n');
});

test('replies of every kind, in any pieces', (t) => {
  t.deepEqual(read('+OK\r\n-ERR no', '\r\n:7\r\n$4\r\nPO', 'NG\r', '\n'), [
    { kind: 'replies', replies: [{ kind: 'value', text: 'OK' }] },
    {
      kind: 'replies',
      replies: [
        { kind: 'error', text: 'ERR no' },
        { kind: 'value', text: '7' },
      ],
    },
    { kind: 'replies', replies: [] },
    { kind: 'replies', replies: [{ kind: 'value', text: 'PONG' }] },
  ]);
});

test('what is no Redis reply', (t) => {
  const reasons = ['HTTP/1.1 400', `+${'x'.repeat(5000)}`, '$99999\r\n', '$-1\r\n', '$2\r\nokXX', '*1\r\n'].map(
    (text) => {
      const [result] = read(text);
      return result?.kind === 'malformed' ? result.reason : 'good';
    },
  );
  t.deepEqual(reasons, [
    'not a Redis reply: it begins with "HTTP/1.1 400"',
    'a line is longer than 4096 bytes',
    'a string of 99999 bytes',
    'a string of -1 bytes',
    'a string is longer than its size says',
    'not a Redis reply: it begins with "*1??"',
  ]);
});

test('a line may have the limit and no more, wherever it is cut', (t) => {
  for (const [length, kind] of [
    [4095, 'replies'],
    [4096, 'malformed'],
  ] as const) {
    const line = `+${'x'.repeat(length)}\r\n`;
    t.is(read(line)[0]?.kind, kind);
    t.is(read(line.slice(0, -2), line.slice(-2)).at(-1)?.kind, kind);
    t.is(read(line.slice(0, -1), line.slice(-1)).at(-1)?.kind, kind);
  }
});

test('any bytes give a value', (t) => {
  const parts = fc.constantFrom('+', '-', ':', '$', '\r', '\n', '3', '0', 'abc', '\0', '\r\n', '9999999999');
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 20 }), (pieces) => {
      read(...pieces);
    }),
    { seed: 21, numRuns: 3000 },
  );
  t.pass();
});
