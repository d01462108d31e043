/** The tcp and http checks against nginx, with the faults that a real server has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createHttpChecker } from '../../../src/checks/http/checker.js';
import type { HttpCheck } from '../../../src/checks/http/index.js';
import { createTcpChecker } from '../../../src/checks/tcp/checker.js';
import { nsFromMs } from '../../../src/model/units.js';
import { bytes, httpCheck, probeOnce, series, summary, tcpCheck } from '../../support/fixtures/checks.js';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';
import { createAuthority } from '../../support/peers/authority.js';
import { type ServerProcess, startServer } from '../../support/peers/server-process.js';

const test = needs('nginx', 'openssl');
const short = { timeoutNs: nsFromMs(1500) };

type Nginx = ServerProcess & {
  readonly port: number;
  readonly h2Port: number;
  readonly tlsPort: number;
  readonly caFile: string;
};

async function startNginx(t: ExecutionContext): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-nginx-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const authority = createAuthority(t);
  const { certFile, keyFile } = authority.issue(['DNS:web.example', 'IP:127.0.0.1']);
  const [port, h2Port, tlsPort] = [await freePort(), await freePort(), await freePort()];
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(join(folder, 'big.txt'), 'status: ok\n'.repeat(100_000));
  writeFileSync(
    configuration,
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr notice;
events { worker_connections 128; }
http {
  access_log off; ${paths.join(' ')} root ${folder}; default_type text/plain;
  gzip on; gzip_min_length 1; gzip_types *;
  server {
    listen 127.0.0.1:${port}; listen 127.0.0.1:${h2Port} http2; listen 127.0.0.1:${tlsPort} ssl http2;
    ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};
    location = / { return 200 "ready $request_method $host\\n"; }
    location = /fails { return 500; }
    location = /moved { return 301 /; }
    location = /slow.txt { limit_rate 2k; alias ${folder}/big.txt; }
    location = /big.txt { }
  }
}
`,
  );
  const server = await startServer({
    command: 'nginx',
    args: ['-p', folder, '-c', configuration],
    ready: /start worker process/,
  });
  t.teardown(() => server.stop());
  return { ...server, port, h2Port, tlsPort, caFile: authority.caFile };
}

test('nginx: answers over HTTP/1.1, HTTP/2, both over TLS, and with every kind of body', async (t) => {
  const { port, h2Port, tlsPort, caFile } = await startNginx(t);
  const probe = async (at: number, check: Partial<HttpCheck> = {}): Promise<string> =>
    summary(await probeOnce(createHttpChecker, { port: at }, { ...httpCheck, ...check })).replaceAll(
      `127.0.0.1:${at}`,
      'T',
    );
  t.is(await probe(port, { receive: bytes('ready GET 127.0.0.1\n') }), 'healthy: HTTP/1.1 200 OK');
  t.is(
    await probe(port, { host: 'web.example', receiveRegex: '^ready .* web\\.example$' }),
    'healthy: HTTP/1.1 200 OK',
  );
  t.is(await probe(h2Port, { http2: true, receive: bytes('ready GET') }), 'healthy: HTTP/2 200 OK');
  t.is(await probe(h2Port, { method: 'HEAD', http2: true }), 'healthy: HTTP/2 200 OK');
  const tls = { tls: true, caFile };
  t.regex(
    await probe(tlsPort, { ...tls, receive: bytes('ready') }),
    /^healthy: HTTP\/1\.1 200 OK \(TLSv1\.[23], certificate expires/,
  );
  t.regex(
    await probe(tlsPort, { ...tls, http2: true, receive: bytes('ready') }),
    /^healthy: HTTP\/2 200 OK \(TLSv1\.[23], /,
  );
  const gzip = { headers: { 'accept-encoding': 'gzip' } };
  t.is(await probe(port, { ...gzip, path: '/big.txt', receive: bytes('status: ok') }), 'healthy: HTTP/1.1 200 OK');
  t.is(await probe(h2Port, { ...gzip, path: '/big.txt', http2: true, receiveRegex: 'ok' }), 'healthy: HTTP/2 200 OK');
  for (const http2 of [false, true]) {
    const [version, at] = http2 ? ['HTTP/2', h2Port] : ['HTTP/1.1', port];
    t.is(await probe(at, { http2, path: '/fails' }), `status: T: ${version} 500 Internal Server Error, expected 200`);
    t.is(await probe(at, { http2, path: '/moved' }), `status: T: ${version} 301 Moved Permanently, expected 200`);
    t.is(
      await probe(at, { http2, receive: bytes('down') }),
      'mismatch: T: the body begins with "ready GET 127.0.0.1\\n", expected "down"',
    );
    t.regex(
      await probe(at, { http2, path: '/slow.txt', ...short }),
      /^timeout: timed out after 1s 500ms in receive \(HTTP\/\S+ 200 OK came, then \d+ bytes of the body\)$/,
    );
  }
  t.is(await probe(port, { tls: true }), 'tls: T: TLS handshake failed: the peer does not speak TLS');
  t.is(await probe(tlsPort, { ...tls, serverName: 'other.example' }).then((text) => text.split(':')[0]), 'tls');
});

test('nginx: send and receive over TCP and TLS', async (t) => {
  const { port, tlsPort, caFile } = await startNginx(t);
  const check = { ...tcpCheck, send: bytes('GET / HTTP/1.0\r\n\r\n'), receive: bytes('HTTP/1.1 200 OK\r\n') };
  t.is(summary(await probeOnce(createTcpChecker, { port }, check)), 'healthy: received what was expected');
  const tls = { ...check, tls: true, caFile, serverName: 'web.example' };
  t.regex(
    summary(await probeOnce(createTcpChecker, { port: tlsPort }, tls)),
    /^healthy: received what was expected, TLSv1\.[23]/,
  );
  t.is(summary(await probeOnce(createTcpChecker, { port }, tcpCheck)), 'healthy: connected');
});

test('nginx: kept connections through freezing, stopping and starting again', async (t) => {
  const server = await startNginx(t);
  const { port, h2Port, tlsPort, caFile } = server;
  const kinds: [string, number, Partial<HttpCheck>][] = [
    ['HTTP/1.1', port, {}],
    ['HTTP/1.1', tlsPort, { tls: true, caFile }],
    ['HTTP/2', h2Port, { http2: true }],
    ['HTTP/2', tlsPort, { http2: true, tls: true, caFile }],
  ];
  const rounds = kinds.map(([version, at, check]) => ({
    version,
    next: series(t, createHttpChecker, { port: at }, { ...httpCheck, ...check, ...short, keepAlive: true }),
  }));
  for (const { version, next } of [...rounds, ...rounds])
    t.true((await next()).startsWith(`healthy: ${version} 200 OK`));
  server.freeze();
  for (const { next } of rounds) t.is(await next(), 'timeout: timed out after 1s 500ms in receive');
  server.thaw();
  for (const { version, next } of rounds) t.true((await next()).startsWith(`healthy: ${version} 200 OK`));
  await server.stop();
  for (const { next } of rounds) t.regex(await next(), /^refused: /);
});
