/** Drains, as an operator sees them: the real daemon, its command line, and slow clients through the proxy. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { eventView } from '../../src/actors/gateway/http/schemas.js';
import { listedBackend } from '../../src/model/observing/views.js';
import { freePort } from '../support/fixtures/ports.js';
import { type Daemon, startDaemon } from '../support/rigs/daemon.js';
import { startLive } from '../support/rigs/live-runtime.js';
import { runCommand } from '../support/rigs/run-command.js';
import { type Ran, startFulcrum } from '../support/rigs/run-fulcrum.js';
import { until } from '../support/until.js';

/** A server that says its name to whoever connects, and repeats what it hears. */
async function echo(t: ExecutionContext, name: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(name);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A client that has its backend, and stays. */
async function slowClient(t: ExecutionContext, port: number): Promise<{ socket: Socket; name: string }> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
    const heard = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => null)]).catch(() => null);
    // Refused or ended: the service is not there yet.
    if (heard !== null) return { socket, name: String(heard[0]) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

type Site = {
  readonly daemon: Daemon;
  readonly vip: number;
  readonly other: number;
  readonly document: { readonly services: readonly { readonly backends: readonly object[] }[] };
  readonly run: (...args: string[]) => Promise<Ran>;
  readonly backend: (service?: string) => Promise<ReturnType<typeof listedBackend.parse> | undefined>;
  /** Three clients of w2. */
  readonly clients: readonly Socket[];
};

/** Two services over w1 and w2, and three slow clients of w2 in the first. */
async function site(t: ExecutionContext, drainTimeout: string): Promise<Site> {
  const ports = [await echo(t, 'w1'), await echo(t, 'w2')];
  const [vip, other] = [await freePort(), await freePort()];
  const service = (name: string, port: number) => ({
    name,
    address: '127.0.0.1',
    port,
    scheduler: 'rr',
    drain_timeout: drainTimeout,
    checks: [{ type: 'tcp', interval: '1s', timeout: '1s' }],
    backends: ports.map((to, index) => ({ name: `w${index + 1}`, address: '127.0.0.1', port: to })),
  });
  const document = {
    dataplane: { driver: 'proxy' },
    runtime: { monitor_shards: 1 },
    services: [service('web', vip), service('shop', other)],
  };
  const daemon = await startDaemon(t, document);
  const run = (...args: string[]) => runCommand([...args, '--socket', daemon.socket]);
  const all = async () => listedBackend.array().parse(await daemon.get('/api/v1/backends'));
  await until(async () => (await all()).every(({ state, traffic }) => state === 'healthy' && traffic !== null));
  const clients: Socket[] = [];
  while (clients.length < 3) {
    const client = await slowClient(t, vip);
    if (client.name === 'w2') clients.push(client.socket);
    else client.socket.destroy();
  }
  const backend = async (name = 'web') => (await all()).find((each) => each.service === name && each.name === 'w2');
  return { daemon, vip, other, document, run, backend, clients };
}

/** A command that runs; `said` resolves once its stderr has something that matches. */
function running(t: ExecutionContext, args: readonly string[]) {
  const child = startFulcrum(args);
  t.teardown(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]): Ran => ({ code, stdout, stderr }));
  return { ended, said: (pattern: RegExp) => until(() => pattern.test(stderr)) };
}

test.serial('a drain that is waited for tells how many are left, and ends with the last of them', async (t) => {
  const { daemon, run, clients, backend, vip } = await site(t, '10m');
  for (const client of clients) client.write('x'.repeat(1000));
  await until(async () => ((await backend())?.traffic?.bytes_out ?? 0) >= 3006);
  t.like(await backend(), { connections: 3, traffic: { active: 3, inactive: 0 }, drained: false, drain: null });
  t.regex((await run('show', 'backends')).stdout, /^web +w2 +\S+ +1 +healthy +3 +\d+ +2\.93 KiB +2\.94 KiB +tcp:/m);
  t.regex((await run('show', 'services')).stdout, /^web +.* 2\/2 +3 +\d+ +2\.93 KiB +\d\S+ KiB +2 of 2/m);

  const wait = running(t, ['drain', 'w2', '--service', 'web', '--wait', '--json', '--socket', daemon.socket]);
  await wait.said(/^web\/w2: draining: 3 left, \d+ s$/m);
  t.like(await backend(), { state: 'draining', connections: 3, drain: { state: 'draining', left: 3 } });
  t.regex((await run('show', 'backends')).stdout, /^web +w2 .* draining +3 .* draining: 3 left, \d+ s$/m);
  t.regex((await run('status')).stdout, /^backend web\/w2 +draining +draining: 3 left, \d+ s$/m);
  t.like(await backend('shop'), { state: 'healthy', drain: null });
  t.is((await slowClient(t, vip)).name, 'w1');
  clients[0]?.destroy();
  await wait.said(/^web\/w2: draining: 2 left, \d+ s$/m);
  for (const client of clients) client.destroy();
  const { code, stdout, stderr } = await wait.ended;
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), {
    changed: ['web/w2'],
    backends: [
      { backend: 'web/w2', result: 'drained', connections: 0, why: 'drained by an operator: no connections were left' },
    ],
  });
  t.like(await backend(), { state: 'disabled', drained: true, traffic: null, drain: { state: 'drained', cut: 0 } });
  t.regex((await run('show', 'backends')).stdout, /^web +w2 .* drained .* drained by an operator: no connections/m);
  t.regex((await run('status')).stdout, /3 of 4 healthy, 1 drained/);
  const events = eventView.array().parse(await daemon.get('/api/v1/events/recent?limit=5'));
  t.like(
    events.find(({ type, to }) => type === 'backend-state' && to === 'disabled'),
    { drained: true },
  );
  t.regex((await run('show', 'events')).stdout, /web\/w2 draining -> drained: drained by an operator/);
  t.is((await run('drain', 'w2', '--service', 'web')).stdout, 'nothing to do: w2 is so already\n');
  t.is((await run('drain', 'w2', '--service', 'web', '--wait')).code, 0);
  await run('enable', 'w2');
  await until(async () => (await backend())?.state === 'healthy');
  t.like(await backend(), { drained: false, drain: null });
});

test.serial(
  'a drain that its limit ends says how many it cut; with --timeout the wait ends, and the drain goes on',
  async (t) => {
    const { daemon, run, clients, backend, document } = await site(t, '10m');
    const late = await run('drain', 'w2', '--service', 'web', '--wait', '--timeout', '1s');
    t.is(late.code, 1);
    t.regex(late.stderr, /^fulcrum: not drained within 1s; the drain goes on$/m);
    // A slow machine has not counted the first time yet.
    t.regex(late.stdout, /^(web\/w2: draining: (3 left|not counted yet), \d+ s\n)+$/);
    const before = (await backend())?.drain;
    t.is((await run('drain', 'w2', '--service', 'web')).stdout, 'nothing to do: w2 is so already\n');
    const after = (await backend())?.drain;
    t.true(before?.state === 'draining' && after?.state === 'draining' && after.seconds_left <= before.seconds_left);

    const undone = running(t, ['drain', 'w2', '--service', 'web', '--wait', '--socket', daemon.socket]);
    await undone.said(/3 left/);
    await run('enable', 'w2', '--service', 'web');
    t.like(await undone.ended, { code: 1 });
    t.regex((await undone.ended).stdout, /^web\/w2: it does not drain any more: healthy: tcp: /);

    const cut = running(t, ['drain', 'w2', '--service', 'web', '--wait', '--socket', daemon.socket]);
    await cut.said(/3 left/);
    daemon.rewrite({
      ...document,
      services: document.services.map((service) => ({ ...service, drain_timeout: '1s' })),
    });
    const reset = Promise.all(clients.map((client) => new Promise((resolve) => client.once('close', resolve))));
    t.is((await run('reload')).code, 0);
    t.like(await cut.ended, {
      code: 1,
      stdout: 'web/w2: drained by an operator: 3 connections were cut at the limit of 1 s\n',
    });
    await reset;
    t.like(await backend(), { drained: true, drain: { state: 'drained', cut: 3 } });
  },
);

test.serial(
  'a drain covers every service that has the backend; a reload that takes it out ends the wait',
  async (t) => {
    const { daemon, run, document, backend } = await site(t, '10m');
    const wait = running(t, ['drain', 'w2', '--wait', '--socket', daemon.socket]);
    await wait.said(/^web\/w2: draining: 3 left/m);
    await until(async () => (await backend('shop'))?.drained === true);
    daemon.rewrite({
      ...document,
      services: document.services.map((service) => ({ ...service, backends: service.backends.slice(0, 1) })),
    });
    t.is((await run('reload')).code, 0);
    const { code, stdout } = await wait.ended;
    t.is(code, 1);
    t.is(stdout, 'web/w2: it is not in the configuration any more\nshop/w2: it is not in the configuration any more\n');
    const unknown = await run('drain', 'w3', '--wait');
    t.is(unknown.code, 2);
    t.regex(unknown.stderr, /^fulcrum: no backend w3 in any service: the nearest name is w1; /);
    t.is((await run('drain', 'w1', '--timeout', '1s')).code, 2);
    t.is((await run('drain', 'w1', '--wait', '--timeout', '1')).code, 2);
  },
);

test.serial(
  'a daemon that goes away while a drain is waited for is exit code 3; its next life knows what was drained',
  async (t) => {
    const { daemon, run, clients, backend, document } = await site(t, '10m');
    await run('drain', 'w2', '--service', 'shop', '--wait');
    const wait = running(t, ['drain', 'w2', '--service', 'web', '--wait', '--socket', daemon.socket]);
    await wait.said(/3 left/);
    t.is(clients.length, 3);
    daemon.process.kill('SIGTERM');
    const { code, stderr } = await wait.ended;
    t.is(code, 3, stderr);
    t.regex(stderr, /^fulcrum: cannot reach the daemon/m);
    const again = startFulcrum(['run', '-c', daemon.configFile]);
    t.teardown(async () => {
      again.kill('SIGTERM');
      await once(again, 'exit');
    });
    await until(async () => {
      try {
        return (await backend('shop'))?.drained === true;
      } catch {
        return false;
      }
    });
    t.like(await backend('shop'), { why: 'drained by an operator: no connections were left' });
    t.is(document.services.length, 2);
  },
);

test.serial('UDP sessions are counted and drained as connections are', async (t) => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  server.on('message', (datagram, { port }) => server.send(datagram, port, '127.0.0.1'));
  t.teardown(() => server.close());
  const tcp = await echo(t, 'for the check');
  const vip = await freePort();
  const live = await startLive(t, {
    services: [
      {
        name: 'dns',
        address: '127.0.0.1',
        port: vip,
        protocol: 'udp',
        scheduler: 'rr',
        drain_timeout: '10m',
        checks: [{ type: 'tcp', port: tcp, interval: '1s' }],
        backends: [{ name: 'd1', address: '127.0.0.1', port: server.address().port }],
      },
    ],
  });
  const backend = async () =>
    listedBackend.array().parse((await live.ask('GET', '/api/v1/backends/d1?service=dns')).json())[0];
  // It is in the table then: a datagram of before is lost.
  await until(async () => ((await backend())?.traffic ?? null) !== null);
  const client = createSocket('udp4');
  t.teardown(() => client.close());
  const answered = once(client, 'message');
  client.send('four', vip, '127.0.0.1');
  await answered;
  t.deepEqual((await backend())?.traffic, { active: 1, inactive: 0, connections: 1, bytes_in: 4, bytes_out: 4 });
  t.is((await live.ask('POST', '/api/v1/backends/d1/drain')).status, 200);
  await until(async () => (await backend())?.drain?.state === 'draining' && (await backend())?.connections === 1);
  await until(async () => /^draining: 1 left, \d+ s$/.test((await backend())?.why ?? ''));
  await until(async () =>
    (await live.ask('GET', '/metrics')).text.includes(
      'fulcrum_proxy_backend_connections{service="dns",backend="d1"} 1\n',
    ),
  );
  const metrics = (await live.ask('GET', '/metrics')).text;
  t.true(metrics.includes('fulcrum_proxy_backend_connections_total{service="dns",backend="d1"} 1\n'));
  t.true(metrics.includes('fulcrum_proxy_backend_bytes_total{service="dns",backend="d1",direction="in"} 4\n'));
});

test.serial(
  'a drain goes on while the data plane or the engine is replaced, and ends with the thread that had the connections',
  async (t) => {
    const server = await echo(t, 'a');
    const vip = await freePort();
    const live = await startLive(t, {
      runtime: { monitor_shards: 1, proxy_threads: 1 },
      services: [
        {
          name: 'web',
          address: '127.0.0.1',
          port: vip,
          scheduler: 'rr',
          drain_timeout: '10m',
          checks: [{ type: 'tcp', interval: '1s' }],
          backends: [{ name: 'a', address: '127.0.0.1', port: server }],
        },
      ],
    });
    const { socket } = await slowClient(t, vip);
    const backend = async () => {
      const answer = await live.ask('GET', '/api/v1/backends/a');
      return answer.status === 200 ? listedBackend.array().parse(answer.json())[0] : undefined;
    };
    const left = async () => {
      const drain = (await backend())?.drain;
      return drain?.state === 'draining' ? drain.left : null;
    };
    const restarts = (name: string) => live.runtime.status().actors.find((each) => each.name === name)?.restarts ?? 0;
    t.is((await live.ask('POST', '/api/v1/backends/a/drain')).status, 200);
    await until(async () => (await left()) === 1);
    // Words are written within half a second.
    await until(() => readFileSync(join(live.configFile, '..', 'engine-state.ndjson'), 'utf8').includes('"draining"'));
    for (const actor of ['dataplane', 'engine']) {
      const events = (await live.ask('GET', '/api/v1/events/recent?limit=1000')).text;
      t.false(events.includes('drained by an operator'));
      await live.runtime.drill(actor, 'crash');
      await until(() => restarts(actor) === 1);
      await until(async () => (await left()) === 1);
      socket.write('?');
      t.is(String((await once(socket, 'data'))[0]), '?');
    }
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await live.runtime.drill('proxy-0', 'crash');
    await closed;
    await until(async () => (await backend())?.drained === true);
    t.like(await backend(), { drain: { state: 'drained', cut: 0 }, weight: 0 });
  },
);
