import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { createHttpChecker } from '../../../src/checks/http/checker.js';
import type { HttpCheck } from '../../../src/checks/http/index.js';
import { runProbe } from '../../../src/checks/probing/run-probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import { bytes, httpCheck, probeOnce, summary, testContext } from '../../support/fixtures/checks.js';
import { freePort } from '../../support/fixtures/ports.js';
import { listen, tcpServer } from '../../support/peers/servers.js';

const short = { timeoutNs: nsFromMs(1500) };
const serve = (t: ExecutionContext, handler: RequestListener): Promise<number> => listen(t, createServer(handler));
const probe = async (port: number, check: Partial<HttpCheck> = {}): Promise<string> =>
  summary(await probeOnce(createHttpChecker, { port }, { ...httpCheck, ...check })).replaceAll(
    `127.0.0.1:${port}`,
    'T',
  );
/** A server that answers any request with these bytes and, unless told otherwise, closes. */
const raw = (t: ExecutionContext, answer: string | Buffer, then: (socket: Socket) => void = (socket) => socket.end()) =>
  tcpServer(t, (socket) => socket.once('data', () => socket.write(answer, 'latin1', () => then(socket))));

function writeForEver(socket: Socket, first: string, then: string): void {
  socket.write(first, (error) => {
    if (error === undefined || error === null) writeForEver(socket, then, then);
  });
}

test('the request says what was asked for', async (t) => {
  let seen = '';
  const port = await serve(t, (request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      const { method, url, headers } = request;
      seen = `${method} ${url} ${headers.host} ${headers['x-probe']} ${headers['user-agent']} ${body}`;
      response.end();
    });
  });
  const check = { method: 'post', path: '/up?x=1', host: 'www.example', headers: { 'X-Probe': '1' }, body: 'hé' };
  t.is(await probe(port, check), 'healthy: HTTP/1.1 200 OK');
  t.is(seen, 'POST /up?x=1 www.example 1 fulcrum hé');
});

test('a proxy is asked in absolute form', async (t) => {
  const seen: string[] = [];
  const port = await serve(t, (request, response) => {
    seen.push(`${request.url} ${request.headers.host}`);
    response.end();
  });
  await probe(port, { proxy: true, host: 'www.example', path: '/a' });
  await probe(port, { proxy: true, path: 'http://other.example:81/b' });
  t.deepEqual(seen, ['http://www.example/a www.example', 'http://other.example:81/b other.example:81']);
});

test('codes and ranges', async (t) => {
  const port = await serve(t, (request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    response.end();
  });
  const expectedCodes = [
    { from: 200, to: 299 },
    { from: 401, to: 401 },
  ];
  t.is(await probe(port, { path: '/204', expectedCodes }), 'healthy: HTTP/1.1 204 No Content');
  t.is(await probe(port, { path: '/401', expectedCodes }), 'healthy: HTTP/1.1 401 Unauthorized');
  t.is(
    await probe(port, { path: '/500', expectedCodes }),
    'status: T: HTTP/1.1 500 Internal Server Error, expected 200-299, 401',
  );
  t.is(await probe(port, { path: '/599', expectedCodes: [] }), 'healthy: HTTP/1.1 599 unknown');
});

test('a redirect is an answer and is not followed', async (t) => {
  let requests = 0;
  const port = await serve(t, (_, response) => {
    requests += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  t.is(await probe(port), 'status: T: HTTP/1.1 302 Found, expected 200');
  t.is(requests, 1);
});

test('receive is a prefix of the body, and decides at once', async (t) => {
  const port = await raw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nstatus=up', () => {});
  t.is(await probe(port, { receive: bytes('status=up') }), 'healthy: HTTP/1.1 200 OK');
  t.is(
    await probe(port, { receive: bytes('status=down') }),
    'mismatch: T: the body begins with "status=up", expected "status=down"',
  );
});

test('a body that ends before receive does is a mismatch', async (t) => {
  const port = await serve(t, (_, response) => response.end('ok'));
  t.is(
    await probe(port, { receive: bytes('okay') }),
    'mismatch: T: the body ends after 2 bytes: "ok", expected "okay"',
  );
});

test('a regular expression looks at the whole body', async (t) => {
  const port = await serve(t, (_, response) => {
    response.write('line one\n');
    response.end('workers: 12\n');
  });
  t.is(await probe(port, { receiveRegex: 'workers: [1-9]\\d*' }), 'healthy: HTTP/1.1 200 OK');
  t.is(await probe(port, { receiveRegex: '^line' }), 'healthy: HTTP/1.1 200 OK');
  t.is(await probe(port, { receiveRegex: 'workers: 12$' }), 'healthy: HTTP/1.1 200 OK');
  t.is(
    await probe(port, { receiveRegex: 'workers: 0$' }),
    'mismatch: T: the body does not match /workers: 0$/: "line one\\nworkers: 12\\n"',
  );
});

test('an expression that backtracks for ever is stopped', async (t) => {
  const port = await serve(t, (_, response) => response.end(`${'a'.repeat(60)}b`));
  t.regex(await probe(port, { receiveRegex: '^(a+)+$' }), /^mismatch: .* takes too long/);
});

test('chunked and compressed bodies are decoded', async (t) => {
  const text = 'status: up, and running well';
  const codings: Record<string, Buffer> = {
    gzip: gzipSync(text),
    deflate: deflateSync(text),
    br: brotliCompressSync(text),
    identity: Buffer.from(text),
  };
  const port = await serve(t, (request, response) => {
    const coding = request.url?.slice(1) ?? '';
    const body = coding === 'raw' ? deflateRawSync(text) : (codings[coding] ?? Buffer.alloc(0));
    response.setHeader('content-encoding', coding === 'raw' ? 'deflate' : coding);
    response.write(body.subarray(0, 5));
    setImmediate(() => response.end(body.subarray(5)));
  });
  for (const coding of [...Object.keys(codings), 'raw']) {
    t.is(await probe(port, { path: `/${coding}`, receive: bytes('status: up') }), 'healthy: HTTP/1.1 200 OK', coding);
    t.is(await probe(port, { path: `/${coding}`, receiveRegex: 'well$' }), 'healthy: HTTP/1.1 200 OK', coding);
  }
  t.regex(await probe(port, { path: '/zstd', receive: bytes('x') }), /^protocol: T: content encoding "zstd"/);
});

test('a damaged gzip body and a bomb', async (t) => {
  const damaged = gzipSync('all is well and good');
  damaged[12] = (damaged[12] ?? 0) ^ 0xff;
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const port = await serve(t, (request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(request.url === '/bomb' ? bomb : damaged);
  });
  t.regex(await probe(port, { receiveRegex: 'well' }), /^protocol: T: the gzip body is damaged/);
  t.regex(await probe(port, { path: '/bomb', receiveRegex: 'x' }), /^mismatch: T: the first 262144 bytes of the body/);
});

test('a refused connection', async (t) => {
  const port = await freePort();
  t.is(await probe(port), 'refused: T: connection refused');
});

test('slow answers name where they got stuck', async (t) => {
  const silent = await raw(t, '', () => {});
  t.is(await probe(silent, short), 'timeout: timed out after 1s 500ms in receive');
  const slowBody = await raw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', () => {});
  t.is(
    await probe(slowBody, short),
    'timeout: timed out after 1s 500ms in receive (HTTP/1.1 200 OK came, then 3 bytes of the body)',
  );
});

test('lies and cuts are told apart', async (t) => {
  const cases: [string, string][] = [
    ['', 'closed: T: closed without an answer'],
    ['HTTP/1.1 200 OK\r\nServer: x', 'closed: T: closed after 26 bytes of the headers'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'closed: T: closed with 7 bytes of the body missing'],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc',
      'closed: T: closed in the middle of a chunked body',
    ],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'protocol: T: bad chunk size "xyz"'],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n',
      'protocol: T: a chunk is longer than its size says',
    ],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'protocol: T: contradicting content lengths "1, 2"',
    ],
    ['HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n', 'protocol: T: bad content length "-5"'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'protocol: T: not an HTTP answer: it begins with "SSH-2.0-OpenSSH_9.2??"'],
    ['HTTP/1.1 9 x\r\n\r\n', 'protocol: T: bad status line "HTTP/1.1 9 x"'],
    ['HTTP/1.1 200 OK\r\nbad header\r\n\r\n', 'protocol: T: bad header line "bad header"'],
  ];
  for (const [answer, expected] of cases) {
    const port = await raw(t, answer);
    t.is(await probe(port), expected);
  }
});

test('headers and interim answers without end are cut off', async (t) => {
  const endless = (unit: string) =>
    tcpServer(t, (socket) => socket.once('data', () => writeForEver(socket, 'HTTP/1.1 200 OK\r\n', unit.repeat(100))));
  t.is(await probe(await endless('X-Junk: 1\r\n')), 'protocol: T: headers longer than 65536 bytes');
  t.is(await probe(await endless('x'.repeat(1000))), 'protocol: T: headers longer than 65536 bytes');
  const port = await raw(t, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20));
  t.is(await probe(port), 'protocol: T: more than 10 interim answers');
  const early = await raw(
    t,
    'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  );
  t.is(await probe(early), 'healthy: HTTP/1.1 200 OK');
});

test('a body without end is read only so far', async (t) => {
  const port = await tcpServer(t, (socket) =>
    socket.once('data', () => writeForEver(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(10_000))),
  );
  t.is(await probe(port), 'healthy: HTTP/1.1 200 OK');
});

test('HEAD has no body whatever its length says', async (t) => {
  const port = await raw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', () => {});
  t.is(await probe(port, { method: 'HEAD' }), 'healthy: HTTP/1.1 200 OK');
});

test('a request that can not be written is our fault', async (t) => {
  const port = await freePort();
  t.is(
    await probe(port, { path: '/a b' }),
    'error: the path "/a b" holds white space or other than ASCII: percent-encode it',
  );
  t.regex(
    await probe(port, { headers: { 'x-a': 'secret\r\nx: y' } }),
    /^error: the header x-a can't be sent: ERR_INVALID_CHAR$/,
  );
});

test('kept connections are used again, and replaced when the peer has closed them', async (t) => {
  let connections = 0;
  const server = createServer((_, response) => response.end('ok'));
  server.keepAliveTimeout = 60_000;
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listen(t, server);
  const checker = createHttpChecker(testContext);
  t.teardown(() => checker.close());
  const spec = { host: '127.0.0.1', port, mark: null, check: { ...httpCheck, keepAlive: true } };
  for (let round = 0; round < 3; round += 1) {
    t.is(summary(await runProbe(checker, spec, testContext.now)), 'healthy: HTTP/1.1 200 OK');
  }
  t.is(connections, 1);
  server.closeAllConnections();
  t.is(summary(await runProbe(checker, spec, testContext.now)), 'healthy: HTTP/1.1 200 OK');
  t.is(connections, 2);
});

test('a connection that the peer closes as the request arrives is replaced once', async (t) => {
  let connections = 0;
  const port = await tcpServer(t, (socket) => {
    connections += 1;
    let requests = 0;
    socket.on('data', () => {
      requests += 1;
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
    });
  });
  const checker = createHttpChecker(testContext);
  t.teardown(() => checker.close());
  const spec = { host: '127.0.0.1', port, mark: null, check: { ...httpCheck, keepAlive: true } };
  for (let round = 0; round < 3; round += 1) {
    t.is(summary(await runProbe(checker, spec, testContext.now)), 'healthy: HTTP/1.1 200 OK');
  }
  t.is(connections, 3);
});

const digestOf = (algorithm: string, body: string) => createHash(algorithm).update(body).digest('hex');

test('a digest of the whole body, MD5 or SHA-256, also of a compressed one', async (t) => {
  const port = await serve(t, (_, response) => response.end('hello'));
  for (const algorithm of ['md5', 'sha256']) {
    const digest = digestOf(algorithm, 'hello');
    t.is(await probe(port, { digest }), 'healthy: HTTP/1.1 200 OK');
    t.is(await probe(port, { digest: digest.toUpperCase(), receive: bytes('he') }), 'healthy: HTTP/1.1 200 OK');
    const other = digestOf(algorithm, 'other');
    t.is(
      await probe(port, { digest: other }),
      `mismatch: T: the digest of the body (5 bytes) is ${digest}, expected ${other}`,
    );
  }
  const packed = await serve(t, (_, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync('hello'));
  });
  t.is(await probe(packed, { digest: digestOf('md5', 'hello') }), 'healthy: HTTP/1.1 200 OK');
  const endless = await raw(t, 'HTTP/1.1 200 OK\r\n\r\n', (socket) => writeForEver(socket, 'x', 'x'.repeat(9999)));
  t.regex(
    await probe(endless, { digest: digestOf('md5', '') }),
    /^mismatch: T: the body has 262144 bytes or more: too many/,
  );
});

test('of several paths each must answer well, and the one that does not is told', async (t) => {
  const asked: string[] = [];
  const port = await serve(t, (request, response) => {
    asked.push(request.url ?? '');
    response.statusCode = request.url === '/gone' ? 404 : 200;
    response.end(request.url);
  });
  const one = { expectedCodes: null, receive: null, receiveRegex: null, digest: null };
  const [a, b] = [
    { ...one, path: '/a', digest: digestOf('md5', '/a') },
    { ...one, path: '/gone', expectedCodes: [{ from: 404, to: 404 }], receive: bytes('/gone') },
  ];
  for (const keepAlive of [false, true])
    t.is(await probe(port, { paths: [a, b], keepAlive }), 'healthy: HTTP/1.1 404 Not Found');
  t.is(
    await probe(port, { paths: [a, { ...b, expectedCodes: null }, a] }),
    'status: T, path 2 of 3: HTTP/1.1 404 Not Found, expected 200',
  );
  t.deepEqual(asked, ['/a', '/gone', '/a', '/gone', '/a', '/gone']);
});
