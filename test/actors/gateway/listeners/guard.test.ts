import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hostNameOf } from '../../../../src/actors/gateway/listeners/guard.js';
import { readToken, Token } from '../../../../src/actors/gateway/listeners/token.js';
import { rawClient } from '../../../support/peers/raw-client.js';
import { type AskOptions, startRig } from '../../../support/rigs/gateway-rig.js';

const secret = 'a-long-enough-secret.1';

function tokenFile(content: string | Buffer, mode = 0o600): string {
  const path = join(mkdtempSync(join(tmpdir(), 'fulcrum-token-')), 'token');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

async function rigWithToken(t: ExecutionContext, content = `${secret}\n`) {
  const changed: string[] = [];
  const rig = await startRig(t, {
    config: {
      control: { socket: null, http: { host: '127.0.0.1', port: 0 }, grpc: null, tokenFile: tokenFile(content) },
    },
    behaviour: { engine: { override: ({ backend }) => [`web/${changed[changed.push(backend) - 1]}`] } },
  });
  const drain = (headers: Record<string, string>, options: AskOptions = {}) =>
    rig.ask('POST', '/api/v1/backends/a/drain', { door: 'tcp', headers, ...options });
  return { rig, drain, changed };
}

test('a change over TCP needs the token', async (t) => {
  const { drain, changed } = await rigWithToken(t);
  const without = await drain({});
  t.is(without.status, 401);
  t.is(without.headers['www-authenticate'], 'Bearer realm="fulcrum"');
  for (const authorization of [
    `Bearer ${secret}x`,
    `Bearer ${secret.slice(1)}`,
    `Basic ${secret}`,
    'Bearer',
    'Bearer ',
  ]) {
    const refused = await drain({ authorization });
    t.is(refused.status, 401, authorization);
    t.false(refused.text.includes(secret));
  }
  t.deepEqual(changed, []);
  t.is((await drain({ authorization: `Bearer ${secret}` })).status, 200);
  t.is((await drain({ authorization: `bearer ${secret}` })).status, 200, 'RFC 9110: the scheme’s case does not matter');
  t.deepEqual(changed, ['a', 'a']);
});

test('without a configured token a change over TCP is refused with the reason, and the unix socket takes it', async (t) => {
  const rig = await startRig(t, { behaviour: { engine: { override: () => ['web/a'] } } });
  const refused = await rig.ask('POST', '/api/v1/backends/a/drain', {
    door: 'tcp',
    headers: { authorization: 'Bearer x' },
  });
  t.like(refused.json(), { status: 403, code: 'ERR_CHANGES_REFUSED' });
  t.regex(refused.text, /control\.token_file/);
  t.is((await rig.ask('POST', '/api/v1/backends/a/drain')).status, 200);
  t.is((await rig.ask('GET', '/api/v1/services', { door: 'tcp' })).status, 200, 'reading needs none');
});

test('another site’s page cannot make changes, whatever token the browser might add', async (t) => {
  const { rig, drain, changed } = await rigWithToken(t);
  const authorization = `Bearer ${secret}`;
  const own = `127.0.0.1:${rig.port('control.http')}`;
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: `http://${own}` },
  ]) {
    const refused = await drain({ authorization, ...headers });
    t.like(refused.json(), { status: 403, code: 'ERR_CROSS_ORIGIN' }, JSON.stringify(headers));
  }
  t.deepEqual(changed, []);
  t.is((await drain({ authorization, origin: `http://${own}`, 'sec-fetch-site': 'same-origin' })).status, 200);
});

test('a loopback listener answers to its own names only: DNS rebinding reads nothing', async (t) => {
  const { rig } = await rigWithToken(t);
  const get = (host: string) => rig.ask('GET', '/api/v1/services', { door: 'tcp', headers: { host } });
  for (const host of [
    'evil.example',
    'evil.example:9080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'a b',
    '[',
  ]) {
    t.is((await get(host)).status, 421, host);
  }
  for (const host of ['localhost', 'LOCALHOST:9080', '127.0.0.1', '10.0.0.1:80', '[::1]:9080', 'test-node']) {
    t.is((await get(host)).status, 200, host);
  }
});

test('a probe that names no host is answered in HTTP/1.0, and refused in 1.1 as the standard says', async (t) => {
  const { rig } = await rigWithToken(t);
  const send = (text: string) => {
    const client = rawClient({ host: '127.0.0.1', port: rig.port('control.http') });
    client.socket.write(text);
    return client.closed;
  };
  t.regex(await send('GET /liveness HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 [\s\S]*"alive"/);
  t.regex(
    await send('GET /liveness HTTP/1.1\r\nconnection: close\r\n\r\n'),
    /^HTTP\/1\.1 400 [\s\S]*problem\+json[\s\S]*Host/,
  );
});

test('the name in a Host header', (t) => {
  t.is(hostNameOf('Example.com.:80'), 'example.com');
  t.is(hostNameOf('[::1]:80'), '::1');
  t.is(hostNameOf('[::1'), null);
  t.is(hostNameOf('a@b'), null);
  t.is(hostNameOf('a:1:2'), null);
  t.is(hostNameOf('a:999999'), null);
});

test('a token file that is of no use is refused with what to do', (t) => {
  const refused = (content: string | Buffer) => t.throws(() => readToken(tokenFile(content)), { code: 'ERR_CONFIG' });
  t.regex(refused('').message, /one line/);
  t.regex(refused('short').message, /5 characters; at least 16/);
  t.regex(refused('two lines are\nnot a token at all').message, /one line/);
  t.regex(refused(Buffer.alloc(5000, 'a')).message, /at most 4096 bytes/);
  t.regex(refused(Buffer.from([0xff, 0xfe, 0, 1])).message, /RFC 6750/);
  const missing = t.throws(() => readToken('/nonexistent/token'), { code: 'ERR_CONFIG' });
  t.regex(missing.message, /^\/nonexistent\/token:0:0: control\.token_file: .*openssl rand -hex 32/);
  t.regex(t.throws(() => readToken('/')).message, /control\.token_file: this is a directory/);
  t.false(readToken(tokenFile(secret)).worldReadable);
  t.true(readToken(tokenFile(secret, 0o644)).worldReadable);
});

test('a token that everyone can read is told in the log', async (t) => {
  const rig = await startRig(t, {
    config: { control: { socket: null, http: null, grpc: null, tokenFile: tokenFile(secret, 0o644) } },
  });
  t.regex(rig.logged.find(({ level }) => level === 'warn')?.message ?? '', /chmod 0600/);
});

test('a reload takes up a new token, and keeps the old one when the new file is of no use', async (t) => {
  const { rig, drain } = await rigWithToken(t);
  const other = 'another-long-secret-2';
  rig.gateway.configure({ ...rig.config, control: { ...rig.config.control, tokenFile: tokenFile(other) } });
  t.is((await drain({ authorization: `Bearer ${secret}` })).status, 401);
  t.is((await drain({ authorization: `Bearer ${other}` })).status, 200);
  rig.gateway.configure({ ...rig.config, control: { ...rig.config.control, tokenFile: '/nonexistent' } });
  t.is((await drain({ authorization: `Bearer ${other}` })).status, 200);
  t.like(rig.events.at(-1), { type: 'alarm', alarm: 'token' });
});

test('a start with an unusable token file fails', async (t) => {
  const control = { socket: null, http: null, grpc: null, tokenFile: '/nonexistent/token' };
  await t.throwsAsync(startRig(t, { config: { control } }), { code: 'ERR_CONFIG' });
});

test('tokens are compared by digest', (t) => {
  const token = new Token(secret);
  t.true(token.matches(secret));
  t.false(token.matches(''));
  t.false(token.matches(`${secret} `));
});
