import test from 'ava';
import fc from 'fast-check';
import { HttpResponseParser, MAX_HEAD_BYTES, type ParseState } from '../../../src/wire/http/response.js';

type Read = { readonly state: ParseState; readonly status: number; readonly body: string };

/** Parses bytes in the given pieces, then the end of the connection. */
function parse(pieces: readonly Uint8Array[], { method = 'GET', closed = true } = {}): Read {
  let status = 0;
  let body = '';
  const parser = new HttpResponseParser(method, {
    onHead: (head) => {
      status = head.status;
    },
    onBody: (bytes) => {
      body += bytes.toString('latin1');
    },
  });
  let state: ParseState = { kind: 'incomplete' };
  for (const piece of pieces) state = parser.push(Buffer.from(piece));
  if (closed) state = parser.end();
  return { state, status, body };
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Cuts bytes at these places. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
};

const chunked = (parts: readonly string[]): string =>
  `${parts.map((part) => `${part.length.toString(16)};ext=1\r\n${part}\r\n`).join('')}0\r\nX-Trailer: 1\r\n\r\n`;

test('a good answer is read whole wherever it is cut', (t) => {
  const part = fc.string({ minLength: 1, maxLength: 50 }).map((text) => text.replace(/[^\x20-\x7e]/g, 'x'));
  const places = fc.array(fc.nat(), { maxLength: 8 });
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 5 }),
      places,
      fc.constantFrom('length', 'chunked', 'close'),
      (parts, at, framing) => {
        const body = parts.join('');
        const head = 'HTTP/1.1 200 OK\r\nServer: x\r\n';
        const bytes = latin1(
          framing === 'length'
            ? `${head}Content-Length: ${body.length}\r\n\r\n${body}`
            : framing === 'chunked'
              ? `${head}Transfer-Encoding: chunked\r\n\r\n${chunked(parts)}`
              : `${head}\r\n${body}`,
        );
        const read = parse(cut(bytes, at));
        t.deepEqual(read, { state: { kind: 'complete', reusable: framing !== 'close' }, status: 200, body });
      },
    ),
    { seed: 11, numRuns: 1000 },
  );
});

test('the verdict on any answer does not depend on how it is cut', (t) => {
  const pieces = fc.constantFrom(
    ...[
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.0 204 \r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'Content-Length: 5\r\n',
      '\r\n',
      '\n',
    ],
    ...[
      'Transfer-Encoding: chunked\r\n',
      '5\r\nhello\r\n',
      '0\r\n\r\n',
      'hello',
      'X: y\r\n',
      ' folded\r\n',
      '\0',
      'ffffffff\r\n',
    ],
    ...['Connection: close\r\n', 'Content-Length: 99999999999999999999\r\n', ': no name\r\n'],
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 6 }), (parts, at) => {
      const bytes = latin1(parts.join(''));
      const whole = parse([bytes]);
      const inPieces = parse(cut(bytes, at));
      // What came before the fault may differ by a message, never the kind of end.
      t.is(inPieces.state.kind, whole.state.kind);
      if (whole.state.kind === 'complete') t.deepEqual(inPieces.body, whole.body);
    }),
    { seed: 12, numRuns: 3000 },
  );
});

test('any bytes end in a value', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, withHead) => {
      const head = withHead ? latin1('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n') : Buffer.alloc(0);
      t.not(parse([head, bytes]).state.kind, 'incomplete');
    }),
    { seed: 13, numRuns: 2000 },
  );
});

test('mutations of a good answer end in a value', (t) => {
  const good = latin1(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n${chunked(['hello', 'world'])}`);
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, length) => {
      const mutated = Buffer.from(good);
      mutated[at] = value;
      t.not(parse([mutated.subarray(0, length)]).state.kind, 'incomplete');
    }),
    { seed: 14, numRuns: 3000 },
  );
});

test('headers one byte at a time cost linear time and bounded memory', (t) => {
  const byte = latin1('x');
  let pushed = 0;
  const parser = new HttpResponseParser('GET', { onHead: () => {}, onBody: () => {} });
  parser.push(latin1('HTTP/1.1 200 OK\r\nX: '));
  while (parser.push(byte).kind === 'incomplete') pushed += 1;
  t.true(pushed <= MAX_HEAD_BYTES);
  t.deepEqual(parser.push(byte), { kind: 'malformed', reason: `headers longer than ${MAX_HEAD_BYTES} bytes` });
});

test('what comes after an answer makes the connection unfit for another', (t) => {
  const { state } = parse([latin1('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200')], { closed: false });
  t.deepEqual(state, { kind: 'complete', reusable: false });
});

test('a body in tiny chunks costs its reader little, in chunks of a usual size nothing', (t) => {
  const head = latin1('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunks = (size: number, count: number): Buffer =>
    latin1(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`.repeat(count));
  const tiny = parse([head, chunks(1, 100_000)], { closed: false });
  t.deepEqual(tiny.state, { kind: 'malformed', reason: 'more than 65536 bytes of chunk sizes' });
  t.true(tiny.body.length < 25_000);
  t.is(parse([head, chunks(64, 4096)], { closed: false }).state.kind, 'incomplete');
});

test('endless chunk lines and trailers are cut off', (t) => {
  const head = latin1('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  t.like(parse([head, latin1(`5;${'x'.repeat(5000)}`)], { closed: false }).state, {
    kind: 'malformed',
    reason: 'a line of the chunked body is longer than 4096 bytes',
  });
  t.like(parse([head, latin1(`0\r\n${'X: y\r\n'.repeat(20_000)}`)], { closed: false }).state, { kind: 'malformed' });
});
