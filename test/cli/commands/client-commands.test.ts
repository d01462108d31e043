import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { statusView } from '../../../src/actors/gateway/http/schemas.js';
import { CommandError, ConfigError } from '../../../src/model/errors.js';
import { listedBackend, serviceView } from '../../../src/model/observing/views.js';
import { unpackConfig } from '../../../src/wire/config-bytes.js';
import { backendFixture, checkFixture, serviceFixture } from '../../support/fixtures/views.js';
import { needs } from '../../support/needs.js';
import { makeCertificate } from '../../support/peers/certificates.js';
import { actorView, startRig } from '../../support/rigs/gateway-rig.js';
import { runCommand } from '../../support/rigs/run-command.js';
import { runFulcrum, startFulcrum } from '../../support/rigs/run-fulcrum.js';

const scratch = () => mkdtempSync(join(tmpdir(), 'fulcrum-cli-'));
const file = (name: string, text: string | Buffer) => {
  const path = join(scratch(), name);
  writeFileSync(path, text);
  return path;
};
const sick = backendFixture('b', {
  state: 'unhealthy',
  weight: 0,
  why: 'http 10.0.0.12:8080 failed 3 times: refused in connect',
});

test('show prints aligned tables without colour in a pipe, and the same as JSON', async (t) => {
  const services = [serviceFixture('web', { backends: [backendFixture('a'), sick] }), serviceFixture('a-longer-name')];
  const rig = await startRig(t, {
    behaviour: { engine: { services: () => services, checks: () => [checkFixture()] } },
  });
  const show = (...args: string[]) => runCommand(['show', ...args, '--socket', rig.socketPath]);
  const table = await show('services');
  t.is(table.code, 0);
  t.is(table.stderr, '');
  t.false(table.stdout.includes('\x1b'));
  const lines = table.stdout.trimEnd().split('\n');
  t.is(lines.length, 3);
  t.regex(
    lines[0] ?? '',
    /^SERVICE +ADDRESS +PROTO +SCHEDULER +FORWARDING +STATE +BACKENDS +CONNS +TOTAL +IN +OUT +WHY$/,
  );
  t.true(
    lines.every((line) => line.indexOf('10.0.0.100') === (lines[0]?.indexOf('ADDRESS') ?? 0) || line === lines[0]),
  );
  t.regex(lines[1] ?? '', /^web .* healthy +1\/2 +2 of 2/);
  t.deepEqual(serviceView.array().parse(JSON.parse((await show('services', '--json')).stdout)), services as never);
  const backends = await show('backends');
  t.regex(backends.stdout, /web +b +10\.0\.0\.11:8080 +0 of 1 +unhealthy +http 10\.0\.0\.12:8080 failed 3 times/);
  t.is(listedBackend.array().parse(JSON.parse((await show('b', '--json')).stdout)).length, 4);
  t.regex((await show('checks')).stdout, /http +10\.0\.0\.11:8080 +healthy +0 +12 .* ago +1\.50 ms +200 OK/);
  t.regex((await show('act')).stdout, /^ACTOR .*\nengine +1 +running +0 +0\n$/);
  t.regex((await show('ipvs')).stdout, /^dry-run: test\nthe table is empty\n$/);
  t.is((await show('vrrp')).stdout, 'no VRRP instances\n');
});

test('status says what is not well; its JSON holds the effective configuration', async (t) => {
  const rig = await startRig(t);
  const { name, address, port, weight, state, why, drained } = sick;
  rig.tell('engine', {
    kind: 'state',
    item: { type: 'service', key: 'service/web', name: 'web', enabled: true, healthy: true, why: 'fine' },
  });
  rig.tell('engine', {
    kind: 'state',
    item: { type: 'backend', key: 'backend/web/b', service: 'web', name, address, port, weight, state, why, drained },
  });
  rig.tell('supervisor', { kind: 'state', item: { type: 'actor', key: 'actor/engine', view: actorView('engine') } });
  const text = await runCommand(['status', '--socket', rig.socketPath]);
  t.is(text.code, 0);
  t.regex(text.stdout, /^test-node {2}fulcrum \d.* {2}healthy\n/);
  t.regex(text.stdout, /backends +0 of 1 healthy, 1 unhealthy\n/);
  t.regex(text.stdout, /NOT WELL +STATE +WHY\nbackend web\/b +unhealthy +http 10\.0\.0\.12:8080 failed/);
  const json = await runCommand(['status', '--json', '--socket', rig.socketPath]);
  t.is(json.code, 0);
  t.deepEqual(statusView.parse(JSON.parse(json.stdout)).config, { node: { name: 'test-node' } });
});

test('a dead service is exit code 1 of status, and its reason the first that it says', async (t) => {
  const rig = await startRig(t);
  rig.tell('engine', {
    kind: 'state',
    item: { type: 'service', key: 'service/web', name: 'web', enabled: true, healthy: false, why: 'none is healthy' },
  });
  rig.tell('supervisor', { kind: 'state', item: { type: 'actor', key: 'actor/engine', view: actorView('engine') } });
  const text = await runCommand(['status', '--socket', rig.socketPath]);
  t.is(text.code, 1);
  t.regex(text.stdout, /^test-node {2}fulcrum \d.* {2}unhealthy\nwhy +service web: none is healthy\n/);
  const json = await runCommand(['status', '--json', '--socket', rig.socketPath]);
  t.is(json.code, 1);
  t.like(JSON.parse(json.stdout), { state: 'unhealthy', why: 'service web: none is healthy' });
});

test('a daemon that cannot be reached is exit code 3, and says what to do', async (t) => {
  const cwd = scratch();
  const nobody = await runFulcrum(['status', '--socket', join(cwd, 'none.sock')], { cwd });
  t.is(nobody.code, 3);
  t.is(nobody.stdout, '');
  t.regex(
    nobody.stderr,
    /^fulcrum: cannot reach the daemon at .*none\.sock: there is no such socket: is the daemon running\?/,
  );
  const refused = await runFulcrum(['show', 'services', '--url', 'http://127.0.0.1:1'], { cwd });
  t.is(refused.code, 3);
  t.regex(refused.stderr, /http:\/\/127\.0\.0\.1:1: nobody listens there/);
  const text = file('x', 'no socket');
  t.is((await runFulcrum(['status', '--socket', text], { cwd })).code, 3);
});

test('what is no fulcrum daemon is exit code 3 too, and not taken at its word', async (t) => {
  const answers = ['<html>', '{"status":"ok"}', '[]', 'null'];
  const server = createServer((_request, response) => response.end(answers.shift()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  while (answers.length > 0) {
    const ran = await runCommand(['status', '--json', '--url', url]);
    t.is(ran.code, 3);
    t.is(ran.stdout, '');
    t.regex(ran.stderr, /not as this version of fulcrum expects/);
  }
});

test('the wrong scheme in --url is exit code 3, and one sentence without the words of OpenSSL', async (t) => {
  const portOf = async (server: Server): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    return (server.address() as AddressInfo).port;
  };
  const plain = await portOf(createServer((_request, response) => response.end('{}')));
  const banner = await portOf(createTcpServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n')));
  for (const [url, why] of [
    [`https://127.0.0.1:${plain}`, /^that port does not speak TLS: write http:\/\/ in the URL/],
    [`https://127.0.0.1:${banner}`, /^that port does not speak TLS: /],
    [`http://127.0.0.1:${banner}`, /^what answers is no HTTP server: .*https:\/\/ in the URL$/],
  ] as const) {
    for (const command of [['status'], ['show', 'events', '--follow']]) {
      const ran = await runCommand([...command, '--url', url]);
      t.is(ran.code, 3, url);
      t.is(ran.stdout, '');
      const said = `fulcrum: cannot reach the daemon at ${url}: `;
      t.is(ran.stderr.slice(0, said.length), said);
      t.regex(ran.stderr.slice(said.length).trimEnd(), why);
      t.notRegex(ran.stderr, /routines|0A00|Parse Error/);
    }
  }
});

needs('openssl')('a certificate that is not trusted: what names its authority', async (t) => {
  const { cert, key, certFile } = makeCertificate(t, 'IP:127.0.0.1');
  const server = createTlsServer({ cert, key }, (_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const args = ['status', '--url', `https://127.0.0.1:${(server.address() as AddressInfo).port}`];
  const strange = await runFulcrum(args);
  t.is(strange.code, 3);
  t.regex(strange.stderr, /not trusted here: name the PEM file of the authority in NODE_EXTRA_CA_CERTS$/m);
  const trusted = await runFulcrum(args, { env: { ...process.env, NODE_EXTRA_CA_CERTS: certFile } });
  t.regex(trusted.stderr, /not as this version of fulcrum expects/);
});

test('bad usage is exit code 2', async (t) => {
  for (const args of [
    ['show'],
    ['show', 'nonsense'],
    ['show', 'services', '--follow'],
    ['show', 'events', '-n', '0'],
    ['drain'],
    ['plan', '-c'],
    ['status', '--url', 'ftp://x'],
    ['status', '--url', 'http://x', '--socket', 'y'],
    ['reload', '--url', 'http://127.0.0.1:1', '--token-file', '/nonexistent'],
    ['top'],
  ]) {
    const ran = await runCommand(args);
    t.is(ran.code, 2, args.join(' '));
    t.not(ran.stderr, '');
    t.false(ran.stderr.includes('internal error'), ran.stderr);
  }
});

test('plan is exit code 1 when there are changes, 0 when there are none, 2 with every error of the file', async (t) => {
  let changes: string[] = [];
  let drift: string[] = [];
  const rig = await startRig(t, {
    behaviour: { supervisor: { plan: () => changes }, dataplane: { drift: () => drift } },
  });
  const plan = (path: string, ...args: string[]) =>
    runCommand(['plan', '-c', path, '--socket', rig.socketPath, ...args]);
  const good = file('good.yaml', 'node: n');
  t.deepEqual(await plan(good), { code: 0, stdout: 'no changes\n', stderr: '' });
  changes = ['services.web: added'];
  t.deepEqual(await plan(good), { code: 1, stdout: 'services.web: added\n', stderr: '' });
  const json = await plan(good, '--json');
  t.is(json.code, 1);
  t.deepEqual(JSON.parse(json.stdout), { changes, drift: [] });
  [changes, drift] = [[], ['destination 10.0.0.1:80 is missing']];
  t.is((await plan(good)).code, 1);
  const bad = file('bad.toml', 'x = 1');
  const refused = await plan(bad);
  t.is(refused.code, 2);
  t.is(refused.stdout, '');
  t.is(
    refused.stderr,
    `${bad}:3:7: services[0].port: is 70000; allowed are 1 to 65535\n${bad}:4:1: srvices: unknown key; did you mean services?\n`,
  );
  for (const [path, why] of [
    ['/nonexistent.yaml', /cannot be read/],
    [file('x.ini', ''), /ending/],
    [file('binary.yaml', Buffer.from([0xff, 0xfe])), /not UTF-8/],
    [scratch(), /ending/],
  ] as const) {
    const ran = await plan(path);
    t.is(ran.code, 2);
    t.regex(ran.stderr, why);
  }
});

test('plan without -c is of the daemon’s own file', async (t) => {
  let answer = (): readonly string[] => [];
  const rig = await startRig(t, { behaviour: { supervisor: { 'plan-file': () => answer() } } });
  const plan = (...args: string[]) => runCommand(['plan', '--socket', rig.socketPath, ...args]);
  t.deepEqual(await plan(), { code: 0, stdout: 'no changes\n', stderr: '' });
  answer = () => ['services.web: added'];
  t.deepEqual(await plan(), { code: 1, stdout: 'services.web: added\n', stderr: '' });
  answer = () => {
    throw new ConfigError([
      { file: '/etc/f.yaml', line: 3, column: 7, path: 'log', message: 'is wrong' },
      { file: '/etc/f.yaml', line: 4, column: 1, path: 'nod', message: 'unknown key' },
    ]);
  };
  const lines = '/etc/f.yaml:3:7: log: is wrong\n/etc/f.yaml:4:1: nod: unknown key\n';
  t.deepEqual(await plan(), { code: 2, stdout: '', stderr: lines });
  answer = () => {
    throw new CommandError('ERR_CONFLICT', 'the configuration did not come from a file: name one');
  };
  t.deepEqual(await plan(), {
    code: 2,
    stdout: '',
    stderr: 'fulcrum: the configuration did not come from a file: name one with -c FILE\n',
  });
});

test('with --json the errors of a refused configuration are a document too', async (t) => {
  const issues = [{ file: '/etc/f.yaml', line: 3, column: 7, path: 'log', message: 'is wrong' }];
  const refuse = () => {
    throw new ConfigError(issues);
  };
  const rig = await startRig(t, { behaviour: { supervisor: { 'plan-file': refuse, reload: refuse } } });
  const bad = file('bad.toml', 'x = 1');
  for (const command of ['plan', 'reload']) {
    const own = await runCommand([command, '--json', '--socket', rig.socketPath]);
    t.like(own, { code: 2, stderr: '/etc/f.yaml:3:7: log: is wrong\n' });
    t.deepEqual(JSON.parse(own.stdout), { errors: issues });
    const named = await runCommand([command, '--json', '-c', bad, '--socket', rig.socketPath]);
    t.is(named.code, 2);
    t.like(JSON.parse(named.stdout), {
      errors: [{ file: bad, line: 3, path: 'services[0].port' }, { path: 'srvices' }],
    });
    const missing = await runCommand([command, '--json', '-c', '/nonexistent.yaml', '--socket', rig.socketPath]);
    t.like(JSON.parse(missing.stdout), { errors: [{ file: '/nonexistent.yaml' }] });
  }
});

test('reload applies the daemon’s own file, or the one that is named', async (t) => {
  const rig = await startRig(t, {
    behaviour: {
      supervisor: { reload: () => [], apply: ({ config }) => [`node.name is ${unpackConfig(config).node.name}`] },
    },
  });
  t.deepEqual(await runCommand(['reload', '--socket', rig.socketPath]), {
    code: 0,
    stdout: 'no changes\n',
    stderr: '',
  });
  const named = await runCommand(['reload', '-c', file('a.json', '{"node":"n"}'), '--socket', rig.socketPath]);
  t.is(named.stdout, 'node.name is n-json\n');
});

test('drain, enable and disable say what they did; an unknown backend is exit code 2', async (t) => {
  const asked: unknown[] = [];
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        override: (ask) => {
          asked.push(ask);
          if (ask.backend === 'gone') throw new CommandError('ERR_NOT_FOUND', 'there is no backend "gone"');
          return ask.action === 'enable' ? [] : ['web/a', 'api/a'];
        },
      },
    },
  });
  const run = (...args: string[]) => runCommand([...args, '--socket', rig.socketPath]);
  t.regex((await run('drain', '[2001:db8::1]:80')).stdout, /^web\/a: takes no new connections.*\napi\/a: /);
  t.regex((await run('enable', 'a', '--service', 'a b')).stdout, /nothing to do/);
  t.deepEqual(JSON.parse((await run('disable', 'a/b?', '--json')).stdout), { changed: ['web/a', 'api/a'] });
  t.deepEqual(asked, [
    { backend: '[2001:db8::1]:80', service: null, action: 'drain' },
    { backend: 'a', service: 'a b', action: 'enable' },
    { backend: 'a/b?', service: null, action: 'disable' },
  ]);
  t.deepEqual(await run('drain', 'gone'), { code: 2, stdout: '', stderr: 'fulcrum: there is no backend "gone"\n' });
});

test('weight says what it set; a weight that is none is exit code 2 without asking the daemon', async (t) => {
  const asked: unknown[] = [];
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        weight: (ask) => {
          asked.push(ask);
          return ask.weight === 1 ? [] : ['web/a'];
        },
      },
    },
  });
  const run = (...args: string[]) => runCommand(['weight', ...args, '--socket', rig.socketPath]);
  t.is((await run('a', '5', '--service', 'web')).stdout, 'web/a: weight 5\n');
  t.is((await run('a', '1')).stdout, 'nothing to do: a has weight 1 already\n');
  t.deepEqual(JSON.parse((await run('a', '0', '--json')).stdout), { changed: ['web/a'] });
  for (const text of ['65536', '1.5', 'much', '']) {
    const ran = await run('a', text);
    t.is(ran.code, 2);
    t.regex(ran.stderr, /is not a weight: a whole number from 0 to 65535 is/);
  }
  t.deepEqual(asked, [
    { backend: 'a', service: 'web', weight: 5 },
    { backend: 'a', service: null, weight: 1 },
    { backend: 'a', service: null, weight: 0 },
  ]);
});

test('over TCP a change needs --token-file, and the message says so', async (t) => {
  const token = 'a-long-enough-secret.1';
  const tokenFile = file('token', token);
  const rig = await startRig(t, {
    config: { control: { socket: null, http: { host: '127.0.0.1', port: 0 }, grpc: null, tokenFile } },
    behaviour: { engine: { override: () => ['web/a'] } },
  });
  const url = `http://127.0.0.1:${rig.port('control.http')}`;
  const without = await runCommand(['drain', 'a', '--url', url]);
  t.is(without.code, 2);
  t.regex(without.stderr, /--token-file FILE/);
  t.is((await runCommand(['drain', 'a', '--url', url, '--token-file', file('other', 'x'.repeat(20))])).code, 2);
  t.is((await runCommand(['drain', 'a', '--url', url, '--token-file', tokenFile])).code, 0);
});

test('a drill goes over the unix socket alone; where it is refused the reason and the exit code say so', async (t) => {
  const tokenFile = file('token', 'a-long-enough-secret.1');
  const http = { host: '127.0.0.1', port: 0 };
  const asked: unknown[] = [];
  const rig = await startRig(t, {
    config: { control: { socket: join(scratch(), 'fulcrum.sock'), http, grpc: null, tokenFile } },
    behaviour: {
      supervisor: {
        drill: (ask) => {
          if (ask.actor === 'gone') throw new CommandError('ERR_NOT_FOUND', 'no actor gone');
          if (ask.fault === 'freeze') throw new CommandError('ERR_CONFLICT', 'drills are not allowed here');
          asked.push(ask);
          return null;
        },
      },
    },
  });
  const drill = (...args: string[]) =>
    runCommand(['drill', ...args, '--socket', (rig.config.control as { socket: string }).socket]);
  t.deepEqual(JSON.parse((await drill('monitor-0', 'out-of-memory', '--json')).stdout), {
    actor: 'monitor-0',
    fault: 'out-of-memory',
  });
  t.regex((await drill('engine', 'crash')).stdout, /^engine: crash on its way/);
  t.like(await drill('engine', 'freeze'), { code: 1, stderr: 'fulcrum: drills are not allowed here\n' });
  t.like(await drill('gone', 'crash'), { code: 2, stderr: 'fulcrum: no actor gone\n' });
  t.is((await drill('engine', 'burn')).code, 2);
  const url = `http://127.0.0.1:${rig.port('control.http')}`;
  const remote = await runCommand(['drill', 'engine', 'crash', '--url', url, '--token-file', tokenFile]);
  t.like(remote, { code: 2, stderr: 'fulcrum: drills are taken over the unix socket alone\n' });
  t.deepEqual(asked, [
    { actor: 'monitor-0', fault: 'out-of-memory' },
    { actor: 'engine', fault: 'crash' },
  ]);
});

test('show events prints those that were, and follows those that come', async (t) => {
  const rig = await startRig(t);
  const tell = (why: string) =>
    rig.tell('engine', {
      kind: 'event',
      event: {
        type: 'service-state',
        service: 'web',
        healthy: false,
        why,
        atMs: Date.UTC(2025, 0, 2),
        actor_name: 'engine',
      },
    });
  tell('first');
  const past = await runCommand(['show', 'events', '--socket', rig.socketPath]);
  t.regex(past.stdout, /00:00:00\.000 {2}service-state {2}web unhealthy: first\n$/);
  t.is(
    (JSON.parse((await runCommand(['show', 'ev', '--json', '--socket', rig.socketPath])).stdout) as unknown[]).length,
    1,
  );
  const child = startFulcrum(['show', 'events', '--follow', '--json', '--socket', rig.socketPath]);
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout === null) return t.fail();
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (JSON.parse(String((await lines.next()).value)) as { why: string }).why;
  t.is(await next(), 'first');
  tell('second');
  tell('third');
  t.is(await next(), 'second');
  t.is(await next(), 'third');
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number];
  t.is(code, 0);
});

test('maintenance says how it is then; a word that is neither on nor off is exit code 2', async (t) => {
  const since = '2026-03-01T10:00:00.000Z';
  const rig = await startRig(t, {
    behaviour: { engine: { maintenance: ({ on }) => ({ on: on === true, since: on === true ? since : null }) } },
  });
  const run = (...args: string[]) => runCommand(['maintenance', ...args, '--socket', rig.socketPath]);
  t.deepEqual(await run('on'), {
    code: 0,
    stdout: `in maintenance since ${since}: VRRP steps down and takes no address, and the backends drain\n`,
    stderr: '',
  });
  t.is((await run('off')).stdout, 'maintenance is off: VRRP and the backends are as they were\n');
  t.deepEqual(JSON.parse((await run('on', '--json')).stdout), { on: true, since });
  t.is((await run('soon')).code, 2);
});
