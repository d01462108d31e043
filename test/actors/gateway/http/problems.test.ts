import test from 'ava';
import { problemView } from '../../../../src/actors/gateway/http/schemas.js';
import {
  MAX_BODY_BYTES,
  MAX_UNSENT_BYTES,
  REQUESTS_IN_FLIGHT,
} from '../../../../src/actors/gateway/listeners/listener-limits.js';
import { serviceFixture } from '../../../support/fixtures/views.js';
import { rawClient } from '../../../support/peers/raw-client.js';
import { type Answer, askHttp, startRig } from '../../../support/rigs/gateway-rig.js';

const isProblem = (answer: Answer, status: number) => {
  const problem = problemView.parse(answer.json());
  return (
    answer.status === status &&
    problem.status === status &&
    problem.detail !== '' &&
    answer.headers['content-type'] === 'application/problem+json; charset=utf-8'
  );
};

test('an unknown path is a 404 problem', async (t) => {
  const rig = await startRig(t);
  t.true(isProblem(await rig.ask('GET', '/nope'), 404));
  t.true(isProblem(await rig.ask('POST', '/api/v1/nope?x=1'), 404));
  t.true(isProblem(await rig.ask('GET', '/../../etc/passwd'), 404));
  t.true(isProblem(await rig.ask('GET', '/%2e%2e/package.json'), 404));
});

test('another method is a 405 problem that names the allowed ones', async (t) => {
  const rig = await startRig(t);
  const answer = await rig.ask('DELETE', '/api/v1/services');
  t.true(isProblem(answer, 405));
  t.is(answer.headers.allow, 'GET, HEAD');
  t.is((await rig.ask('GET', '/api/v1/plan')).headers.allow, 'POST');
  t.is((await rig.ask('PUT', '/api/v1/config')).headers.allow, 'GET, HEAD, POST');
  t.is((await rig.ask('GET', '/api/v1/backends/a/drain')).status, 405);
  const head = await rig.ask('HEAD', '/api/v1/services');
  t.is(head.status, 200);
  t.is(head.text, '');
});

test('a body of another type is a 415 problem', async (t) => {
  const rig = await startRig(t);
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ]) {
    const headers = { 'content-type': type };
    const answer = await rig.ask('POST', '/api/v1/config', { headers, body: 'x' });
    t.true(isProblem(answer, 415), type);
    t.regex(answer.text, /application\/yaml, application\/json or application\/toml/);
  }
  t.true(isProblem(await rig.ask('POST', '/api/v1/config'), 415));
});

test('a body beyond the limit is a 413 problem, whether its length is told or not', async (t) => {
  const rig = await startRig(t);
  const headers = { 'content-type': 'application/yaml' };
  const body = Buffer.alloc(MAX_BODY_BYTES + 1, 'a');
  t.true(isProblem(await rig.ask('POST', '/api/v1/config', { headers, body }), 413));
  const client = rawClient({ path: rig.socketPath });
  t.teardown(() => client.socket.destroy());
  client.socket.write('POST /api/v1/plan HTTP/1.1\r\nhost: x\r\ncontent-type: application/yaml\r\n');
  client.socket.write('transfer-encoding: chunked\r\n\r\n');
  const chunk = `100000\r\n${'a'.repeat(0x100000)}\r\n`;
  for (let bytes = 0; bytes <= MAX_BODY_BYTES; bytes += 0x100000) client.socket.write(chunk);
  t.regex(await client.until(/\r\n\r\n\{.*\}/), /^HTTP\/1\.1 413 /);
});

test('a body that is not UTF-8, or that is not asked for, is a 400 problem', async (t) => {
  const rig = await startRig(t);
  const headers = { 'content-type': 'application/yaml' };
  t.true(isProblem(await rig.ask('POST', '/api/v1/plan', { headers, body: Buffer.from([0xff, 0xfe]) }), 400));
  t.true(isProblem(await rig.ask('POST', '/api/v1/backends/a/drain', { headers, body: 'x' }), 400));
});

test('a query parameter that is unknown or not allowed is a 400 problem', async (t) => {
  const rig = await startRig(t);
  t.true(isProblem(await rig.ask('GET', '/api/v1/services?nmae=web'), 400));
  t.true(isProblem(await rig.ask('GET', '/api/v1/events?types=nonsense'), 400));
  t.true(isProblem(await rig.ask('GET', '/api/v1/events?state=maybe'), 400));
  t.true(isProblem(await rig.ask('POST', '/api/v1/backends/a/drain?service=x&service=y'), 400));
  t.true(isProblem(await rig.ask('GET', '/api/v1/services/%zz'), 400));
});

test('a path parameter beyond its limit is a problem too', async (t) => {
  const rig = await startRig(t);
  t.true(isProblem(await rig.ask('GET', `/api/v1/services/${'a'.repeat(3000)}`), 414));
});

test('too many requests at once are a 429 problem, and later ones are served', async (t) => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const rig = await startRig(t, { behaviour: { engine: { checks: () => gate.then(() => []) } } });
  const waiting = Array.from({ length: REQUESTS_IN_FLIGHT.total }, () => rig.ask('GET', '/api/v1/checks'));
  // In turn on one connection each: those above are all in before one more is answered.
  let refused = await rig.ask('GET', '/liveness');
  while (refused.status !== 429) refused = await rig.ask('GET', '/liveness');
  t.true(isProblem(refused, 429));
  t.is(refused.headers['retry-after'], '1');
  t.is((await rig.ask('GET', '/liveness', { door: 'tcp' })).status, 200, 'other listeners are not concerned');
  release();
  t.true((await Promise.all(waiting)).every(({ status }) => status === 200));
  t.is((await rig.ask('GET', '/liveness')).status, 200);
});

test('one client over TCP cannot take all requests at once: another one is served', async (t) => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const rig = await startRig(t, { behaviour: { engine: { checks: () => gate.then(() => []) } } });
  const port = rig.port('control.http');
  const ask = (from: string, path: string) => askHttp({ host: '127.0.0.1', port, localAddress: from }, 'GET', path);
  const waiting = Array.from({ length: REQUESTS_IN_FLIGHT.perClient }, () => ask('127.0.0.1', '/api/v1/checks'));
  let refused = await ask('127.0.0.1', '/liveness');
  while (refused.status !== 429) refused = await ask('127.0.0.1', '/liveness');
  t.regex(refused.text, /of this client/);
  t.is((await ask('127.0.0.2', '/liveness')).status, 200);
  release();
  t.true((await Promise.all(waiting)).every(({ status }) => status === 200));
});

test('clients that do not read their answers are answered up to a bound of memory, and others on other listeners', async (t) => {
  const text = 'x'.repeat(8 * 1024 * 1024);
  const rig = await startRig(t, {
    behaviour: { engine: { services: () => [serviceFixture('web', { why: text })] } },
  });
  const clients = [];
  let refused = false;
  while (!refused && clients.length < 64) {
    const client = rawClient({ path: rig.socketPath });
    t.teardown(() => client.socket.destroy());
    client.socket.write('GET /api/v1/services/web HTTP/1.1\r\nhost: x\r\n\r\n');
    refused = /^HTTP\/1\.1 429/.test(await client.until(/^HTTP\/1\.1 \d{3}/));
    client.socket.pause();
    clients.push(client);
  }
  t.true(refused);
  t.true(clients.length <= MAX_UNSENT_BYTES / text.length + 1);
  t.is((await rig.ask('GET', '/api/v1/services/web', { door: 'tcp' })).status, 200);
  for (const client of clients) client.socket.destroy();
  let again = await rig.ask('GET', '/api/v1/services/web');
  while (again.status === 429) again = await rig.ask('GET', '/api/v1/services/web');
  t.is(again.status, 200);
});

test('every answer forbids framing, sniffing and foreign scripts', async (t) => {
  const rig = await startRig(t);
  for (const path of ['/', '/api/v1/services', '/nope']) {
    const { headers } = await rig.ask('GET', path);
    t.is(headers['x-content-type-options'], 'nosniff');
    t.regex(
      String(headers['content-security-policy']),
      /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/,
    );
  }
});
