import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  type ConfigDocument,
  ConfigError,
  createRuntime,
  type FulcrumEvent,
  type Runtime,
  RuntimeError,
} from '../../../src/index.js';
import { until } from '../../support/until.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
type Check = { readonly type: 'custom'; readonly name: string } | { readonly type: 'tcp' };

const stateDir = () => mkdtempSync(join(tmpdir(), 'fulcrum-embedded-'));

const document = (check: Check, directory = stateDir()) =>
  ({
    node: { state_dir: directory },
    control: { socket: null, http: null, grpc: null },
    dataplane: { driver: 'dry-run' },
    runtime: { monitor_shards: 1 },
    services: [
      {
        name: 'web',
        address: '10.0.0.100',
        port: 80,
        checks: [{ interval: '100ms', timeout: '80ms', ...check }],
        backends: [{ name: 'a', address: '127.0.0.1', port: 9 }],
      },
    ],
  }) satisfies ConfigDocument;

const backendOf = (runtime: Runtime) => runtime.status().services[0]?.backends[0];

test('a check of the host app runs in its thread, and decides', async (t) => {
  let healthy = true;
  const asked: unknown[] = [];
  await using runtime = await createRuntime(document({ type: 'custom', name: 'mine' }), {
    checks: {
      mine: async (target) => {
        asked.push(target);
        return { healthy, message: healthy ? 'all is well' : 'not today' };
      },
    },
  });
  await until(() => backendOf(runtime)?.state === 'healthy');
  t.deepEqual(asked[0], { host: '127.0.0.1', port: 9 });
  healthy = false;
  await until(() => backendOf(runtime)?.state === 'unhealthy');
  t.is(backendOf(runtime)?.why, 'custom: not today');
});

test('what a configuration says to no effect is told to the logger, at the start and by apply', async (t) => {
  const told: string[] = [];
  const ignore = () => {};
  const logger = {
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: (_fields: object, message: string) => told.push(message),
    error: ignore,
  };
  const spare = { ...document({ type: 'tcp' }), checks: { spare: { type: 'tcp' as const } } };
  await using runtime = await createRuntime(spare, { logger });
  const warning = /no service and no backend uses the check 'spare'/;
  t.is(told.filter((message) => warning.test(message)).length, 1);
  await runtime.apply(spare);
  t.is(told.filter((message) => warning.test(message)).length, 2);
});

test('a check that throws is unhealthy with its reason, and one that never ends is timed out and told so', async (t) => {
  let mode: 'throw' | 'hang' = 'throw';
  let aborted = 0;
  await using runtime = await createRuntime(document({ type: 'custom', name: 'mine' }), {
    checks: {
      mine: (_target, signal) => {
        if (mode === 'throw') return Promise.reject(new Error('no such table'));
        return new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted += 1;
          });
        });
      },
    },
  });
  await until(() => backendOf(runtime)?.state === 'unhealthy');
  t.is(backendOf(runtime)?.why, 'custom: no such table');
  mode = 'hang';
  await until(() => aborted > 0);
  // What stays unhealthy is told at leisure.
  const why = async () => (await runtime.engine.call('services', { name: 'web' }))[0]?.backends[0]?.why ?? '';
  await until(async () => /timed out after 80ms/.test(await why()));
  t.pass();
});

test('a blocked host thread holds nothing against the targets of its checks', async (t) => {
  await using runtime = await createRuntime(document({ type: 'custom', name: 'mine' }), {
    checks: { mine: async () => true },
  });
  const events: FulcrumEvent[] = [];
  runtime.events$.subscribe((event) => events.push(event));
  const isHealthy = () => events.some((event) => event.type === 'backend-state' && event.to === 'healthy');
  await until(() => backendOf(runtime)?.state === 'healthy' && isHealthy());
  events.length = 0;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  // Five intervals: that nothing is held against the target is what is tested.
  await pause(500);
  t.deepEqual(
    events.filter(({ type }) => type === 'backend-state'),
    [],
  );
});

test('a custom check that nobody registered is a configuration error', async (t) => {
  const error = await t.throwsAsync(createRuntime(document({ type: 'custom', name: 'missing' })), {
    instanceOf: ConfigError,
  });
  t.regex(error?.message ?? '', /no custom check missing is registered/);
});

test('a data-plane driver of the app is loaded in the data plane’s thread', async (t) => {
  const directory = stateDir();
  const options = {
    dataplane: new URL('../../support/programs/memory-driver.js', import.meta.url),
    checks: { mine: async () => true },
  };
  await using runtime = await createRuntime(document({ type: 'custom', name: 'mine' }, directory), options);
  await until(() => (backendOf(runtime)?.weight ?? 0) > 0);
  const changes = join(directory, 'changes');
  await until(() => existsSync(changes) && readFileSync(changes, 'utf8').includes('add-destination'));
  t.like(runtime.status().dataplane, { driver: 'custom' });
});

test('several runtimes live side by side', async (t) => {
  const checks = { yes: async () => true, no: async () => false };
  await using good = await createRuntime(document({ type: 'custom', name: 'yes' }), { checks });
  await using bad = await createRuntime(document({ type: 'custom', name: 'no' }), { checks });
  await until(() => backendOf(good)?.state === 'healthy' && backendOf(bad)?.state === 'unhealthy');
  t.pass();
});

test('apply changes what runs, plan says what it would change, and a bad document changes nothing', async (t) => {
  const checks = { yes: async () => true };
  const before = document({ type: 'custom', name: 'yes' });
  await using runtime = await createRuntime(before, { checks });
  const [service] = before.services;
  const after = {
    ...before,
    services: [{ ...service, name: 'web', backends: [{ name: 'a', address: '127.0.0.1', port: 9, weight: 5 }] }],
  };
  t.deepEqual(await runtime.plan(after), ['services.web.backends.a: weight 1 -> 5']);
  const nonsense: ConfigDocument = { ...before, ...{ nonsense: true } };
  await t.throwsAsync(runtime.apply(nonsense), { instanceOf: ConfigError });
  t.is((await runtime.apply(after)).length, 1);
  await until(() => backendOf(runtime)?.weight === 5);
  t.deepEqual(await runtime.plan(after), []);
});

test('what was applied is in the status at once, and a stopped runtime says so', async (t) => {
  const full = document({ type: 'tcp' });
  await using runtime = await createRuntime(full);
  for (let round = 0; round < 10; round += 1) {
    await runtime.apply({ ...full, services: [] });
    t.deepEqual(runtime.status().services, []);
    await runtime.apply(full);
    t.is(runtime.status().services[0]?.backends.length, 1);
  }
  await runtime.stop();
  const stopped = { instanceOf: RuntimeError, message: 'the runtime is stopped' };
  await t.throwsAsync(runtime.apply(full), stopped);
  await t.throwsAsync(runtime.plan(full), stopped);
  await t.throwsAsync(runtime.reload(), stopped);
});

/** A leak of every round is more than what comes and goes; each takes more than a second. */
const ROUNDS = 30;

// Alone: what another test's runtime has would be counted too.
test.serial('made and stopped again and again, a runtime leaves no thread, descriptor or timer behind', async (t) => {
  t.timeout(600_000);
  const count = () => ({
    threads: readdirSync('/proc/self/task').length,
    sockets: readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length,
    descriptors: readdirSync('/proc/self/fd').length,
    active: process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length,
  });
  const cycle = async () => {
    const runtime = await createRuntime(document({ type: 'custom', name: 'yes' }), {
      checks: { yes: async () => true },
    });
    await runtime.stop();
  };
  // The first rounds bring what the process keeps for good: thread pools, loaded libraries.
  for (let round = 0; round < 3; round += 1) await cycle();
  const before = count();
  for (let round = 0; round < ROUNDS; round += 1) await cycle();
  // A thread that is just ending may be counted, on either side; what is left behind by these rounds does not go away.
  const grown = () => Object.entries(count()).filter(([what, now]) => now > before[what as keyof typeof before]);
  for (let look = 0; look < 50 && grown().length > 0; look += 1) await pause(200);
  t.deepEqual(grown(), []);
});
