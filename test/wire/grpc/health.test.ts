import test from 'ava';
import fc from 'fast-check';
import { createFrameReader, grpcFrame } from '../../../src/wire/grpc/frames.js';
import {
  type CheckExchange,
  decodeHealthResponse,
  grpcStatusName,
  healthRequestFrame,
  judgeCheck,
} from '../../../src/wire/grpc/health.js';
import { readDouble, readFields, writeBytes, writeDouble, writeVarint } from '../../../src/wire/grpc/protobuf.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const seed = { seed: 20251 };

test('a request for the whole server is an empty message in a frame', (t) => {
  t.is(healthRequestFrame('').toString('hex'), '0000000000');
});

test('a request names its service in field 1', (t) => {
  t.is(healthRequestFrame('a.B').toString('hex'), '0000000005 0a03612e42'.replaceAll(' ', ''));
});

test('each serving status has its number', (t) => {
  const statuses = ['08 00', '08 01', '08 02', '08 03'].map((text) => decodeHealthResponse(hex(text)));
  t.deepEqual(statuses, [
    { kind: 'status', status: 'UNKNOWN' },
    { kind: 'status', status: 'SERVING' },
    { kind: 'status', status: 'NOT_SERVING' },
    { kind: 'status', status: 'SERVICE_UNKNOWN' },
  ]);
});

test('an absent status is UNKNOWN, the last one counts, unknown fields are skipped', (t) => {
  t.deepEqual(decodeHealthResponse(hex('')), { kind: 'status', status: 'UNKNOWN' });
  t.deepEqual(decodeHealthResponse(hex('08 02 08 01')), { kind: 'status', status: 'SERVING' });
  t.deepEqual(decodeHealthResponse(hex('12 01 ff 08 01 1d 00000000 21 0000000000000000')), {
    kind: 'status',
    status: 'SERVING',
  });
});

test('malformed answers say what is wrong', (t) => {
  t.deepEqual(decodeHealthResponse(hex('08 04')), { kind: 'malformed', reason: 'serving status 4 does not exist' });
  t.deepEqual(decodeHealthResponse(hex('08 ff ff ff ff ff ff ff ff ff 01')), {
    kind: 'malformed',
    reason: 'serving status 18446744073709551615 does not exist',
  });
  t.deepEqual(decodeHealthResponse(hex('0a 01 01')), { kind: 'malformed', reason: 'status is bytes, not varint' });
  for (const bad of ['08', '0a 05 00', '00 01', '0b', '0f', '08 ff ff ff ff ff ff ff ff ff ff 01']) {
    t.deepEqual(decodeHealthResponse(hex(bad)), { kind: 'malformed', reason: 'not a protobuf message' }, bad);
  }
});

test('any bytes decode to a value', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const response = decodeHealthResponse(bytes);
      return response.kind === 'status' || response.reason.length > 0;
    }),
    seed,
  );
  t.pass();
});

test('written fields are read back', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 29 - 1 }), fc.uint8Array(), fc.maxSafeNat(), (number, bytes, value) => {
      const fields = readFields(Buffer.concat([writeBytes(number, bytes), writeVarint(number, value)]));
      t.deepEqual(
        fields?.map((field) => (field.wire === 'varint' ? field.value : [...field.value])),
        [[...bytes], BigInt(value)],
      );
      t.true(fields?.every((field) => field.number === number));
    }),
    seed,
  );
  const double = readFields(writeDouble(9, 0.25))?.[0];
  t.is(double?.wire === 'fixed64' ? readDouble(double.value) : null, 0.25);
});

test('messages are the same however their bytes are cut', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      fc.array(fc.nat(60), { maxLength: 20 }),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(grpcFrame));
        const reader = createFrameReader(40);
        const got: number[][] = [];
        let offset = 0;
        for (const cut of [...cuts, bytes.length]) {
          const read = reader.push(bytes.subarray(offset, offset + cut));
          offset += cut;
          if (read.kind === 'messages') got.push(...read.messages.map((message) => [...message]));
        }
        t.deepEqual(
          got,
          messages.map((message) => [...message]),
        );
        t.false(reader.partial);
      },
    ),
    seed,
  );
});

test('a frame that is compressed, flagged wrongly or too long breaks the stream for good', (t) => {
  for (const [frame, reason] of [
    ['01 00000000', 'a compressed message, though none was offered'],
    ['07', 'a bad frame flag'],
    ['00 7fffffff', 'a message of 2147483647 bytes; at most 16 are read'],
  ] as const) {
    const reader = createFrameReader(16);
    t.deepEqual(reader.push(hex(frame)), { kind: 'malformed', reason });
    t.deepEqual(reader.push(hex('0000000000')), { kind: 'malformed', reason });
  }
});

test('a begun frame is partial', (t) => {
  const reader = createFrameReader(16);
  t.deepEqual(reader.push(hex('00 00000002 08')), { kind: 'messages', messages: [] });
  t.true(reader.partial);
});

const good: CheckExchange = {
  httpStatus: 200,
  contentType: 'application/grpc',
  grpcStatus: '0',
  grpcMessage: undefined,
  messages: [hex('08 01')],
  broken: null,
};

test('one SERVING under status 0 is an answer', (t) => {
  t.deepEqual(judgeCheck(good), { kind: 'answered', status: 'SERVING' });
  t.deepEqual(judgeCheck({ ...good, contentType: 'application/grpc+proto' }), { kind: 'answered', status: 'SERVING' });
});

test('a gRPC error keeps its code and words', (t) => {
  t.deepEqual(judgeCheck({ ...good, messages: [], grpcStatus: '5', grpcMessage: 'no%20such%0Aservice' }), {
    kind: 'rpc-error',
    code: 5,
    message: 'no such?service',
  });
  t.deepEqual(judgeCheck({ ...good, grpcStatus: '14', grpcMessage: '100%' }), {
    kind: 'rpc-error',
    code: 14,
    message: '100%',
  });
  t.is(grpcStatusName(5), 'NOT_FOUND');
  t.is(grpcStatusName(77), 'status 77');
});

test('everything else is a protocol error, with its reason', (t) => {
  const cases: [Partial<CheckExchange>, string][] = [
    [{ httpStatus: null }, 'the stream ended without an answer'],
    [{ httpStatus: 404 }, 'HTTP status 404 instead of 200'],
    [{ contentType: undefined }, 'content type "missing", not application/grpc'],
    [{ contentType: 'text/html' }, 'content type "text/html", not application/grpc'],
    [{ contentType: 'application/grpcx' }, 'content type "application/grpcx", not application/grpc'],
    [{ grpcStatus: undefined }, 'no grpc-status in the answer'],
    [{ grpcStatus: 'zero' }, 'grpc-status "zero"'],
    [{ broken: 'a truncated message', grpcStatus: undefined }, 'a truncated message'],
    [{ messages: [] }, '0 messages instead of one'],
    [{ messages: [hex('08 01'), hex('08 01')] }, '2 messages instead of one'],
    [{ messages: [hex('08 09')] }, 'serving status 9 does not exist'],
  ];
  for (const [change, reason] of cases) {
    t.deepEqual(judgeCheck({ ...good, ...change }), { kind: 'protocol-error', reason });
  }
});
