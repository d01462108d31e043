/** Weights that a file and a script say, through a whole daemon to the embedded proxy. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { freePort } from '../../support/fixtures/ports.js';
import { startLive } from '../../support/rigs/live-runtime.js';
import { dial, named, readAll } from '../../support/rigs/proxy-rig.js';
import { until } from '../../support/until.js';

/** How often each of the backends answers ten connections. */
async function answers(t: ExecutionContext, port: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < 10; index += 1) {
    const name = (await readAll(dial(t, port))).toString();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test('the proxy gives connections by what the checks say of weights, at once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-weights-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [load, code] = [join(folder, 'load'), join(folder, 'code')];
  const write = (file: string, text: string) => writeFileSync(file, text);
  write(code, '0');
  const [a, b, vip] = [await named(t, 'a'), await named(t, 'b'), await freePort()];
  const script = { type: 'script', command: ['/bin/sh', '-c', `exit $(cat ${code})`], weight_from: 'exit_code' };
  const { runtime, ask } = await startLive(t, {
    services: [
      {
        name: 'web',
        address: '127.0.0.1',
        port: vip,
        scheduler: 'wrr',
        backends: [
          { name: 'a', address: '127.0.0.1', port: a.port, checks: [{ type: 'file', path: load }] },
          { name: 'b', address: '127.0.0.1', port: b.port, checks: [{ ...script, interval: '1s', timeout: '1s' }] },
        ],
      },
    ],
  });
  const weights = () =>
    Object.fromEntries(runtime.status().services[0]?.backends.map((one) => [one.name, one.weight]) ?? []);
  const are = (wanted: Readonly<Record<string, number>>) =>
    until(() => JSON.stringify(weights()) === JSON.stringify(wanted));
  const table = async () => {
    const { services } = (await ask('GET', '/api/v1/ipvs')).json() as {
      readonly services: readonly { readonly destinations: readonly { readonly weight: number }[] }[];
    };
    return services[0]?.destinations.map(({ weight }) => weight).join();
  };
  const held = (wanted: string) => until(async () => (await table()) === wanted);
  await are({ a: 1, b: 1 });
  // No file is 0: the weight stays as it is.
  await held('1,1');
  t.deepEqual(await answers(t, vip), { a: 5, b: 5 });
  write(load, '3');
  await are({ a: 4, b: 1 });
  await held('4,1');
  t.deepEqual(await answers(t, vip), { a: 8, b: 2 });
  write(load, '-1');
  write(code, '11');
  await are({ a: 0, b: 9 });
  await held('0,9');
  t.deepEqual(await answers(t, vip), { b: 10 });
  const [first] = (await ask('GET', '/api/v1/backends')).json() as readonly object[];
  t.like(first, { name: 'a', state: 'healthy', weight: 0, configured_weight: 1, checked_weight: 0 });
  t.regex((await ask('GET', '/metrics')).text, /fulcrum_backend_weight\{service="web",backend="b"\} 9\n/);
  // An operator's word goes before that of the file.
  await ask('PUT', '/api/v1/backends/a/weight', {
    headers: { 'content-type': 'application/json' },
    body: '{"weight": 9}',
  });
  write(load, '50');
  await are({ a: 9, b: 9 });
  write(code, '1');
  await are({ a: 9, b: 0 });
  await until(async () => (await table()) === '9');
  t.deepEqual(await answers(t, vip), { a: 10 });
});
