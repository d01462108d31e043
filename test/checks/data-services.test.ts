/** The postgres, redis and qdrant checks against scripted peers: the faults that real servers do not have on demand. */
import { createServer } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { createPostgresChecker } from '../../src/checks/postgres/checker.js';
import { createQdrantChecker } from '../../src/checks/qdrant/checker.js';
import { createRedisChecker } from '../../src/checks/redis/checker.js';
import { nsFromMs } from '../../src/model/units.js';
import { postgresCheck, probeOnce, qdrantCheck, redisCheck, series, summary } from '../support/fixtures/checks.js';
import { listen, tcpServer } from '../support/peers/servers.js';

const short = { timeoutNs: nsFromMs(1500) };

/** A server that answers the first bytes of each connection with these, and then does nothing, or closes. */
const scripted = (t: ExecutionContext, answer: string, { close = false } = {}): Promise<number> =>
  tcpServer(t, (socket) =>
    socket.once('data', () => {
      socket.write(answer, 'latin1');
      if (close) socket.end();
    }),
  );

const redis = async (port: number, url: string | null = null, changed = {}): Promise<string> =>
  summary(await probeOnce(createRedisChecker, { port }, { ...redisCheck, url, ...changed })).replaceAll(
    `127.0.0.1:${port}`,
    'T',
  );

test('redis: answers that are not PONG', async (t) => {
  t.is(await redis(await scripted(t, '+PONG\r\n')), 'healthy: PONG');
  t.is(await redis(await scripted(t, '$4\r\nPONG\r\n')), 'healthy: PONG');
  t.is(await redis(await scripted(t, '+HELLO\r\n')), 'mismatch: T: PING answered with HELLO');
  t.is(
    await redis(await scripted(t, '-LOADING Redis is loading the dataset in memory\r\n')),
    'status: T: PING answered with LOADING Redis is loading the dataset in memory',
  );
  t.is(
    await redis(await scripted(t, 'HTTP/1.1 400 Bad Request\r\n')),
    'protocol: T: not a Redis reply: it begins with "HTTP/1.1 400 Bad Request??"',
  );
  t.is(await redis(await scripted(t, '', { close: true })), 'closed: T: connection closed after 0 of 1 answers');
  t.is(await redis(await scripted(t, '+PO'), null, short), 'timeout: timed out after 1s 500ms in query');
});

test('redis: a password that the server repeats is not shown', async (t) => {
  const password = 'hunter2-Sécret/+';
  const answer = `-ERR unknown command 'AUTH', with args beginning with: '${password}'\r\n`;
  const port = await tcpServer(t, (socket) => socket.once('data', () => socket.write(answer)));
  const url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  t.is(
    await redis(port, url),
    "auth: T: AUTH answered with ERR unknown command 'AUTH', with args beginning with: '***'",
  );
});

test('redis: a url that is none says so without repeating itself', async (t) => {
  t.is(await redis(1, 'redis://:secret@'), 'error: the url of the redis check is not a URL');
  t.is(await redis(1, 'redis://:secret@127.0.0.1/abc'), 'error: the path of the redis url is the number of a database');
});

test('redis: the url leads elsewhere, and a steered probe to the virtual address', async (t) => {
  const port = await scripted(t, '+PONG\r\n');
  const url = `redis://127.0.0.1:${port}`;
  const elsewhere = await probeOnce(createRedisChecker, { host: '192.0.2.1', port: 1 }, { ...redisCheck, url });
  t.is(summary(elsewhere), 'healthy: PONG');
  const check = { ...redisCheck, url: 'redis://192.0.2.1:1', mode: 'dsr' as const };
  t.is(summary(await probeOnce(createRedisChecker, { port }, check)), 'healthy: PONG');
});

const postgres = async (port: number, url: string | null = null, changed = {}): Promise<string> =>
  summary(await probeOnce(createPostgresChecker, { port }, { ...postgresCheck, url, ...changed })).replaceAll(
    `127.0.0.1:${port}`,
    'T',
  );
const authOk = 'R\0\0\0\x08\0\0\0\0';
const ready = 'Z\0\0\0\x05I';

test('postgres: peers that misbehave during the login', async (t) => {
  t.is(await postgres(await scripted(t, 'HTTP/1.1 400 Bad Request\r\n')), 'protocol: T: a message of 1414811695 bytes');
  t.is(await postgres(await scripted(t, '', { close: true })), 'closed: T: connection closed during the login');
  t.is(
    await postgres(await scripted(t, authOk + ready, { close: true })),
    'closed: T: connection closed before the answer to the query',
  );
  t.is(await postgres(await scripted(t, authOk), null, short), 'timeout: timed out after 1s 500ms in query');
  t.is(
    await postgres(await scripted(t, 'R\0\0\0\x08\0\0\0\x07')),
    'auth: T: the server wants an authentication that is not supported (method 7)',
  );
  t.is(
    await postgres(await scripted(t, 'R\0\0\0\x0e\0\0\0\x0aOTHER\0\0'.replace('\x0e', '\x0f'))),
    'auth: T: the server wants OTHER, not SCRAM-SHA-256',
  );
  t.is(
    await postgres(
      await scripted(
        t,
        `E\0\0\0\x22SFATAL\0C57P03\0Mstarting up\0\0`.replace('\x22', String.fromCharCode(4 + 7 + 7 + 13 + 1)),
      ),
    ),
    'status: T: starting up (SQLSTATE 57P03)',
  );
});

test('postgres: a server that sends messages without end is cut off', async (t) => {
  const port = await tcpServer(t, (socket) => {
    const messages = Buffer.from('S\0\0\0\x06x\0'.repeat(5000), 'latin1');
    const pour = (): void => {
      while (!socket.destroyed && socket.write(messages));
    };
    socket.resume().on('drain', pour);
    pour();
  });
  t.regex(
    summary(await probeOnce(createPostgresChecker, { port }, postgresCheck)),
    /^protocol: .*more than 1000 messages without an answer$/,
  );
});

test('postgres: a server that never proves its password is not believed', async (t) => {
  const sasl = 'R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0';
  const port = await scripted(t, sasl + authOk + ready);
  t.is(
    await postgres(port, `postgres://me:pw@127.0.0.1:${port}/`),
    'auth: T: the server has not proved that it knows the password',
  );
});

test('postgres: another answer than 1, and none', async (t) => {
  const row = 'D\0\0\0\x0b\0\x01\0\0\0\x012';
  const script = (answer: string) =>
    tcpServer(t, (socket) => {
      socket.once('data', () => {
        socket.write(authOk + ready, 'latin1');
        socket.once('data', () => socket.write(answer, 'latin1'));
      });
    });
  t.is(await postgres(await script(row + ready)), 'mismatch: T: SELECT 1 did not answer 1');
  t.is(await postgres(await script(ready)), 'mismatch: T: SELECT 1 did not answer 1');
  t.is(await postgres(await script(row.replace('2', '1') + ready)), 'healthy: SELECT 1 answered 1');
});

test('postgres: TLS that the server refuses or smuggles into', async (t) => {
  const url = (port: number): string => `postgres://me:pw@127.0.0.1:${port}/db?sslmode=require`;
  const refusing = await scripted(t, 'N');
  t.is(
    await postgres(refusing, url(refusing)),
    'tls: T: the server does not speak TLS: leave sslmode out, or switch ssl on there',
  );
  const smuggling = await scripted(t, `S${authOk}`);
  t.is(await postgres(smuggling, url(smuggling)), 'protocol: T: not an answer to a request for TLS');
  t.is(
    await postgres(1, 'postgres://me:pw@127.0.0.1:1/db?sslmode=prefer'),
    'error: sslmode in the postgres url is one of disable, require and verify-full',
  );
});

test('qdrant: the path that the server knows is found, and kept', async (t) => {
  const asked: string[] = [];
  let known = '/healthz';
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['api-key'] ?? '-'}`);
    response.statusCode = request.url === known ? 200 : 404;
    response.end('healthz check passed');
  });
  const port = await listen(t, server);
  const next = series(
    t,
    createQdrantChecker,
    { port },
    { ...qdrantCheck, url: `http://127.0.0.1:${port}?api_key=k1`, keepAlive: true },
  );
  t.is(await next(), 'healthy: HTTP/1.1 200 OK');
  known = '/health';
  t.is((await next()).replace(String(port), 'P'), 'status: 127.0.0.1:P: GET /healthz answered 404');
  t.is(await next(), 'healthy: HTTP/1.1 200 OK');
  t.is(await next(), 'healthy: HTTP/1.1 200 OK');
  t.deepEqual(asked, ['/healthz k1', '/healthz k1', '/healthz k1', '/health k1', '/health k1']);
});

test('qdrant: faults and a path of its own', async (t) => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/gate/readyz' ? 200 : 503;
    response.end();
  });
  const port = await listen(t, server);
  const probe = async (path: string): Promise<string> =>
    summary(
      await probeOnce(createQdrantChecker, { port: 1 }, { ...qdrantCheck, url: `http://127.0.0.1:${port}${path}` }),
    ).replaceAll(`127.0.0.1:${port}`, 'T');
  t.is(await probe(''), 'status: T: HTTP/1.1 503 Service Unavailable, expected 200-299');
  t.is(await probe('/gate/readyz'), 'healthy: HTTP/1.1 200 OK');
  const silent = await tcpServer(t, () => {});
  const outcome = await probeOnce(createQdrantChecker, { port: silent }, { ...qdrantCheck, ...short });
  t.is(summary(outcome), 'timeout: timed out after 1s 500ms in receive');
});
