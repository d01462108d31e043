import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import test, { type ExecutionContext } from 'ava';
import { createHttpChecker } from '../../src/checks/http.js';
import type { HttpCheck } from '../../src/config/model.js';
import { nsFromMs } from '../../src/wire/units.js';
import { bytes, httpCheck, probeOnce, series, summary } from '../support/checks.js';
import { listen, tcpServer } from '../support/servers.js';

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
