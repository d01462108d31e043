/** Backends die while the engine is frozen, out of memory or gone: who takes them out is the data plane. */
import { once } from 'node:events';
import { get } from 'node:http';
import test from 'ava';
import type { FulcrumEvent } from '../../src/model/observing/events.js';
import { freePort } from '../support/fixtures/ports.js';
import { type BackendProcess, startBackend } from '../support/peers/backends.js';
import { type Daemon, startDaemon } from '../support/rigs/daemon.js';
import { runCommand } from '../support/rigs/run-command.js';
import { until } from '../support/until.js';

/** An engine that a slow machine replaces before the death is seen says nothing: the next one may. */
const ROUNDS = 5;

/** One request on a connection of its own; the status, or what went wrong. */
const ask = (port: number) =>
  new Promise<number | string>((resolve) => {
    get({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', (error) => resolve(error.message));
  });

const drill = (daemon: Daemon, ...args: string[]) => runCommand(['drill', ...args, '--socket', daemon.socket]);

test.serial(
  'what dies while the engine is frozen or fills its memory is out before there is another engine',
  async (t) => {
    t.timeout(300_000);
    const vip = await freePort();
    const first = await startBackend(t);
    let backends: readonly BackendProcess[] = [first, await startBackend(t)];
    const config = () => ({
      dataplane: { driver: 'proxy' },
      runtime: { monitor_shards: 1 },
      services: [
        {
          name: 'web',
          address: '127.0.0.1',
          port: vip,
          scheduler: 'rr',
          checks: [{ type: 'tcp', interval: '100ms', timeout: '100ms', retries: 0 }],
          backends: backends.map(({ port }, index) => ({ name: `b${index}`, address: '127.0.0.1', port })),
        },
      ],
    });
    const daemon = await startDaemon(t, config(), ['--drills']);
    const events = async () =>
      (await daemon.get('/api/v1/events/recent')) as (FulcrumEvent & { readonly id: number })[];
    const served = async () => {
      const table = (await daemon.get('/api/v1/ipvs')) as {
        services: { destinations: { port: number; weight: number }[] }[];
      };
      return (table.services[0]?.destinations ?? []).map(({ port }) => port).toSorted();
    };
    const whole = () => backends.map(({ port }) => port).toSorted();
    const engineRestarts = async () =>
      ((await daemon.get('/api/v1/actors')) as { name: string; restarts: number }[]).find(
        ({ name }) => name === 'engine',
      )?.restarts ?? 0;

    for (const fault of ['freeze', 'out-of-memory'] as const) {
      let seen = false;
      for (let round = 0; round < ROUNDS && !seen; round += 1) {
        await until(async () => String(await served()) === String(whole()));
        const restarts = await engineRestarts();
        const from = (await events()).length;
        const doomed = backends[1] ?? first;
        t.is((await drill(daemon, 'engine', fault)).code, 0);
        doomed.process.kill('SIGKILL');
        await once(doomed.process, 'exit');
        await until(async () => String(await served()) === String([first.port]));
        const others = await Promise.all(Array.from({ length: 10 }, () => ask(vip)));
        t.deepEqual(others, Array(10).fill(200));
        seen =
          (await engineRestarts()) === restarts &&
          (await events()).slice(from).some((event) => event.type === 'dataplane' && event.op === 'engine silent');
        await until(async () => (await engineRestarts()) > restarts);
        t.deepEqual(await served(), [first.port]);
        backends = [first, await startBackend(t)];
        daemon.rewrite(config());
        await until(async () => (await daemon.post('/api/v1/reload')).status === 200);
      }
      t.true(seen, `${fault}: the engine was replaced first, ${ROUNDS} times`);
    }
  },
);

test.serial('a daemon without --drills refuses them, and says how they are allowed', async (t) => {
  const daemon = await startDaemon(t, {});
  const refused = await drill(daemon, 'engine', 'crash');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /^fulcrum: drills are not allowed here: start it with fulcrum run --drills/);
});
