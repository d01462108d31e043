import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createRuntime } from '../../../src/index.js';
import type { FulcrumEvent } from '../../../src/model/observing/events.js';
import { freePort } from '../../support/fixtures/ports.js';
import { startBackend } from '../../support/peers/backends.js';
import { until } from '../../support/until.js';

const BLOCK_MS = 6000;

/** In a process of its own, so that it happens while this thread is blocked. */
const killLater = (pid: number, afterMs: number) =>
  void spawn('sh', ['-c', `sleep ${afterMs / 1000}; kill -9 ${pid}`], { stdio: 'ignore' });

test('with the main thread blocked, dead backends leave the table, actors are replaced, and their peers are wired again', async (t) => {
  const backends = await Promise.all([startBackend(t), startBackend(t), startBackend(t)]);
  const [, b, c] = backends;
  const vip = await freePort();
  const runtime = await createRuntime(
    {
      node: { state_dir: mkdtempSync(join(tmpdir(), 'fulcrum-blocked-')) },
      control: { socket: null, http: null, grpc: null },
      dataplane: { driver: 'proxy' },
      runtime: { monitor_shards: 1 },
      services: [
        {
          name: 'web',
          address: '127.0.0.1',
          port: vip,
          scheduler: 'rr',
          checks: [{ type: 'tcp', interval: '200ms', timeout: '200ms' }],
          backends: backends.map(({ port }, index) => ({ name: 'abc'[index], address: '127.0.0.1', port })),
        },
      ],
    },
    { drills: true },
  );
  t.teardown(() => runtime.stop());
  const events: FulcrumEvent[] = [];
  runtime.events$.subscribe((event) => events.push(event));
  const served = () =>
    runtime
      .status()
      .services[0]?.backends.filter(({ weight }) => weight > 0)
      .map(({ name }) => name);
  await until(() => served()?.length === 3);

  killLater(b?.process.pid ?? 0, 500);
  killLater(c?.process.pid ?? 0, 4800);
  await runtime.drill('engine', 'crash');
  await runtime.drill('monitor-0', 'freeze');
  const blockedFrom = Date.now();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS);
  const blockedTo = Date.now();

  // What happened in the meantime is told now, with the times at which it happened.
  await until(() => served()?.length === 1);
  const during = events.filter(({ atMs }) => atMs >= blockedFrom && atMs <= blockedTo);
  const restarted = during.flatMap((event) =>
    event.type === 'actor' && event.change === 'restarted' ? [event.actor] : [],
  );
  t.deepEqual(restarted.sort(), ['engine', 'monitor-0']);
  const lost = during.flatMap((event) =>
    event.type === 'backend-state' && event.to === 'unhealthy' ? [event.backend] : [],
  );
  t.deepEqual(lost, ['b', 'c']);
  const table = await runtime.dataplane.call('table', {});
  t.deepEqual(
    table.services[0]?.destinations.map(({ port }) => port),
    [backends[0]?.port],
  );
});
