import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type TlsOptions as ServerOptions, type TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import { describeExpiry } from '../../../src/checks/connecting/tls-context.js';
import { createHttpChecker } from '../../../src/checks/http/checker.js';
import { createTcpChecker } from '../../../src/checks/tcp/checker.js';
import type { TcpCheck } from '../../../src/checks/tcp/index.js';
import { nsFromMs } from '../../../src/model/units.js';
import { bytes, httpCheck, probeOnce, summary, tcpCheck } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';
import { createAuthority } from '../../support/peers/authority.js';
import { listen, tcpServer } from '../../support/peers/servers.js';

const test = needs('openssl');
const serve = (t: ExecutionContext, options: ServerOptions, onSocket: (socket: TLSSocket) => void = () => {}) => {
  const server = createServer(options, (socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  });
  return listen(t, server);
};
const tls = { ...tcpCheck, tls: true };
const probe = async (port: number, check: Partial<TcpCheck> = {}): Promise<string> =>
  summary(await probeOnce(createTcpChecker, { port }, { ...tls, ...check })).replaceAll(`127.0.0.1:${port}`, 'T');
const expiry = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

test('a certificate that is valid for the address or the name, and when it expires', async (t) => {
  const authority = createAuthority(t);
  const good = authority.issue(['IP:127.0.0.1', 'DNS:web.example']);
  const names: unknown[] = [];
  let sawAll = (): void => {};
  const three = new Promise<void>((resolve) => {
    sawAll = resolve;
  });
  const port = await serve(t, good, (socket) => {
    if (names.push(socket.servername) === 3) sawAll();
  });
  const { caFile } = authority;
  t.is(await probe(port, { caFile }), `healthy: connected, TLSv1.3, certificate expires ${expiry(100)}`);
  t.regex(await probe(port, { caFile, serverName: 'web.example' }), /^healthy: /);
  const byName = await probeOnce(createTcpChecker, { host: 'web.example', port }, { ...tls, caFile });
  t.is(byName.kind, 'healthy');
  // The server has seen each handshake to its end; an address is no name to ask for.
  await three;
  t.deepEqual(names, [false, 'web.example', 'web.example']);
});

test('what is wrong with a certificate', async (t) => {
  const authority = createAuthority(t);
  const { caFile } = authority;
  const good = await serve(t, authority.issue(['DNS:web.example']));
  t.is(await probe(good), 'tls: T: TLS handshake failed: the certificate is of an unknown authority');
  t.regex(
    await probe(good, { caFile }),
    /^tls: T: TLS handshake failed: Hostname\/IP does not match certificate's altnames: IP: 127\.0\.0\.1 is not in the cert's list/,
  );
  t.regex(await probe(good, { caFile, serverName: 'other.example' }), /^tls: .*Host: other\.example\. is not/);
  t.regex(await probe(good, { tlsVerify: false }), /^healthy: /);

  const expired = await serve(t, authority.issue(['IP:127.0.0.1'], { from: -10, to: -2 }));
  t.is(await probe(expired, { caFile }), 'tls: T: TLS handshake failed: the certificate has expired');
  t.is(
    await probe(expired, { tlsVerify: false }),
    `healthy: connected, TLSv1.3, WARNING: certificate expired on ${expiry(-2)}`,
  );
  const early = await serve(t, authority.issue(['IP:127.0.0.1'], { from: 2, to: 20 }));
  t.is(await probe(early, { caFile }), 'tls: T: TLS handshake failed: the certificate is not valid yet');
});

test('data inside TLS, and a client certificate', async (t) => {
  const authority = createAuthority(t);
  const server = authority.issue(['IP:127.0.0.1']);
  const client = authority.issue(['DNS:client.example']);
  const { caFile } = authority;
  const options = { ...server, ca: [authorityPem(caFile)], requestCert: true, rejectUnauthorized: true };
  const port = await serve(t, options, (socket) => socket.on('data', (data) => socket.write(data)));
  const check = { caFile, send: bytes('ping'), receive: bytes('ping') };
  const { certFile, keyFile } = client;
  t.regex(await probe(port, { ...check, certFile, keyFile }), /^healthy: received what was expected, TLSv1\.3/);
  t.regex(await probe(port, check), /^tls: T: TLS handshake failed: .*certificate required/);
});
const authorityPem = (file: string): string => readFileSync(file, 'latin1');

test('files that are missing or no certificates are our fault', async (t) => {
  const port = await tcpServer(t, () => {});
  t.is(
    await probe(port, { caFile: '/nonexistent/ca.pem' }),
    'error: the CA file /nonexistent/ca.pem: cannot be read: there is no such file',
  );
  t.regex(
    await probe(port, { certFile: '/etc/hostname', keyFile: '/etc/hostname' }),
    /^error: the TLS files .* can't be used/,
  );
});

test('peers that speak no TLS, or stop in the middle of it', async (t) => {
  const plain = await tcpServer(t, (socket) => socket.write('220 mail.example\r\n'));
  t.is(await probe(plain), 'tls: T: TLS handshake failed: the peer does not speak TLS');
  const closing = await tcpServer(t, (socket) => socket.once('data', () => socket.end()));
  t.regex(await probe(closing), /^tls: T: (?:TLS handshake failed: )?.*(?:closed|disconnected)/);
  const resetting = await tcpServer(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  t.is(await probe(resetting), 'tls: T: TLS handshake failed: connection reset or closed by the peer');
  const silent = await tcpServer(t, () => {});
  t.is(await probe(silent, { timeoutNs: nsFromMs(1500) }), 'timeout: timed out after 1s 500ms in tls');
  // A record that promises more than comes.
  const truncated = await tcpServer(t, (socket) =>
    socket.once('data', () => socket.end(Buffer.of(22, 3, 3, 0, 100, 2, 0))),
  );
  t.regex(await probe(truncated), /^tls: T: /);
});

test('a body in TLS records of a byte each is cut off', async (t) => {
  const port = await serve(t, createAuthority(t).issue(['DNS:web.example']), (socket) => {
    let left = 20_000;
    const drip = (): void => {
      left -= 1;
      socket.write('x');
      if (left > 0 && socket.writable) setImmediate(drip);
    };
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n', drip));
  });
  const patient = { timeoutNs: nsFromMs(60_000), receiveRegex: 'needle', tls: true, tlsVerify: false };
  const outcome = await probeOnce(createHttpChecker, { port }, { ...httpCheck, ...patient });
  t.is(summary(outcome), `protocol: 127.0.0.1:${port}: an answer in more than 4096 parts`);
});

test('HTTPS says the code and the certificate, with the Host header as the name', async (t) => {
  const authority = createAuthority(t);
  const server = createHttpsServer(authority.issue(['DNS:web.example'], { to: 3.5 }), (_, response) =>
    response.end('ok'),
  );
  const port = await listen(t, server);
  const check = { ...httpCheck, tls: true, caFile: authority.caFile, host: 'web.example', receive: bytes('ok') };
  t.is(
    summary(await probeOnce(createHttpChecker, { port }, check)),
    `healthy: HTTP/1.1 200 OK (TLSv1.3, WARNING: certificate expires in 3 days, on ${expiry(3.5)})`,
  );
});

test('expiry in words', (t) => {
  const now = Date.UTC(2026, 0, 10);
  const at = (days: number): string => describeExpiry(now + days * 86_400_000, now);
  t.is(at(14), 'certificate expires 2026-01-24');
  t.is(at(13.9), 'WARNING: certificate expires in 13 days, on 2026-01-23');
  t.is(at(1.5), 'WARNING: certificate expires in 1 day, on 2026-01-11');
  t.is(at(0), 'WARNING: certificate expired on 2026-01-10');
  t.is(describeExpiry(Number.NaN, now), 'certificate without a readable expiry date');
});
