import test from 'ava';
import fc from 'fast-check';
import { answerText } from '../../../src/actors/agent/answer.js';
import { LineBuffer, MAX_LINE_BYTES } from '../../../src/actors/agent/line-buffer.js';
import { parseRequestLine } from '../../../src/actors/agent/request-line.js';

const seed = { seed: 20252 };

test('four fields make a request', (t) => {
  t.deepEqual(parseRequestLine('api.example.com 50051 no-ssl api.example.com'), {
    kind: 'request',
    request: { host: 'api.example.com', port: 50051, tls: false, authority: 'api.example.com' },
  });
  t.deepEqual(parseRequestLine('  10.0.0.1\t65535  ssl   my_host:443 '), {
    kind: 'request',
    request: { host: '10.0.0.1', port: 65535, tls: true, authority: 'my_host:443' },
  });
  t.like(parseRequestLine('[2001:db8::1] 1 ssl [2001:db8::1]:443'), { request: { host: '2001:db8::1' } });
  t.like(parseRequestLine('fe80::1%eth0 1 ssl h'), { request: { host: 'fe80::1%eth0' } });
});

test('everything else is malformed, and says how', (t) => {
  const fields = (count: number) => `${count} fields; expected are: server port ssl|no-ssl proxy_host`;
  const server = 'the server is neither a host name nor an IP address';
  const port = 'the port is not from 1 to 65535';
  const cases: [string, string][] = [
    ['', fields(0)],
    ['   ', fields(0)],
    ['h 1 ssl', fields(3)],
    ['h 1 ssl a b', fields(5)],
    ['/var/run/x.sock 1 no-ssl a', server],
    ['unix:/x 1 no-ssl a', server],
    ['-h 1 no-ssl a', server],
    ['h\0 1 no-ssl a', server],
    ['h\xe9 1 no-ssl a', server],
    [`${'h'.repeat(261)} 1 no-ssl a`, server],
    ['h 0 ssl a', port],
    ['h 65536 ssl a', port],
    ['h -1 ssl a', port],
    ['h 1e3 ssl a', port],
    ['h 0x50 ssl a', port],
    ['h 999999999999 ssl a', port],
    ['h 1 SSL a', 'the third field is neither ssl nor no-ssl'],
    ['h 1 tls a', 'the third field is neither ssl nor no-ssl'],
    ['h 1 ssl a\r\nb', 'the proxy_host is no host name'],
    ['h 1 ssl http://a/', 'the proxy_host is no host name'],
    ['h 1 ssl a\x00', 'the proxy_host is no host name'],
  ];
  for (const [line, reason] of cases) t.deepEqual(parseRequestLine(line), { kind: 'malformed', reason }, line);
});

test('any text parses to a value, and a request is made of harmless characters', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (line) => {
      const parsed = parseRequestLine(line);
      return parsed.kind === 'malformed' || /^[!-~]+$/.test(parsed.request.host + parsed.request.authority);
    }),
    { ...seed, numRuns: 2000 },
  );
  t.pass();
});

test('lines are the same however their bytes are cut', (t) => {
  const line = fc.string({ maxLength: 60 }).map((text) => text.replace(/[\r\n\u0100-\uffff]/g, '_'));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.boolean(), fc.array(fc.nat(30)), (lines, crlf, cuts) => {
      const bytes = Buffer.from(lines.map((each) => each + (crlf ? '\r\n' : '\n')).join(''), 'latin1');
      const buffer = new LineBuffer();
      const got: string[] = [];
      let offset = 0;
      for (const cut of [...cuts, bytes.length]) {
        buffer.push(bytes.subarray(offset, offset + cut));
        offset += cut;
        for (let taken = buffer.take(); taken.kind === 'line'; taken = buffer.take()) got.push(taken.line);
      }
      t.deepEqual(got, lines);
      t.false(buffer.partial);
    }),
    seed,
  );
});

test('a line may have the limit and no more, whether its end is there or not', (t) => {
  const take = (bytes: string) => {
    const buffer = new LineBuffer();
    buffer.push(Buffer.from(bytes));
    return buffer.take().kind;
  };
  t.is(take('x'.repeat(MAX_LINE_BYTES)), 'more');
  t.is(take(`${'x'.repeat(MAX_LINE_BYTES)}\n`), 'line');
  t.is(take('x'.repeat(MAX_LINE_BYTES + 1)), 'too-long');
  t.is(take(`${'x'.repeat(MAX_LINE_BYTES + 1)}\n`), 'too-long');
});

test('answers are the words that HAProxy knows', (t) => {
  const plain = { reasons: false, weights: false };
  t.is(answerText({ kind: 'up', utilization: 0.4 }, plain), 'up\n');
  t.is(answerText({ kind: 'down', reason: 'x' }, plain), 'down\n');
  t.is(answerText({ kind: 'error', errorType: 'timeout', reason: 'x' }, plain), 'down\n');
  const reasons = { reasons: true, weights: false };
  t.is(answerText({ kind: 'down', reason: 'not\r\nserving \xe9' }, reasons), 'down #not serving  \n');
  const weights = { reasons: false, weights: true };
  const weightOf = (utilization: number | null) => answerText({ kind: 'up', utilization }, weights);
  t.deepEqual([null, 0, 0.25, 0.999, 1, 7].map(weightOf), [
    'up 100%\n',
    'up 100%\n',
    'up 75%\n',
    'up 1%\n',
    'up 1%\n',
    'up 1%\n',
  ]);
});
