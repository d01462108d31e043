/** Files on a file system that hangs, given to real programs: what needs them fails by itself, and the rest goes on. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ActorView, ListedBackend } from '../../src/model/observing/views.js';
import { freePort } from '../support/fixtures/ports.js';
import { hangs, hungMount } from '../support/hung-mount.js';
import { needsSerial } from '../support/needs.js';
import { startDaemon } from '../support/rigs/daemon.js';
import { startFulcrum } from '../support/rigs/fulcrum-process.js';
import { runFulcrum } from '../support/rigs/run-fulcrum.js';
import { until } from '../support/until.js';

const check = needsSerial('root', 'mount');

check(
  'CA files that hang fail their checks as our fault; the others of the shard go on, and the stop ends',
  async (t) => {
    t.timeout(300_000);
    const { directory } = hungMount(t);
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const first = await freePort();
    const options = { interval: '200ms', timeout: '200ms' };
    const service = (name: string, index: number, checks: object) => ({
      name,
      address: '127.0.0.1',
      port: first + index,
      checks: [{ ...options, ...checks }],
      backends: [{ name, address: '127.0.0.1', port }],
    });
    const hung = ['ca', 'other', 'third'].map((name, index) =>
      service(name, index, { type: 'tcp', tls: true, ca_file: join(directory, `${name}.pem`) }),
    );
    const daemon = await startDaemon(t, {
      dataplane: { driver: 'dry-run' },
      runtime: { monitor_shards: 1 },
      services: [...hung, service('well', hung.length, { type: 'tcp' })],
    });
    const backends = async () => (await daemon.get('/api/v1/backends')) as ListedBackend[];
    const message = (backend: ListedBackend | undefined) => backend?.checks[0]?.message ?? '';
    await until(async () => {
      const all = await backends();
      return (
        all.find(({ name }) => name === 'well')?.state === 'healthy' &&
        all.filter(({ name }) => name !== 'well').every((each) => /does (?:its|a) file system hang/.test(message(each)))
      );
    });
    const seen = new Set<string>();
    await until(async () => {
      seen.add((await backends()).find(({ name }) => name === 'well')?.checks[0]?.last_check ?? '');
      return seen.size > 20;
    });
    const actors = (await daemon.get('/api/v1/actors')) as ActorView[];
    t.deepEqual(
      actors.filter(({ restarts }) => restarts > 0),
      [],
    );
    const ended = once(daemon.process, 'exit');
    daemon.process.kill('SIGTERM');
    const [, signal] = await ended;
    t.is(signal, null, 'it ended by itself');
  },
);

check('fulcrum check says what hangs, and ends', async (t) => {
  const { directory } = hungMount(t);
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const ca = join(directory, 'ca.pem');
  const ran = await runFulcrum(['check', 'tcp', `127.0.0.1:${port}`, '--tls', '--ca-file', ca]);
  t.is(ran.code, 1);
  t.regex(ran.stdout, /^error: tcp .*could not be read within 1000 ms: does its file system hang\?/);
});

check('the agent alone ends within its limit though its thread hangs', async (t) => {
  t.timeout(300_000);
  const { directory } = hungMount(t);
  const file = join(directory, 'ca.pem');
  const agent = startFulcrum(t, ['agent', '--listen', '127.0.0.1:0', '--metrics', '127.0.0.1:0'], {
    HAPROXY_AGENT_CA_FILE: file,
  });
  // It hangs before its first record.
  await until(() => hangs(agent.pid));
  t.is(await agent.stop(), 70);
});
