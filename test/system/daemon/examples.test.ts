import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { freePort } from '../../support/fixtures/ports.js';
import { startBackend } from '../../support/peers/backends.js';
import { until } from '../../support/until.js';

const example = (name: string) => fileURLToPath(new URL(`../../../examples/${name}.js`, import.meta.url));

function run(
  t: ExecutionContext,
  name: string,
  args: string[],
): { process: ChildProcess; said: (words: RegExp) => Promise<string> } {
  const child = spawn(process.execPath, [example(name), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const watchers = new Set<() => void>();
  const listen = (chunk: string) => {
    text += chunk;
    for (const look of watchers) look();
  };
  child.stdout.setEncoding('utf8').on('data', listen);
  child.stderr.setEncoding('utf8').on('data', listen);
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const said = (words: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const match = words.exec(text);
        if (match !== null) resolve(match[1] ?? match[0]);
      };
      watchers.add(look);
      void closed.then(() => reject(new Error(`${name} ended without ${words}:\n${text}`)));
      look();
    });
  return { process: child, said };
}

async function configFile(t: ExecutionContext): Promise<string> {
  const backend = await startBackend(t);
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-example-'));
  const file = join(directory, 'config.yaml');
  const document = {
    node: { state_dir: directory },
    control: { socket: null },
    dataplane: { driver: 'dry-run' },
    services: [
      {
        name: 'web',
        address: '10.0.0.100',
        port: await freePort(),
        checks: [{ type: 'tcp', interval: '200ms' }],
        backends: [{ name: 'one', address: '127.0.0.1', port: backend.port }],
      },
    ],
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

test('the plain script serves through its own virtual service, and ends by itself', async (t) => {
  const backend = await startBackend(t);
  const script = run(t, 'embed-script', [String(backend.port)]);
  t.is(await script.said(/through the virtual service: (\d+)/), '200');
  const [code] = script.process.exitCode === null ? await once(script.process, 'exit') : [script.process.exitCode];
  t.is(code, 0);
});

for (const name of ['embed-fastify', 'embed-express']) {
  test(`${name} shows the services, and ends with its signal`, async (t) => {
    const app = run(t, name, [await configFile(t), '0']);
    const url = await app.said(/listening on (http:\S+)/);
    const healthy = async () => {
      const services = (await (await fetch(`${url}/services`)).json()) as { healthy: boolean }[];
      return services[0]?.healthy === true;
    };
    await until(healthy);
    if (name === 'embed-fastify') t.is((await fetch(`${url}/health`)).status, 200);
    app.process.kill('SIGTERM');
    const [code] = await once(app.process, 'exit');
    t.is(code, 0);
  });
}
