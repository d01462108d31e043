import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HealthcheckServer } from '../../../src/actors/healthcheck-server/server.js';
import type { HealthcheckServerConfig } from '../../../src/config/sections/healthcheck-server.js';
import type { TargetState } from '../../../src/model/states.js';
import { ns, nsFromMs } from '../../../src/model/units.js';
import type { Subscription } from '../../../src/wire/links/subscriptions.js';
import type { TargetStatus } from '../../../src/wire/links/targets.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { healthcheckClient, tcpConfig } from '../../support/peers/healthcheck-client.js';

/** A server whose engine is played by the test. */
async function start(t: ExecutionContext, config: Partial<HealthcheckServerConfig> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-hc-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = config.socket ?? join(directory, 'hc.sock');
  const wanted = new Map<string, Subscription>();
  const state = { shutdowns: 0 };
  const server = new HealthcheckServer({
    config: {
      socket: path,
      owner: null,
      batchDelayNs: nsFromMs(20),
      batchSize: 100,
      notifyIntervalNs: nsFromMs(60_000),
      ...config,
    },
    log: silentLog,
    subscribe: (all) => {
      for (const each of all) wanted.set(each.id, each);
    },
    unsubscribe: (ids) => {
      for (const id of ids) wanted.delete(id);
    },
    onShutdown: () => {
      state.shutdowns += 1;
    },
  });
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= server.stop();
    return stopped;
  };
  t.teardown(stop);
  await server.listen();
  /** Tells the state of every subscription to this port. */
  const tell = (port: number, told: TargetState, probes = 1): void => {
    const matching = [...wanted.values()].filter(({ spec }) => spec.port === port);
    server.update(matching.map(({ id }) => ({ id, status: statusOf(told, probes) })));
  };
  return { server, wanted, state, path, stop, tell };
}

const statusOf = (state: TargetState, probes: number): TargetStatus => ({
  key: 'k',
  state,
  failures: 0,
  successes: 0,
  probes,
  passed: state === 'healthy' ? probes : 0,
  lastCheckMs: 1000,
  durationNs: ns(1e6),
  cause: null,
  message: '',
});

const ports = (wanted: ReadonlyMap<string, Subscription>) => [...wanted.values()].map(({ spec }) => spec.port).sort();

test('the server speaks first; its socket is 0660', async (t) => {
  const { path } = await start(t);
  await healthcheckClient(t, path);
  t.is(statSync(path).mode & 0o777, 0o660);
});

test('an update is a full replacement, and what stays is not asked for anew', async (t) => {
  const { path, wanted } = await start(t);
  const { update, statuses } = await healthcheckClient(t, path);
  update(tcpConfig(1, 80), tcpConfig(2, 81));
  await statuses();
  const [first] = wanted.keys();
  t.deepEqual(ports(wanted), [80, 81]);
  update(tcpConfig(1, 80), tcpConfig(2, 82), tcpConfig(3, 83));
  await statuses();
  t.deepEqual(ports(wanted), [80, 82, 83]);
  t.true(wanted.has(first ?? ''));
  update();
  t.deepEqual(await statuses(), []);
  t.is(wanted.size, 0);
});

test('transitions are told, the same state again is not', async (t) => {
  const { path, tell } = await start(t);
  const { update, statuses, next } = await healthcheckClient(t, path);
  update(tcpConfig(1, 80));
  await statuses();
  tell(80, 'unknown');
  tell(80, 'healthy', 1);
  tell(80, 'healthy', 2);
  t.like(await next(), { batch: { notifications: [{ id: 1, status: { state: 'healthy', successes: 1 } }] } });
  tell(80, 'unhealthy', 3);
  t.like(await next(), { batch: { notifications: [{ id: 1, status: { state: 'unhealthy', failures: 3 } }] } });
});

test('batches hold 100 at most', async (t) => {
  const { path, tell } = await start(t);
  const { update, statuses, next } = await healthcheckClient(t, path);
  update(...Array.from({ length: 250 }, (_, index) => tcpConfig(index, 80)));
  await statuses();
  tell(80, 'healthy');
  const sizes = [];
  for (let batch = 0; batch < 3; batch++) sizes.push((await next()).batch?.notifications.length);
  t.deepEqual(sizes, [100, 100, 50]);
});

test('the whole state comes at every interval', async (t) => {
  const { path, tell } = await start(t, { notifyIntervalNs: nsFromMs(30) });
  const { update, next } = await healthcheckClient(t, path);
  update(tcpConfig(1, 80), tcpConfig(2, 81));
  const whole = async () => {
    for (;;) {
      const all = (await next()).batch?.notifications ?? [];
      if (all.length === 2) return all;
    }
  };
  t.deepEqual(
    (await whole()).map(({ id }) => id),
    [1, 2],
  );
  tell(80, 'healthy', 7);
  let [first] = await whole();
  while (first?.status.state !== 'healthy') [first] = await whole();
  t.like(first, { id: 1, status: { message: '7/7 checks successful' } });
});

test('a bad element costs only itself, and what it was before goes on', async (t) => {
  const { path, wanted } = await start(t);
  const { update, statuses, next } = await healthcheckClient(t, path);
  update(tcpConfig(1, 80), tcpConfig(2, 81));
  await statuses();
  update(tcpConfig(1, 0), tcpConfig(2, 82), tcpConfig(2, 83), { id: 'x' });
  t.like(await next(), { type: 'error', message: 'config 1: port: a port from 1 to 65535 is expected' });
  t.like(await next(), { type: 'error', message: 'config 2: id: appears twice; the first one counts' });
  t.like(await next(), { type: 'error', message: 'a config without an id from 0 to 2^64 - 1' });
  await statuses();
  t.deepEqual(ports(wanted), [80, 82]);
});

test('a message that makes no sense is answered, and the connection goes on', async (t) => {
  const { path } = await start(t);
  const { socket, next, statuses } = await healthcheckClient(t, path);
  socket.write('nonsense\n\n{"type":"what"}\n');
  t.like(await next(), { type: 'error' });
  t.like(await next(), { type: 'error' });
  t.deepEqual(await statuses(), []);
});

test('a late status of a former config is not taken for the new one’s', async (t) => {
  const { path, server, wanted } = await start(t);
  const { update, statuses } = await healthcheckClient(t, path);
  update(tcpConfig(1, 80));
  await statuses();
  const [former = ''] = wanted.keys();
  update(tcpConfig(1, 81));
  await statuses();
  server.update([{ id: former, status: statusOf('healthy', 5) }]);
  t.like(await statuses(), [[1, { state: 'unknown' }]]);
});

test('clients have configs of their own; one that has none sees those of all', async (t) => {
  const { path, tell, wanted } = await start(t);
  const one = await healthcheckClient(t, path);
  const other = await healthcheckClient(t, path);
  const looker = await healthcheckClient(t, path);
  one.update(tcpConfig(1, 80));
  other.update(tcpConfig(1, 81));
  await one.statuses();
  await other.statuses();
  tell(80, 'healthy');
  tell(81, 'unhealthy');
  t.like(await one.statuses(), [[1, { state: 'healthy' }]]);
  t.like(await other.statuses(), [[1, { state: 'unhealthy' }]]);
  t.deepEqual(
    (await looker.statuses()).map(([, { state }]) => state),
    ['healthy', 'unhealthy'],
  );
  one.update();
  await one.statuses();
  t.deepEqual(ports(wanted), [81]);
});

test('a client that goes away stops nothing; its checks wait for it a while', async (t) => {
  const { path, wanted, tell } = await start(t);
  const first = await healthcheckClient(t, path);
  first.update(tcpConfig(1, 80));
  await first.statuses();
  first.socket.destroy();
  await once(first.socket, 'close');
  const second = await healthcheckClient(t, path);
  tell(80, 'healthy');
  t.like(await second.statuses(), [[1, { state: 'healthy' }]]);
  t.deepEqual(ports(wanted), [80]);
});

test('shutdown is asked of the host, and stop removes the socket and every subscription', async (t) => {
  const { path, state, stop, wanted } = await start(t);
  const { send, statuses, socket, update } = await healthcheckClient(t, path);
  update(tcpConfig(1, 80));
  send({ type: 'shutdown' });
  await statuses();
  t.is(state.shutdowns, 1);
  const closed = once(socket, 'close');
  await stop();
  await closed;
  t.is(wanted.size, 0);
  t.throws(() => statSync(path), { code: 'ENOENT' });
});

test('a reader that is behind gets the newest state when it reads again', async (t) => {
  const { path, tell } = await start(t, { batchDelayNs: nsFromMs(1) });
  const { socket, update, statuses, next } = await healthcheckClient(t, path);
  const count = 2000;
  update(...Array.from({ length: count }, (_, index) => tcpConfig(index, 80)));
  await statuses();
  socket.pause();
  for (let round = 1; round <= 40; round++) {
    tell(80, round % 2 === 0 ? 'healthy' : 'unhealthy', round);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();
  const last = new Map<number, number>();
  while (last.size < count || [...last.values()].some((probes) => probes !== 40)) {
    for (const { id, status } of (await next()).batch?.notifications ?? []) {
      last.set(id, status.successes + status.failures);
    }
  }
  t.is(last.size, count);
});

test('a long status response is written as it is read, and what changes meanwhile is told after it', async (t) => {
  const { path, tell, server } = await start(t, { batchDelayNs: nsFromMs(1) });
  const { socket, update, statuses, send, next } = await healthcheckClient(t, path);
  const count = 20_000;
  update(...Array.from({ length: count }, (_, index) => tcpConfig(index, 80)));
  await statuses();
  socket.pause();
  send({ type: 'request_status' });
  // Written until the client's buffers are full.
  while (server.unreadBytes < 1024 * 1024) await new Promise((resolve) => setImmediate(resolve));
  tell(80, 'healthy');
  for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  t.true(server.unreadBytes < 2 * 1024 * 1024);
  socket.resume();
  const response = await next();
  t.is(response.type, 'status_response');
  t.is(response.statuses?.length, count);
  t.is((await next()).batch?.notifications.length, 100);
});

test('a line without end is refused and the connection closed', async (t) => {
  const { path } = await start(t);
  const { socket, next } = await healthcheckClient(t, path);
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let sent = 0; sent < 40; sent++) socket.write(chunk);
  t.like(await next(), { type: 'error', message: 'a line of more than 33554432 bytes' });
  await once(socket, 'close');
});

test('lines without an end are bounded for all clients together, and their memory comes back', async (t) => {
  const { path } = await start(t);
  const half = Buffer.alloc(31 * 1024 * 1024, ' ');
  const clients = [];
  for (let count = 0; count < 4; count += 1) clients.push(await healthcheckClient(t, path));
  const refusals = clients.map(async ({ socket, next }) => {
    socket.write(half);
    return next();
  });
  const refused = {
    type: 'error',
    message: 'clients hold too much memory with lines that have no end; send it again in a moment',
  };
  t.deepEqual(await Promise.race(refusals), refused);
  for (const { socket } of clients) socket.destroy();
  await Promise.all(clients.map(({ socket }) => socket.closed || once(socket, 'close')));
  // There is room for a long line again.
  const { send, next } = await healthcheckClient(t, path);
  send({ type: 'request_status', padding: Array.from({ length: 30 }, () => 'x'.repeat(1_000_000)) });
  t.deepEqual(await next(), { type: 'status_response', statuses: [] });
});

test('a second server on the same socket is refused', async (t) => {
  const { path } = await start(t);
  await t.throwsAsync(start(t, { socket: path }), {
    message: /a daemon \(process \d+\) is running there already.*healthcheck_server.socket/,
  });
});
