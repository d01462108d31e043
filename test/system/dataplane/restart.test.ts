/** The data plane's own threads die under traffic, in a whole runtime. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createRuntime } from '../../../src/index.js';
import type { FulcrumEvent } from '../../../src/model/observing/events.js';
import { freePort } from '../../support/fixtures/ports.js';
import { backend, dial } from '../../support/rigs/proxy-rig.js';
import { until } from '../../support/until.js';

/** One service over one backend that greets and repeats, in a runtime with one proxy thread. */
async function start(t: ExecutionContext) {
  const echo = await backend(t, (socket) => {
    socket.write('hello');
    socket.pipe(socket);
  });
  const vip = await freePort();
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-restart-'));
  const runtime = await createRuntime(
    {
      node: { state_dir: stateDir },
      control: { socket: null, http: null, grpc: null },
      dataplane: { driver: 'proxy' },
      runtime: { monitor_shards: 1, proxy_threads: 1 },
      services: [
        {
          name: 'web',
          address: '127.0.0.1',
          port: vip,
          scheduler: 'rr',
          checks: [{ type: 'tcp', interval: '500ms', timeout: '400ms' }],
          backends: [{ name: 'a', address: '127.0.0.1', port: echo.port }],
        },
      ],
    },
    { drills: true },
  );
  t.teardown(async () => {
    await runtime.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });
  const events: FulcrumEvent[] = [];
  runtime.events$.subscribe((event) => events.push(event));
  await until(async () => (await greeting(t, vip)) === 'hello');
  const restarted = (actor: string) => () =>
    events.some((event) => event.type === 'actor' && event.actor === actor && event.change === 'restarted');
  return { runtime, vip, events, restarted };
}

/** What a new client hears first; how its connection ended, where it hears nothing. */
function greeting(t: ExecutionContext, port: number): Promise<string> {
  const socket = dial(t, port);
  return new Promise((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    socket.once('error', (error) => resolve(error.message));
    socket.once('close', () => resolve('closed'));
    socket.once('end', () => resolve('closed'));
  }).finally(() => socket.destroy()) as Promise<string>;
}

test('when the dataplane actor dies, running connections and new ones do not notice; changes go on with its replacement', async (t) => {
  const { runtime, vip, restarted, events } = await start(t);
  const client = dial(t, vip);
  await once(client, 'data');
  for (const how of ['crash', 'freeze'] as const) {
    const already = events.length;
    await runtime.drill('dataplane', how);
    client.write(how);
    const [answer] = (await once(client, 'data')) as [Buffer];
    t.is(answer.toString(), how);
    t.is(await greeting(t, vip), 'hello');
    await until(() => {
      const later = events.slice(already);
      return later.some(
        (event) => event.type === 'actor' && event.actor === 'dataplane' && event.change === 'restarted',
      );
    });
  }
  t.true(restarted('dataplane')());
  await until(async () => (await runtime.dataplane.call('table', {})).services[0]?.destinations.length === 1);
  client.write('the end');
  const [answer] = (await once(client, 'data')) as [Buffer];
  t.is(answer.toString(), 'the end');
  t.false(events.some((event) => event.type === 'dataplane' && event.op === 'remove-service'));
});

test('when a proxy thread dies or freezes, its services are back as soon as it is replaced', async (t) => {
  const { runtime, vip, restarted, events } = await start(t);
  await runtime.drill('proxy-0', 'crash');
  await until(restarted('proxy-0'));
  await until(async () => (await greeting(t, vip)) === 'hello');
  const before = events.length;
  await runtime.drill('proxy-0', 'freeze');
  // A client that comes meanwhile may wait in vain, or be answered by whoever comes after.
  const waiting = greeting(t, vip);
  await until(() => events.slice(before).some((event) => event.type === 'actor' && event.change === 'restarted'));
  await waiting;
  await until(async () => (await greeting(t, vip)) === 'hello');
  t.true(restarted('proxy-0')());
});
