/** Files that a configuration names and that are none, given to the real daemon. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { ListedBackend } from '../../src/model/observing/views.js';
import { freePort } from '../support/fixtures/ports.js';
import { hostileFiles } from '../support/hostile-files.js';
import { startDaemon } from '../support/rigs/daemon.js';

const program = fileURLToPath(new URL('../../../bin/fulcrum.js', import.meta.url));

test('a token file or a CA file of the agent that is no file ends the start with 2 and with what is wrong', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-start-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  t.timeout(300_000);
  // A start takes seconds: two of them that held threads up; the others are in the unit test of each place.
  const named = (await hostileFiles(t)).filter(({ what }) => what.startsWith('a pipe') || what.startsWith('a device'));
  const documents = named.flatMap(({ what, path, says }) => [
    { what: `token_file: ${what}`, says, document: { control: { socket: join(directory, 's'), token_file: path } } },
    {
      what: `ca_file: ${what}`,
      says,
      document: {
        control: { socket: join(directory, 's') },
        agent: { listen: '127.0.0.1:0', ca_file: path },
      },
    },
  ]);
  for (const { what, says, document } of documents) {
    const file = join(directory, 'config.yaml');
    const common = { node: { state_dir: directory }, dataplane: { driver: 'dry-run' }, runtime: { monitor_shards: 1 } };
    writeFileSync(file, JSON.stringify({ ...common, ...document }));
    const child = spawn(process.execPath, [program, 'run', '-c', file], { stdio: ['ignore', 'inherit', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    t.is(code, 2, `${what}: ${said}`);
    t.regex(said, says, what);
  }
});

test('a CA file of a check that is no file fails that check alone, as our fault; a state file that is none starts anew', async (t) => {
  const files = await hostileFiles(t);
  const pipe = files.find(({ what }) => what.startsWith('a pipe'))?.path ?? '';
  const port = await freePort();
  const backend = (name: string) => ({ name, address: '127.0.0.1', port });
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-state-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of ['engine-state.ndjson', 'runtime-services.json']) symlinkSync(pipe, join(directory, name));
  const daemon = await startDaemon(t, {
    node: { state_dir: directory },
    dataplane: { driver: 'proxy' },
    runtime: { monitor_shards: 1, proxy_threads: 1 },
    services: files.map(({ path }, index) => ({
      name: `web${index}`,
      address: '127.0.0.1',
      port: port + 1 + index,
      checks: [{ type: 'tcp', tls: true, ca_file: path, interval: '100ms', timeout: '100ms' }],
      backends: [backend('a')],
    })),
  });
  await daemon.logged(/the state file cannot be read/);
  const server = createServer((socket) => socket.on('error', () => {})).listen(port, '127.0.0.1');
  t.teardown(() => server.close());
  const wrong = async () => {
    const backends = (await daemon.get('/api/v1/backends')) as ListedBackend[];
    return backends.flatMap(({ checks }, index) => {
      const message = checks[0]?.message ?? '';
      return files[index]?.says.test(message) === true ? [] : [`${files[index]?.what}: ${message}`];
    });
  };
  let left = await wrong();
  for (let look = 0; left.length > 0 && look < 300; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = await wrong();
  }
  t.deepEqual(left, []);
  const ended = once(daemon.process, 'exit');
  daemon.process.kill('SIGTERM');
  t.deepEqual(await ended, [0, null]);
});
