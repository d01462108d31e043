import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createHttpChecker } from '../../../src/checks/http/checker.js';
import type { HttpCheck } from '../../../src/checks/http/index.js';
import { nsFromMs } from '../../../src/model/units.js';
import { bytes, httpCheck, probeOnce, series, summary } from '../../support/fixtures/checks.js';
import { listen, tcpServer } from '../../support/peers/servers.js';

const short = { timeoutNs: nsFromMs(1500) };
const check: HttpCheck = { ...httpCheck, http2: true };
const probe = async (port: number, changed: Partial<HttpCheck> = {}): Promise<string> =>
  summary(await probeOnce(createHttpChecker, { port }, { ...check, ...changed })).replaceAll(`127.0.0.1:${port}`, 'T');

function serve(
  t: ExecutionContext,
  onStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void,
  onSession: (session: Http2Session) => void = () => {},
): Promise<number> {
  const server = createServer();
  server.on('session', onSession);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  return listen(t, server);
}

test('method, path, authority, headers and body', async (t) => {
  let seen: unknown[] = [];
  const port = await serve(t, (stream, headers) => {
    let body = '';
    stream.on('data', (part: Buffer) => {
      body += part;
    });
    stream.on('end', () => {
      seen = [headers[':method'], headers[':path'], headers[':authority'], headers['x-probe'], body];
      stream.respond({ ':status': 204 }, { endStream: true });
    });
  });
  const changed = { method: 'PUT', path: '/a?b', host: 'web.example', headers: { 'X-Probe': '1' }, body: 'hello' };
  t.is(await probe(port, { ...changed, expectedCodes: [] }), 'healthy: HTTP/2 204 No Content');
  t.deepEqual(seen, ['PUT', '/a?b', 'web.example', '1', 'hello']);
});

test('a decision in the middle of an endless body keeps the session', async (t) => {
  let sessions = 0;
  const port = await serve(
    t,
    (stream) => {
      stream.respond({ ':status': 200 });
      const more = (): void => {
        if (!stream.destroyed) stream.write('status: up\n', more);
      };
      more();
    },
    () => {
      sessions += 1;
    },
  );
  const next = series(t, createHttpChecker, { port }, { ...check, keepAlive: true, receive: bytes('status: up') });
  for (let round = 0; round < 4; round += 1) t.is(await next(), 'healthy: HTTP/2 200 OK');
  t.is(sessions, 1);
});

test('streams that are refused, reset or left hanging', async (t) => {
  t.is(
    await probe(await serve(t, (stream) => stream.close(7))),
    'reset: T: HTTP/2: Stream closed with error code NGHTTP2_REFUSED_STREAM',
  );
  t.is(await probe(await serve(t, () => {}), short), 'timeout: timed out after 1s 500ms in receive');
  const hanging = await serve(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('abc');
  });
  t.is(
    await probe(hanging, short),
    'timeout: timed out after 1s 500ms in receive (HTTP/2 200 OK came, then 3 bytes of the body)',
  );
  const cutOff = await serve(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('abc', () => stream.session?.destroy());
  });
  t.regex(await probe(cutOff), /^(?:closed|reset): T: /);
});

test('peers that do not speak HTTP/2', async (t) => {
  const http1 = await tcpServer(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  t.regex(await probe(http1), /^(?:protocol|closed): T: /);
  const garbage = await tcpServer(t, (socket) => socket.once('data', () => socket.write(Buffer.alloc(1000, 7))));
  t.regex(await probe(garbage), /^protocol: T: HTTP\/2: /);
});

test('header lists without end are refused', async (t) => {
  const port = await serve(t, (stream) => {
    const headers = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'y'.repeat(1000)]));
    stream.respond({ ':status': 200, ...headers });
    stream.end();
  });
  t.regex(await probe(port), /^(?:protocol|reset|closed): T: /);
});

const frame = (type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream]), payload]);

/** Speaks as much HTTP/2 as an answer of 200 without a body takes: Node's own server sends no frames of unknown types. */
function onRequests(socket: Socket, answer: (stream: number) => void): void {
  const PREFACE_BYTES = 24;
  let held = Buffer.alloc(0);
  let offset = PREFACE_BYTES;
  socket.write(frame(4, 0, 0));
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= offset + 9) {
      const length = held.readUIntBE(offset, 3);
      if (held.length < offset + 9 + length) return;
      if (held[offset + 3] === 1) answer(held.readUInt32BE(offset + 5));
      offset += 9 + length;
    }
  });
}

test('a peer that sends frames without end is cut off, in a probe and between two', async (t) => {
  // What is of a type that nobody knows is to be ignored.
  const frames = Buffer.concat(Array.from({ length: 1000 }, () => frame(99, 0, 0, Buffer.alloc(8))));
  const pour = (socket: Socket): Promise<void> =>
    new Promise((resolve) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(frames));
      };
      socket.on('drain', more).on('close', () => resolve());
      more();
    });
  const sockets: Socket[] = [];
  let answering = true;
  const port = await tcpServer(t, (socket) => {
    sockets.push(socket);
    onRequests(socket, (stream) => {
      if (answering) socket.write(frame(1, 5, stream, Buffer.of(0x88)));
      else void pour(socket);
    });
  });
  const next = series(t, createHttpChecker, { port }, { ...check, keepAlive: true });
  t.is(await next(), 'healthy: HTTP/2 200 OK');
  t.is(await next(), 'healthy: HTTP/2 200 OK');
  t.is(sockets.length, 1);
  await pour(sockets[0] as Socket);
  t.is(await next(), 'healthy: HTTP/2 200 OK');
  t.is(sockets.length, 2);
  answering = false;
  // From Node 22 on the library itself has had enough first.
  const cutOff = /^protocol: .*HTTP\/2: (the peer has sent more than 524288 bytes for one probe|Protocol error)$/;
  t.regex(await next(), cutOff);
});

/** Frames of one answer, poured for as long as they are taken. */
const pourFrames = (t: ExecutionContext, first: (stream: number) => Buffer, repeated: (stream: number) => Buffer) =>
  tcpServer(t, (socket) =>
    onRequests(socket, (stream) => {
      const frames = Buffer.concat(Array.from({ length: 1000 }, () => repeated(stream)));
      const more = (): void => {
        while (!socket.destroyed && socket.write(frames));
      };
      socket.on('drain', more).write(first(stream));
      more();
    }),
  );
/** `:status: 200`, of HPACK's static table. */
const ok = Buffer.of(0x88);

test('a body in frames of a byte each is cut off', async (t) => {
  const port = await pourFrames(
    t,
    (stream) => frame(1, 4, stream, ok),
    (stream) => frame(0, 0, stream, Buffer.of(120)),
  );
  t.is(await probe(port, { receiveRegex: 'needle' }), 'protocol: T: more than 4096 DATA frames in one answer');
});

test('interim answers without end are cut off', async (t) => {
  const continued = Buffer.concat([Buffer.of(0x08, 3), Buffer.from('100')]);
  const port = await pourFrames(
    t,
    (stream) => frame(1, 4, stream, continued),
    (stream) => frame(1, 4, stream, continued),
  );
  t.is(await probe(port), 'protocol: T: more than 10 interim answers');
});
