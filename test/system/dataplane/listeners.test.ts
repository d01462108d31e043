import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createRuntime } from '../../../src/index.js';
import { freePort } from '../../support/fixtures/ports.js';
import { startBackend } from '../../support/peers/backends.js';
import { until } from '../../support/until.js';

/** Whether a new connection is taken: null, or the error. */
const knock = (port: number) =>
  new Promise<string | null>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const tell = (answer: string | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => tell(null))
      .once('error', (error) => tell((error as NodeJS.ErrnoException).code ?? ''));
  });

test('no new connection is refused while a proxy thread is dead, frozen, or out of memory', async (t) => {
  t.timeout(120_000);
  const backend = await startBackend(t);
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-listeners-'));
  const runtime = await createRuntime(
    {
      node: { state_dir: directory },
      control: { socket: null, http: null, grpc: null },
      dataplane: { driver: 'proxy' },
      runtime: { monitor_shards: 1, proxy_threads: 1 },
      services: [
        {
          name: 'web',
          address: '127.0.0.1',
          port,
          checks: [{ type: 'tcp', interval: '1s' }],
          backends: [{ address: '127.0.0.1', port: backend.port }],
        },
      ],
    },
    { drills: true },
  );
  t.teardown(() => runtime.stop());
  await until(async () => (await knock(port)) === null);
  const proxy = () => runtime.status().actors.find(({ name }) => name === 'proxy-0');
  const refusals: string[] = [];
  for (const fault of ['crash', 'freeze', 'out-of-memory'] as const) {
    const before = proxy()?.restarts ?? 0;
    await runtime.drill('proxy-0', fault);
    await until(async () => {
      const refused = await knock(port);
      if (refused !== null) refusals.push(`${fault}: ${refused}`);
      return proxy()?.state === 'running' && (proxy()?.restarts ?? 0) > before;
    });
  }
  t.deepEqual(refusals, []);
  // The last thread serves what waited for it.
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  t.is(answer.status, 200);
});
