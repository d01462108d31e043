import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import test, { type ExecutionContext } from 'ava';
import { createGrpcChecker } from '../../../src/checks/grpc/checker.js';
import type { GrpcCheck } from '../../../src/checks/grpc/index.js';
import { runProbe } from '../../../src/checks/probing/run-probe.js';
import type { Outcome } from '../../../src/model/probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import { grpcFrame } from '../../../src/wire/grpc/frames.js';
import { grpcCheck, probeOnce, summary, testContext } from '../../support/fixtures/checks.js';
import { freePort } from '../../support/fixtures/ports.js';
import { listen, tcpServer } from '../../support/peers/servers.js';

const short = { timeoutNs: nsFromMs(1500) };
const probe = async (port: number, check: Partial<GrpcCheck> = {}): Promise<string> =>
  summary(await probeOnce(createGrpcChecker, { port }, { ...grpcCheck, ...check })).replaceAll(
    `127.0.0.1:${port}`,
    'T',
  );

/** A HealthCheckResponse with this number as its status. */
const status = (value: number): Buffer => grpcFrame(Uint8Array.of(8, value));
const grpcHeaders = { ':status': 200, 'content-type': 'application/grpc' };

type Call = { readonly path: string; readonly authority: string; readonly body: Buffer };

/** An HTTP/2 server that answers each call, once its request is whole, as told. */
function serve(
  t: ExecutionContext,
  onCall: (stream: ServerHttp2Stream, call: Call) => void,
  onSession: (session: Http2Session) => void = () => {},
): Promise<number> {
  const server = createServer();
  server.on('session', onSession);
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () =>
      onCall(stream, {
        path: String(headers[':path']),
        authority: String(headers[':authority']),
        body: Buffer.concat(parts),
      }),
    );
  });
  return listen(t, server);
}

function answer(stream: ServerHttp2Stream, body: Uint8Array, trailers: Record<string, string>): void {
  stream.respond(grpcHeaders, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

test('SERVING is healthy; the call names service and authority', async (t) => {
  const calls: Call[] = [];
  const port = await serve(t, (stream, call) => {
    calls.push(call);
    answer(stream, status(1), { 'grpc-status': '0' });
  });
  t.is(await probe(port), 'healthy: SERVING');
  t.is(
    await probe(port, { service: 'my.Service', authority: 'api.example' }),
    'healthy: SERVING (service "my.Service")',
  );
  t.deepEqual(calls, [
    { path: '/grpc.health.v1.Health/Check', authority: `127.0.0.1:${port}`, body: grpcFrame(new Uint8Array()) },
    {
      path: '/grpc.health.v1.Health/Check',
      authority: 'api.example',
      body: grpcFrame(Buffer.concat([Buffer.of(0x0a, 10), Buffer.from('my.Service')])),
    },
  ]);
});

test('every other status is unhealthy, those that do not exist too', async (t) => {
  const cases: [number, string][] = [
    [0, 'status: T: UNKNOWN'],
    [2, 'status: T: NOT_SERVING'],
    [3, 'status: T: SERVICE_UNKNOWN'],
    [9, 'protocol: T: serving status 9 does not exist'],
  ];
  for (const [value, expected] of cases) {
    const port = await serve(t, (stream) => answer(stream, status(value), { 'grpc-status': '0' }));
    t.is(await probe(port), expected);
  }
});

test('errors of the call are told apart', async (t) => {
  const failing = (code: string, message = '') =>
    serve(t, (stream) =>
      stream.respond({ ...grpcHeaders, 'grpc-status': code, 'grpc-message': message }, { endStream: true }),
    );
  t.is(
    await probe(await failing('5', 'unknown%20service'), { service: 'x' }),
    'status: T: the server knows no service "x" (NOT_FOUND: unknown service)',
  );
  t.is(await probe(await failing('12')), 'status: T: the call failed with UNIMPLEMENTED');
  t.is(await probe(await failing('16', 'who?')), 'auth: T: the call failed with UNAUTHENTICATED: who?');
});

test('answers that are no gRPC', async (t) => {
  const cases: [(stream: ServerHttp2Stream) => void, string][] = [
    [(stream) => stream.respond({ ':status': 503 }, { endStream: true }), 'HTTP status 503 instead of 200'],
    [
      (stream) => {
        stream.respond({ ':status': 502, 'content-type': 'text/html' });
        stream.end('<html>bad gateway</html>');
      },
      'HTTP status 502 instead of 200',
    ],
    [
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'text/html' });
        stream.end('<html></html>');
      },
      'content type "text/html", not application/grpc',
    ],
    [
      (stream) => {
        stream.respond(grpcHeaders);
        stream.end(status(1));
      },
      'no grpc-status in the answer',
    ],
    [(stream) => answer(stream, new Uint8Array(), { 'grpc-status': '0' }), '0 messages instead of one'],
    [
      (stream) => answer(stream, Buffer.concat([status(1), status(1)]), { 'grpc-status': '0' }),
      'more than one message in the answer',
    ],
    [(stream) => answer(stream, Buffer.of(0, 0, 0, 0, 9, 8), { 'grpc-status': '0' }), 'a truncated message'],
    [(stream) => answer(stream, Buffer.of(7, 0, 0, 0, 0), { 'grpc-status': '0' }), 'a bad frame flag'],
    [
      (stream) => answer(stream, Buffer.of(0, 0xff, 0xff, 0xff, 0xff), { 'grpc-status': '0' }),
      'a message of 4294967295 bytes; at most 4096 are read',
    ],
    [(stream) => answer(stream, grpcFrame(Uint8Array.of(0xff)), { 'grpc-status': '0' }), 'not a protobuf message'],
  ];
  for (const [reply, expected] of cases) {
    t.is(await probe(await serve(t, reply)), `protocol: T: ${expected}`);
  }
});

test('peers that are not there, not HTTP/2, or fall silent', async (t) => {
  t.is(await probe(await freePort()), 'refused: T: connection refused');
  const http1 = await tcpServer(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  t.regex(await probe(http1), /^(?:protocol|closed): T: /);
  t.is(await probe(await tcpServer(t, () => {}), short), 'timeout: timed out after 1s 500ms in receive');
  t.is(await probe(await serve(t, () => {}), short), 'timeout: timed out after 1s 500ms in receive');
  t.is(
    await probe(await serve(t, (stream) => stream.close(2))),
    'reset: T: HTTP/2: Stream closed with error code NGHTTP2_INTERNAL_ERROR',
  );
  t.regex(await probe(await serve(t, (stream) => stream.session?.destroy())), /^(?:closed|reset): T: /);
});

test('one session serves all probes of a target, and is replaced when it is gone', async (t) => {
  const sessions: Http2Session[] = [];
  const port = await serve(
    t,
    (stream) => answer(stream, status(1), { 'grpc-status': '0' }),
    (session) => sessions.push(session),
  );
  const checker = createGrpcChecker(testContext);
  t.teardown(() => checker.close());
  const spec = { host: '127.0.0.1', port, mark: null, check: grpcCheck };
  for (let round = 0; round < 3; round += 1) {
    t.is(summary(await runProbe(checker, spec, testContext.now)), 'healthy: SERVING');
  }
  t.is(sessions.length, 1);
  sessions[0]?.destroy();
  t.is(summary(await runProbe(checker, spec, testContext.now)), 'healthy: SERVING');
  t.is(sessions.length, 2);
});

test('GOAWAY without an error in the middle of a probe leads to a new session', async (t) => {
  let sessions = 0;
  const port = await serve(
    t,
    (stream) => {
      if (sessions > 1) {
        answer(stream, status(1), { 'grpc-status': '0' });
        return;
      }
      // The last stream that was looked at is none: the call was not handled, and may be made again.
      stream.session?.goaway(0, 0);
      setImmediate(() => stream.session?.destroy());
    },
    () => {
      sessions += 1;
    },
  );
  t.is(await probe(port), 'healthy: SERVING');
  t.is(sessions, 2);
});

test('GOAWAY with an error is a failure', async (t) => {
  const port = await serve(t, (stream) => stream.session?.goaway(11));
  t.is(await probe(port), 'protocol: T: the peer ended the HTTP/2 session with error 11');
});

test('Watch takes the last word of the stream', async (t) => {
  const streams: ServerHttp2Stream[] = [];
  const port = await serve(t, (stream, { path }) => {
    t.is(path, '/grpc.health.v1.Health/Watch');
    streams.push(stream);
    stream.respond(grpcHeaders);
    stream.write(status(1));
  });
  const checker = createGrpcChecker(testContext);
  t.teardown(() => checker.close());
  const spec = { host: '127.0.0.1', port, mark: null, check: { ...grpcCheck, watch: true } };
  const next = async (): Promise<string> =>
    summary(await runProbe(checker, spec, testContext.now)).replaceAll(`127.0.0.1:${port}`, 'T');
  t.is(await next(), 'healthy: SERVING');
  t.is(await next(), 'healthy: SERVING');
  await new Promise((resolve) => streams[0]?.write(status(2), resolve));
  t.is(await next(), 'status: T: NOT_SERVING');
  await new Promise((resolve) => streams[0]?.write(status(1), resolve));
  t.is(await next(), 'healthy: SERVING');
  t.is(streams.length, 1);
  // The stream breaks: it is opened again, and the new one's word counts.
  streams[0]?.session?.destroy();
  t.is(await next(), 'healthy: SERVING');
  t.is(streams.length, 2);
});

test('a Watch that changes, is reset or ends between two probes is news; one that repeats itself is not', async (t) => {
  const streams: ServerHttp2Stream[] = [];
  const port = await serve(t, (stream) => {
    streams.push(stream);
    stream.respond(grpcHeaders);
    stream.write(status(1));
  });
  const checker = createGrpcChecker(testContext);
  t.teardown(() => checker.close());
  const spec = { host: '127.0.0.1', port, mark: null, check: { ...grpcCheck, watch: true } };
  let ended: (outcome: Outcome) => void = () => {};
  let news: () => void = () => {};
  let count = 0;
  const prepared = checker.prepare(spec, {
    ended: (outcome) => ended(outcome),
    news() {
      count += 1;
      news();
    },
  });
  const next = (): Promise<string> =>
    new Promise((resolve) => {
      ended = (outcome) => resolve(summary(outcome).replaceAll(`127.0.0.1:${port}`, 'T'));
      prepared.start();
    });
  /** What the server does, until the checker hears of it. */
  const heard = (act: () => void): Promise<void> =>
    new Promise((resolve) => {
      news = resolve;
      act();
    });
  t.is(await next(), 'healthy: SERVING');
  streams[0]?.write(status(1));
  await heard(() => streams[0]?.write(status(2)));
  t.is(count, 1);
  t.is(await next(), 'status: T: NOT_SERVING');
  for (const act of [
    () => streams.at(-1)?.close(8),
    () => streams.at(-1)?.end(),
    () => streams.at(-1)?.session?.goaway(0),
    () => streams.at(-1)?.session?.destroy(),
  ]) {
    const before = streams.length;
    await heard(act);
    t.is(await next(), 'healthy: SERVING');
    t.is(streams.length, before + 1);
  }
  t.is(count, 5);
  // Another who probes the same has a stream of his own, or he would take the news.
  const other = checker.prepare(spec, { ended: () => ended({} as Outcome), news: () => t.fail() });
  const open = streams.length;
  await new Promise<void>((resolve) => {
    ended = () => resolve();
    other.start();
  });
  t.is(streams.length, open + 1);
  await heard(() => streams[open - 1]?.write(status(2)));
  t.is(await next(), 'status: T: NOT_SERVING');
});

test('a Watch that the server refuses or ends', async (t) => {
  const refusing = await serve(t, (stream) =>
    stream.respond({ ...grpcHeaders, 'grpc-status': '12', 'grpc-message': 'no%20Watch' }, { endStream: true }),
  );
  t.is(await probe(refusing, { watch: true }), 'status: T: the call failed with UNIMPLEMENTED: no Watch');
  const silent = await serve(t, (stream) => stream.respond(grpcHeaders));
  t.is(await probe(silent, { watch: true, ...short }), 'timeout: timed out after 1s 500ms in receive');
  const flood = await serve(t, (stream) => {
    stream.respond(grpcHeaders);
    stream.end(Buffer.concat([Buffer.of(0, 0, 0, 0, 2, 8), Buffer.of(77)]));
  });
  t.is(await probe(flood, { watch: true }), 'protocol: T: serving status 77 does not exist');
});
