/** Every parser that reads the network: any bytes give a value, the same wherever they are cut, and little of them is kept. */
import test from 'ava';
import packet from 'dns-packet';
import fc from 'fast-check';
import { decodeMessage } from '../../src/wire/dns/message.js';
import { createFrameReader, grpcFrame } from '../../src/wire/grpc/frames.js';
import { decodeGrpcMessage, decodeHealthResponse, judgeCheck } from '../../src/wire/grpc/health.js';
import { decodeUtilization } from '../../src/wire/grpc/orca.js';
import { HttpResponseParser } from '../../src/wire/http/response.js';
import { BackendReader } from '../../src/wire/postgres/messages.js';
import { encodeAccessRequest, readAnswer } from '../../src/wire/radius/packet.js';
import { RespReader } from '../../src/wire/redis/resp.js';
import { readClientMessage } from '../../src/wire/seesaw/healthcheck-messages.js';
import { SmtpReader } from '../../src/wire/smtp/replies.js';
import { LineSplitter } from '../../src/wire/text/ndjson.js';
import { fromHex } from '../support/fixtures/hex.js';
import { cutAt, hostileBytes } from '../support/fixtures/hostile-bytes.js';

/** What a reader made of one push. */
type Read = { readonly broken: boolean; readonly values: readonly string[] };

type Codec = {
  readonly name: string;
  readonly good: readonly Buffer[];
  /** A reader of its own each time. */
  readonly reader: () => (bytes: Buffer) => Read;
  /** So many bytes that give no value may be kept at most. */
  readonly maxHeldBytes: number;
};

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? 'nothing';
const hex = (value: string): Buffer => Buffer.from(fromHex(value));
const latin1 = (value: string): Buffer => Buffer.from(value, 'latin1');
const postgresMessage = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([latin1(type), length, body]);
};

const streams: readonly Codec[] = [
  {
    name: 'gRPC frames, and the health answers in them',
    good: [grpcFrame(hex('08 01')), Buffer.concat([grpcFrame(hex('08 02')), grpcFrame(Buffer.alloc(0))])],
    maxHeldBytes: 5 + 4096,
    reader() {
      const frames = createFrameReader(4096);
      return (bytes) => {
        const read = frames.push(bytes);
        if (read.kind === 'malformed') return { broken: true, values: [read.reason] };
        return { broken: false, values: read.messages.map((message) => text(decodeHealthResponse(message))) };
      };
    },
  },
  {
    name: 'RESP',
    good: [latin1('+OK\r\n$4\r\nPONG\r\n'), latin1('-ERR no\r\n:12\r\n'), latin1('$0\r\n\r\n+PONG\r\n')],
    maxHeldBytes: 3 * 4096,
    reader() {
      const resp = new RespReader();
      return (bytes) => {
        const read = resp.push(bytes);
        return read.kind === 'malformed'
          ? { broken: true, values: [read.reason] }
          : { broken: false, values: read.replies.map(text) };
      };
    },
  },
  {
    name: 'SMTP',
    good: [
      latin1('220 mail ESMTP\r\n250-mail\r\n250 STARTTLS\r\n'),
      latin1('221\n'),
      latin1('554-no\n554-no\n554 no\n'),
    ],
    maxHeldBytes: 100 * (2048 + 2),
    reader() {
      const smtp = new SmtpReader();
      return (bytes) => {
        const read = smtp.push(bytes);
        return read.kind === 'malformed'
          ? { broken: true, values: [read.reason] }
          : { broken: false, values: read.replies.map(text) };
      };
    },
  },
  {
    name: 'PostgreSQL',
    good: [
      Buffer.concat([
        postgresMessage('R', Buffer.concat([hex('0000000a'), latin1('SCRAM-SHA-256\0\0')])),
        postgresMessage('R', Buffer.concat([hex('0000000b'), latin1('r=abc,s=AAAA,i=4096')])),
        postgresMessage('R', hex('00000000')),
        postgresMessage('Z', latin1('I')),
      ]),
      Buffer.concat([
        postgresMessage('D', hex('0002 00000001 31 ffffffff')),
        postgresMessage('E', latin1('SFATAL\0C28P01\0Mno entry\0\0')),
      ]),
    ],
    maxHeldBytes: 1 + 64 * 1024,
    reader() {
      const backend = new BackendReader();
      return (bytes) => {
        const read = backend.push(bytes);
        return read.kind === 'malformed'
          ? { broken: true, values: [read.reason] }
          : { broken: false, values: read.messages.map(text) };
      };
    },
  },
  {
    name: 'HTTP/1.1',
    good: [
      latin1('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello'),
      latin1(
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n',
      ),
      latin1('HTTP/1.0 503 Busy\r\nConnection: close\r\n\r\n'),
    ],
    maxHeldBytes: 64 * 1024 + 4,
    reader() {
      const values: string[] = [];
      const parser = new HttpResponseParser('GET', {
        onHead: ({ status }) => values.push(`head ${status}`),
        onBody: (bytes) => values.push(...[...bytes].map(String)),
      });
      return (bytes) => {
        const state = parser.push(bytes);
        // What follows a whole answer is not read.
        if (state.kind === 'complete') values.push('complete');
        return { broken: state.kind === 'malformed', values: values.splice(0) };
      };
    },
  },
  {
    name: 'NDJSON, and the clients’ messages in it',
    good: [
      latin1('{"type":"request_status"}\n{"type":"update_configs","configs":[{"id":18446744073709551615}]}\r\n'),
      latin1('\n\n{"type":"shutdown"}\n'),
    ],
    maxHeldBytes: 1000,
    reader() {
      const splitter = new LineSplitter(1000);
      return (bytes) => {
        const read = splitter.push(bytes);
        return read.kind === 'too-long'
          ? { broken: true, values: ['too long'] }
          : { broken: false, values: read.lines.map((line) => text(readClientMessage(line))) };
      };
    },
  },
];

/** All values up to the first breach; from there on a stream is of no use. */
function readAll(codec: Codec, pieces: readonly Buffer[]): Read {
  const push = codec.reader();
  const values: string[] = [];
  for (const piece of pieces) {
    const read = push(piece);
    if (read.broken) return { broken: true, values };
    values.push(...read.values.filter((value) => value !== 'complete'));
  }
  return { broken: false, values };
}

for (const [index, codec] of streams.entries()) {
  test(`${codec.name}: any bytes give a value, the same wherever they are cut`, (t) => {
    for (const good of codec.good) t.false(readAll(codec, [good]).broken);
    fc.assert(
      fc.property(hostileBytes(codec.good), fc.array(fc.nat(), { maxLength: 6 }), (bytes, places) => {
        const whole = readAll(codec, [bytes]);
        const inPieces = readAll(codec, cutAt(bytes, places));
        const byteByByte = readAll(
          codec,
          [...bytes].map((byte) => Buffer.of(byte)),
        );
        for (const other of [inPieces, byteByByte]) {
          t.is(other.broken, whole.broken);
          if (!whole.broken) t.deepEqual(other.values, whole.values);
        }
      }),
      { seed: 4100 + index, numRuns: 1500 },
    );
  });

  test(`${codec.name}: whatever came before, bytes that give no value are kept up to a limit`, (t) => {
    const filler = fc.constantFrom(0x00, 0x09, 0x20, 0x30, 0x31, 0x41, 0x78, 0xff);
    fc.assert(
      fc.property(hostileBytes(codec.good), filler, fc.integer({ min: 1, max: 3000 }), (bytes, byte, size) => {
        const push = codec.reader();
        let held = 0;
        const feed = (chunk: Buffer): boolean => {
          const read = push(chunk);
          held = read.values.length > 0 ? 0 : held + chunk.length;
          return !read.broken;
        };
        if (!feed(bytes)) return;
        held = 0;
        const chunk = Buffer.alloc(size, byte);
        for (let fed = 0; fed < 2 * codec.maxHeldBytes && feed(chunk); fed += size) {
          if (held > codec.maxHeldBytes + size) t.fail(`${held} bytes of ${byte} after ${bytes.toString('hex')}`);
        }
      }),
      { seed: 4200 + index, numRuns: 300 },
    );
    t.pass();
  });
}

test('a gRPC answer: any headers and messages give a verdict, in few printable words', (t) => {
  const header = fc.option(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc.constantFrom(
        '0',
        '5',
        '00000',
        '123456',
        '-1',
        'application/grpc',
        'application/grpc+proto',
        '%',
        '%00%ff',
        '%e0%a4',
      ),
    ),
    { nil: undefined },
  );
  fc.assert(
    fc.property(
      fc.record({
        httpStatus: fc.option(fc.constantFrom(0, 100, 200, 204, 503, 999), { nil: null }),
        contentType: header,
        grpcStatus: header,
        grpcMessage: header,
        messages: fc.array(hostileBytes([hex('08 01'), hex('08 02 12 01 ff')]), { maxLength: 3 }),
        broken: fc.option(fc.constant('a truncated message'), { nil: null }),
      }),
      (exchange) => {
        const verdict = judgeCheck(exchange);
        const serving = verdict.kind === 'answered' && verdict.status === 'SERVING';
        if (serving) {
          t.is(exchange.httpStatus, 200);
          t.is(exchange.messages.length, 1);
          t.is(Number(exchange.grpcStatus), 0);
          t.is(exchange.broken, null);
        }
        const words = text(verdict);
        t.true(words.length < 1000 && /^[\x20-\x7e]*$/.test(words), words);
      },
    ),
    { seed: 4300, numRuns: 3000 },
  );
});

test('gRPC’s percent-encoding and load reports: any text gives a value', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 6000 }),
      hostileBytes([hex('49 000000000000e83f')]),
      (words, report) => {
        t.regex(decodeGrpcMessage(words), /^[\x20-\x7e]{0,200}$/);
        for (const trailer of [words, report.toString('base64')]) {
          const utilization = decodeUtilization(trailer);
          t.true(utilization === null || (Number.isFinite(utilization) && utilization >= 0));
        }
      },
    ),
    { seed: 4301, numRuns: 2000 },
  );
});

test('DNS: a damaged answer gives a value', (t) => {
  const good = packet.encode({
    type: 'response',
    id: 7,
    questions: [{ type: 'A', name: 'www.example' }],
    answers: [
      { type: 'CNAME', name: 'www.example', data: 'web.example' },
      { type: 'A', name: 'web.example', data: '192.0.2.1' },
      { type: 'TXT', name: 'web.example', data: ['a', 'b'] },
      { type: 'SRV', name: 'web.example', data: { port: 80, target: 'web.example' } },
    ],
  });
  t.is(decodeMessage(good).kind, 'message');
  fc.assert(
    fc.property(hostileBytes([good]), (bytes) => {
      t.regex(decodeMessage(bytes).kind, /^(?:message|malformed)$/);
    }),
    { seed: 4302, numRuns: 5000 },
  );
});

test('RADIUS: only the very answer that was signed counts, whatever is done to it', (t) => {
  // The accept of RFC 2865 section 7.1.
  const request = {
    identifier: 0,
    authenticator: hex('0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a'),
    username: 'nemo',
    password: 'arctangent',
    secret: 'xyzzy5461',
    nasIdentifier: 'test',
  };
  const accept = hex(
    '02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8 01 03',
  );
  t.truthy(encodeAccessRequest(request));
  t.not(readAnswer(accept, request).kind, 'refused');
  fc.assert(
    fc.property(hostileBytes([accept]), (bytes) => {
      // RFC 2865 section 3: octets beyond the length are padding.
      const same = bytes.subarray(0, accept.length).equals(accept);
      t.is(readAnswer(bytes, request).kind === 'refused', !same, bytes.toString('hex'));
    }),
    { seed: 4303, numRuns: 5000 },
  );
});
