import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { freePort } from '../../support/fixtures/ports.js';
import { startBackend } from '../../support/peers/backends.js';
import { startDaemon } from '../../support/rigs/daemon.js';
import { runCommand } from '../../support/rigs/run-command.js';
import { until } from '../../support/until.js';

const program = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));

const service = (port: number, backends: number[], check: object = {}) => ({
  dataplane: { driver: 'proxy' },
  services: [
    {
      name: 'web',
      address: '127.0.0.1',
      port,
      scheduler: 'rr',
      checks: [{ type: 'http', path: '/healthz', interval: '200ms', timeout: '200ms', ...check }],
      backends: backends.map((backend) => ({ address: '127.0.0.1', port: backend })),
    },
  ],
});

type Services = { readonly healthy: boolean; readonly backends: { readonly state: string; readonly why: string }[] }[];

test('a daemon serves, reloads by signal, refuses a bad file without losing anything, and ends with its signal', async (t) => {
  const [a, b] = await Promise.all([startBackend(t), startBackend(t)]);
  const vip = await freePort();
  const daemon = await startDaemon(t, service(vip, [a.port]));
  await daemon.logged(/"version":"[^"]+".*"message":"fulcrum \S+ starts as node \S+ with \S+config\.yaml"/);
  await daemon.logged(/"to":"healthy"/);
  t.is((await fetch(`http://127.0.0.1:${vip}/`)).status, 200);

  daemon.rewrite(service(vip, [a.port, b.port]));
  daemon.process.kill('SIGHUP');
  await daemon.logged(/configuration applied/);
  await daemon.logged(new RegExp(`"backend":"127.0.0.1:${b.port}".*"to":"healthy"`));

  daemon.rewrite({ ...service(vip, [a.port, b.port]), checks: { spare: { type: 'tcp' } } });
  daemon.process.kill('SIGHUP');
  await daemon.logged(/no service and no backend uses the check 'spare'/);

  writeFileSync(daemon.configFile, 'services: [ { name: web, port: 70000');
  daemon.process.kill('SIGHUP');
  await daemon.logged(/the new configuration was refused, the old one stays/);
  // As an editor leaves it for a moment.
  writeFileSync(daemon.configFile, '\n');
  daemon.process.kill('SIGHUP');
  await daemon.logged(/"level":"error","timestamp":"[^"]+Z","component":"supervisor".*the document is empty/);
  t.is((await fetch(`http://127.0.0.1:${vip}/`)).status, 200);
  const services = (await daemon.get('/api/v1/services')) as Services;
  t.deepEqual(
    services[0]?.backends.map(({ state }) => state),
    ['healthy', 'healthy'],
  );

  daemon.process.kill('SIGTERM');
  const [code] = await once(daemon.process, 'exit');
  t.is(code, 0);
  await t.throwsAsync(fetch(`http://127.0.0.1:${vip}/`));
});

test('while a service is dead, everything that tells how the daemon is says so, and why', async (t) => {
  t.timeout(300_000);
  const [a, b] = await Promise.all([startBackend(t), startBackend(t)]);
  const daemon = await startDaemon(t, service(await freePort(), [a.port, b.port]));
  const status = (...args: string[]) => runCommand(['status', ...args, '--socket', daemon.socket]);
  await until(async () => (await status()).code === 0);
  for (const { process } of [a, b]) process.kill('SIGKILL');
  await daemon.logged(/"service":"web","healthy":false/);
  const why = /^service web: 0 of 2 backends healthy/;
  const text = await status();
  t.is(text.code, 1);
  t.regex(text.stdout, /unhealthy\nwhy +service web: 0 of 2 backends healthy/);
  const json = JSON.parse((await status('--json')).stdout) as { state: string; why: string };
  t.is(json.state, 'unhealthy');
  t.regex(json.why, why);
  const health = (await daemon.get('/health')) as { status: string; why: string };
  t.is(health.status, 'degraded');
  t.regex(health.why, why);
});

test('a disk that is full under stderr takes no lines, and no actor with it', async (t) => {
  t.timeout(300_000);
  for (const format of ['json', 'pretty']) {
    const directory = mkdtempSync(join(tmpdir(), 'fulcrum-full-'));
    const socket = join(directory, 'fulcrum.sock');
    const configFile = join(directory, 'config.yaml');
    const [one, other] = [1, 2].map((weight) =>
      JSON.stringify({
        node: { state_dir: directory },
        control: { socket, http: null, grpc: null },
        log: { format },
        dataplane: { driver: 'dry-run' },
        services: [
          { name: 'web', address: '192.0.2.1', port: 80, backends: [{ address: '192.0.2.2', port: 80, weight }] },
        ],
      }),
    ) as [string, string];
    writeFileSync(configFile, one);
    const full = openSync('/dev/full', 'w');
    const daemon = spawn(process.execPath, [program, 'run', '-c', configFile], { stdio: ['ignore', 'ignore', full] });
    closeSync(full);
    t.teardown(() => {
      daemon.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    });
    const ask = (...args: string[]) => runCommand([...args, '--json', '--socket', socket]);
    await until(async () => (await ask('show', 'actors')).code === 0);
    for (const document of [other, one, other]) {
      writeFileSync(configFile, document);
      t.is((await runCommand(['reload', '--socket', socket])).code, 0);
    }
    const actors = JSON.parse((await ask('show', 'actors')).stdout) as { name: string; restarts: number }[];
    t.like(
      actors.find(({ name }) => name === 'log'),
      { restarts: 0, state: 'running' },
      format,
    );
    daemon.kill('SIGTERM');
    t.deepEqual(await once(daemon, 'exit'), [0, null]);
  }
});

test('a hanging, a refusing and a failing backend are reported as what they are', async (t) => {
  const [hangs, dies] = await Promise.all([startBackend(t), startBackend(t)]);
  const vip = await freePort();
  const daemon = await startDaemon(t, service(vip, [hangs.port, dies.port]));
  const whys = async () =>
    ((await daemon.get('/api/v1/services/web')) as Services[number]).backends.map(({ why }) => why);
  for (const { port } of [hangs, dies]) {
    await daemon.logged(new RegExp(`"backend":"127.0.0.1:${port}","from":"unknown","to":"healthy"`));
  }
  hangs.process.kill('SIGSTOP');
  dies.process.kill('SIGKILL');
  await daemon.logged(new RegExp(`"backend":"127.0.0.1:${hangs.port}","from":"healthy","to":"unhealthy"`));
  await daemon.logged(new RegExp(`"backend":"127.0.0.1:${dies.port}","from":"healthy","to":"unhealthy"`));
  t.regex((await whys())[0] ?? '', /timed out after 200ms/);
  // A probe under way at the kill may have been reset; those after it are refused.
  await until(async () => /connection refused/.test((await whys())[1] ?? ''));
  hangs.process.kill('SIGCONT');
  await daemon.logged(new RegExp(`"backend":"127.0.0.1:${hangs.port}","from":"unhealthy","to":"healthy"`));
});

test('a damaged state file is set aside with a clear log line, and the start goes on', async (t) => {
  const a = await startBackend(t);
  const vip = await freePort();
  const first = await startDaemon(t, service(vip, [a.port]));
  await first.logged(/"to":"healthy"/);
  first.process.kill('SIGTERM');
  await once(first.process, 'exit');
  const saved = await readFile(join(first.directory, 'engine-state.ndjson'), 'utf8');
  t.regex(saved, /"state":"healthy"/);

  const second = await startDaemon(t, {
    ...service(vip, [a.port]),
    node: { state_dir: first.directory },
  });
  await second.logged(/last known states resumed/);
  second.process.kill('SIGTERM');
  await once(second.process, 'exit');

  writeFileSync(join(first.directory, 'engine-state.ndjson'), saved.slice(0, 100));
  const third = await startDaemon(t, { ...service(vip, [a.port]), node: { state_dir: first.directory } });
  await third.logged(/the state file is damaged: set aside, every target starts as unknown/);
  await third.logged(/"to":"healthy"/);
});
