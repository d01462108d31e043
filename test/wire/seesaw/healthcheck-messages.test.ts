import test from 'ava';
import fc from 'fast-check';
import { ns } from '../../../src/model/units.js';
import type { TargetStatus } from '../../../src/wire/links/targets.js';
import {
  errorLine,
  notificationLine,
  readClientMessage,
  readId,
  readyLine,
  statusResponseLine,
} from '../../../src/wire/seesaw/healthcheck-messages.js';
import { LineSplitter } from '../../../src/wire/text/ndjson.js';

const seed = { seed: 20254 };

const status: TargetStatus = {
  key: 'k',
  state: 'healthy',
  failures: 0,
  successes: 4,
  probes: 10,
  passed: 10,
  lastCheckMs: Date.UTC(2024, 0, 15, 10, 30),
  durationNs: ns(45e6),
  cause: null,
  message: 'connected',
};

test('a notification is the seed’s, to the letter', (t) => {
  t.is(
    notificationLine([{ id: '123', status }]),
    '{"type":"notification_batch","batch":{"notifications":[{"id":123,"status":{"last_check":"2024-01-15T10:30:00Z","duration":"45ms","failures":0,"successes":10,"state":"healthy","message":"10/10 checks successful"}}]}}\n',
  );
});

test('a status response is a list of pairs; ids keep their digits', (t) => {
  const failing = {
    ...status,
    state: 'unhealthy',
    passed: 7,
    lastCheckMs: 1_705_314_600_123,
    durationNs: ns(1.6),
  } as const;
  const unknown = { ...status, state: 'unknown', probes: 0, passed: 0, lastCheckMs: 0, durationNs: ns(0) } as const;
  t.is(
    [
      ...statusResponseLine([
        { id: '18446744073709551615', status: failing },
        { id: '0', status: unknown },
      ]),
    ].join(''),
    '{"type":"status_response","statuses":[[18446744073709551615,{"last_check":"2024-01-15T10:30:00.123Z","duration":"2ns","failures":3,"successes":7,"state":"unhealthy","message":"7/10 checks successful"}],[0,{"last_check":null,"duration":"0s","failures":0,"successes":0,"state":"unknown","message":"0/0 checks successful"}]]}\n',
  );
  t.is([...statusResponseLine([])].join(''), '{"type":"status_response","statuses":[]}\n');
});

test('ready and error lines', (t) => {
  t.is(readyLine, '{"type":"ready"}\n');
  t.is(errorLine('a "b"'), '{"type":"error","message":"a \\"b\\""}\n');
});

test('messages of a client', (t) => {
  t.deepEqual(readClientMessage('{"type":"update_configs","configs":[1,{}]}'), {
    kind: 'update-configs',
    configs: [1, Object.create(null)],
  });
  t.deepEqual(readClientMessage('{"type":"request_status"}'), { kind: 'request-status' });
  t.deepEqual(readClientMessage('{"type":"shutdown","extra":1}'), { kind: 'shutdown' });
});

test('everything else is malformed, with its reason', (t) => {
  const cases: [string, string][] = [
    ['hello', 'no valid JSON: "h" is not expected here (column 1)'],
    ['[]', 'a message is an object with a type'],
    ['{"type":"update_configs"}', 'update_configs needs configs, an array'],
    ['{"type":"update_configs","configs":{}}', 'update_configs needs configs, an array'],
    ['{"type":"ready"}', 'the type is none of update_configs, request_status, shutdown'],
    ['{}', 'the type is none of update_configs, request_status, shutdown'],
  ];
  for (const [line, reason] of cases) t.deepEqual(readClientMessage(line), { kind: 'malformed', reason }, line);
});

test('any line gives a value', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string({ unit: 'binary' })),
      (line) => typeof readClientMessage(line).kind === 'string',
    ),
    seed,
  );
  t.pass();
});

test('an id is a u64', (t) => {
  t.deepEqual([0, 123, 2n ** 64n - 1n, 2n ** 48n].map(readId), ['0', '123', '18446744073709551615', '281474976710656']);
  t.deepEqual([-1, 1.5, 2 ** 53, 2n ** 64n, -1n, '1', null, undefined, {}].map(readId), Array(9).fill(null));
});

test('lines are the same however their bytes are cut', (t) => {
  const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, ' ').trim());
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.nat(20)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\r\n`).join(''));
      const splitter = new LineSplitter(1000);
      const got: string[] = [];
      let offset = 0;
      for (const cut of [...cuts, bytes.length]) {
        const read = splitter.push(bytes.subarray(offset, offset + cut));
        offset += cut;
        if (read.kind === 'lines') got.push(...read.lines);
      }
      t.deepEqual(
        got,
        lines.filter((each) => each !== ''),
      );
    }),
    seed,
  );
});

test('a line that trickles in is joined, and one beyond the limit is refused before its end', (t) => {
  const splitter = new LineSplitter(5000);
  for (let byte = 0; byte < 5000; byte++) t.deepEqual(splitter.push(Buffer.from('x')), { kind: 'lines', lines: [] });
  t.deepEqual(splitter.push(Buffer.from('\n')), { kind: 'lines', lines: ['x'.repeat(5000)] });
  t.deepEqual(splitter.push(Buffer.alloc(5001, 'x')), { kind: 'too-long' });
  t.deepEqual(splitter.push(Buffer.from(`${'y'.repeat(5001)}\n`)), { kind: 'too-long' });
});
