import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createRuntime } from '../../../src/index.js';
import type { FulcrumEvent } from '../../../src/model/observing/events.js';
import { freePort } from '../../support/fixtures/ports.js';
import { startBackend } from '../../support/peers/backends.js';
import { until } from '../../support/until.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One request on a connection of its own; the status, or what went wrong. */
const ask = (port: number) =>
  new Promise<number | string>((resolve) => {
    get({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', (error) => resolve(error.message));
  });

test('whatever happens to an actor, traffic flows on, no healthy backend leaves the table, and dead ones do', async (t) => {
  t.timeout(300_000);
  const backends = await Promise.all([startBackend(t), startBackend(t), startBackend(t)]);
  const vip = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-replacement-'));
  const runtime = await createRuntime(
    {
      node: { state_dir: directory },
      control: { socket: join(directory, 'control.sock'), http: null, grpc: null },
      dataplane: { driver: 'proxy' },
      runtime: { monitor_shards: 2 },
      services: [
        {
          name: 'web',
          address: '127.0.0.1',
          port: vip,
          scheduler: 'rr',
          checks: [
            { type: 'tcp', interval: '200ms', timeout: '200ms' },
            { type: 'http', path: '/healthz', interval: '250ms', timeout: '250ms' },
          ],
          backends: backends.map(({ port }, index) => ({ name: 'abc'[index], address: '127.0.0.1', port })),
        },
      ],
    },
    { drills: true },
  );
  t.teardown(() => runtime.stop());
  const events: FulcrumEvent[] = [];
  runtime.events$.subscribe((event) => events.push(event));
  const serving = () => runtime.status().services[0]?.backends.filter(({ weight }) => weight > 0).length;
  await until(() => serving() === 3);
  events.length = 0;

  const bad: (number | string)[] = [];
  /** Asks until it is stopped. */
  const startTraffic = () => {
    let asking = true;
    const traffic = (async () => {
      while (asking) {
        const answer = await ask(vip);
        if (answer !== 200) bad.push(answer);
        await pause(10);
      }
    })();
    return async () => {
      asking = false;
      await traffic;
    };
  };
  const stopTraffic = startTraffic();

  for (const actor of ['engine', 'monitor-0', 'monitor-1', 'dataplane', 'gateway']) {
    for (const fault of ['crash', 'out-of-memory', 'freeze'] as const) {
      // Freezing is seen at the actor's deadline; one actor of each host is enough.
      if (fault === 'freeze' && actor !== 'monitor-0' && actor !== 'dataplane') continue;
      const restarts = () => runtime.status().actors.find(({ name }) => name === actor);
      const before = restarts()?.restarts ?? 0;
      await runtime.drill(actor, fault);
      await until(() => restarts()?.state === 'running' && (restarts()?.restarts ?? 0) > before);
    }
  }
  t.deepEqual(
    events.filter(({ type }) => type === 'backend-state' || type === 'service-state'),
    [],
  );

  // A request that a backend died over is lost, whoever passed it on: there is none at that moment.
  await stopTraffic();
  const [, doomed] = backends;
  doomed.process.kill('SIGKILL');
  await once(doomed.process, 'exit');
  const stopLaterTraffic = startTraffic();
  await until(() => serving() === 2);
  await stopLaterTraffic();
  t.deepEqual(bad, []);
  t.is(await ask(vip), 200);
});
