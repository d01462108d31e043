import test from 'ava';
import { Registry } from 'prom-client';
import { ComponentHealth, type HealthCheck, HealthChecker, isReady } from '../../src/health/index.js';
import { FakeTiming, settled } from './fake-timing.js';

/** A check that the test answers by hand. */
function manual(name: string, critical: boolean) {
  const calls: { readonly signal: AbortSignal; settle(answer: Promise<ComponentHealth | undefined>): void }[] = [];
  const check: HealthCheck = {
    name,
    critical,
    check: (signal) => new Promise((resolve) => calls.push({ signal, settle: resolve })),
  };
  return { check, calls };
}

const ok = (name: string, critical: boolean): HealthCheck => ({
  name,
  critical,
  check: async () => ComponentHealth.healthy(name, 12, critical),
});
const bad = (name: string, critical: boolean): HealthCheck => ({
  name,
  critical,
  check: async () => ComponentHealth.unhealthy(name, 3, critical, 'gone'),
});
const status = async (...checks: HealthCheck[]) => {
  const checker = new HealthChecker();
  for (const check of checks) checker.addCheck(check);
  return (await checker.checkAll()).status;
};

test('all healthy is healthy, and so is a service without components', async (t) => {
  t.is(await status(), 'healthy');
  t.is(await status(ok('a', true), ok('b', false)), 'healthy');
});

test('a failing component degrades, a failing critical one makes unhealthy', async (t) => {
  t.is(await status(ok('a', true), bad('b', false)), 'degraded');
  t.is(await status(bad('a', true), ok('b', false)), 'unhealthy');
  t.is(await status(bad('a', true), bad('b', false)), 'unhealthy');
});

test('a degraded component degrades, even a critical one', async (t) => {
  const slow: HealthCheck = {
    name: 'slow',
    critical: true,
    check: async () => ComponentHealth.degraded('slow', 1, true, 'replica lags'),
  };
  t.is(await status(slow), 'degraded');
});

test('healthy and degraded are ready, unhealthy is not', (t) => {
  t.deepEqual(
    (['healthy', 'degraded', 'unhealthy'] as const).map((each) => isReady({ status: each })),
    [true, true, false],
  );
});

test('the detailed answer is the seed format, with a timed-out component', async (t) => {
  const timing = new FakeTiming();
  const redis = manual('redis', false);
  const checker = new HealthChecker({ version: '0.1.0', timing })
    .addCheck(ok('postgres', true))
    .addCheck(redis.check)
    .addCheck({ name: 'qdrant', critical: true, check: async () => undefined });
  const all = checker.checkAll();
  await timing.advance(2000);
  t.is(
    JSON.stringify(await all),
    JSON.stringify({
      status: 'degraded',
      components: [
        { name: 'postgres', status: 'healthy', latency_ms: 12, critical: true },
        {
          name: 'redis',
          status: 'unhealthy',
          latency_ms: 2000,
          critical: false,
          message: 'Health check timed out after 2s',
        },
        { name: 'qdrant', status: 'healthy', latency_ms: 0, critical: true },
      ],
      version: '0.1.0',
      timestamp: '2025-12-06T16:15:32.123Z',
      total_latency_ms: 2000,
    }),
  );
  t.deepEqual(
    redis.calls.map(({ signal }) => signal.aborted),
    [true],
  );
});

test('the simple answer has a status and a version', async (t) => {
  const checker = new HealthChecker({ version: '1.2.3' }).addCheck(bad('redis', false));
  t.deepEqual(await checker.checkSimple(), { status: 'degraded', version: '1.2.3' });
  t.deepEqual(checker.liveness(), { status: 'alive', version: '1.2.3' });
});

test('checks run at the same time, so the round lasts as long as the slowest', async (t) => {
  const timing = new FakeTiming();
  const [a, b] = [manual('a', true), manual('b', true)];
  const all = new HealthChecker({ timing }).addCheck(a.check).addCheck(b.check).checkAll();
  await timing.advance(30);
  t.is(a.calls.length + b.calls.length, 2);
  a.calls[0]?.settle(Promise.resolve(undefined));
  await timing.advance(20);
  b.calls[0]?.settle(Promise.resolve(undefined));
  const health = await all;
  t.deepEqual(
    health.components.map((component) => component.latency_ms),
    [30, 50],
  );
  t.is(health.total_latency_ms, 50);
  t.is(timing.pendingTimers, 0);
});

test('concurrent requests share one round, later ones start another', async (t) => {
  const a = manual('a', true);
  const checker = new HealthChecker().addCheck(a.check);
  const answers = [checker.checkAll(), checker.checkAll(), checker.checkReady()];
  await settled();
  t.is(a.calls.length, 1);
  a.calls[0]?.settle(Promise.resolve(undefined));
  t.is(new Set(await Promise.all(answers)).size, 1);
  void checker.checkAll();
  await settled();
  t.is(a.calls.length, 2);
});

test('a cached round answers until its time is over', async (t) => {
  const timing = new FakeTiming();
  let calls = 0;
  const checker = new HealthChecker({ timing, cacheMs: 500 }).addCheck({
    name: 'a',
    critical: true,
    check: async () => void calls++,
  });
  await checker.checkAll();
  await timing.advance(499);
  await checker.checkAll();
  t.is(calls, 1);
  await timing.advance(1);
  await checker.checkAll();
  t.is(calls, 2);
});

test('what is forgotten answers nobody, and neither does a round that had begun before', async (t) => {
  const a = manual('a', true);
  const checker = new HealthChecker({ timing: new FakeTiming(), cacheMs: 500 }).addCheck(a.check);
  const ask = async (forgets: boolean) => {
    const answer = checker.checkAll();
    await settled();
    if (forgets) checker.forget();
    a.calls.at(-1)?.settle(Promise.resolve(undefined));
    await answer;
  };
  await ask(true);
  await ask(false);
  t.is(a.calls.length, 2);
  await checker.checkAll();
  t.is(a.calls.length, 2, 'cached');
  checker.forget();
  await ask(false);
  t.is(a.calls.length, 3);
});

test('a hung component costs one pending call, and is asked anew once that ends', async (t) => {
  const timing = new FakeTiming();
  const hung = manual('db', true);
  const checker = new HealthChecker({ timing, timeoutMs: 1500 }).addCheck(hung.check);
  for (let round = 0; round < 3; round++) {
    const all = checker.checkAll();
    await timing.advance(1500);
    t.is((await all).components[0]?.message, 'Health check timed out after 1500ms');
  }
  t.is(hung.calls.length, 1);
  const all = checker.checkAll();
  await settled();
  hung.calls[0]?.settle(Promise.reject(new Error('too late to matter')));
  await settled();
  t.is(hung.calls.length, 2);
  hung.calls[1]?.settle(Promise.resolve(undefined));
  t.is((await all).status, 'healthy');
});

test('a check that throws, rejects or answers nonsense is unhealthy with a reason', async (t) => {
  const checker = new HealthChecker()
    .addCheck({
      name: 'throws',
      critical: false,
      check() {
        throw new Error('no\nluck at postgres://me:secret@db/x');
      },
    })
    .addCheck({ name: 'rejects', critical: false, check: () => Promise.reject('plain') })
    .addCheck({ name: 'nonsense', critical: false, check: async () => ({ ok: true }) as unknown as ComponentHealth })
    .addCheck({ name: 'null', critical: false, check: async () => null as unknown as ComponentHealth })
    .addCheck({
      name: 'nested',
      critical: false,
      check: () => Promise.reject(new AggregateError([new Error('refused')])),
    });
  t.deepEqual(
    (await checker.checkAll()).components.map(({ status, message }) => `${status}: ${message}`),
    [
      'unhealthy: no luck at postgres://***@db/x',
      'unhealthy: plain',
      'unhealthy: the check answered with something that is not a ComponentHealth',
      'unhealthy: the check answered with something that is not a ComponentHealth',
      'unhealthy: refused',
    ],
  );
});

test('a check cannot change its name or its weight', async (t) => {
  const liar: HealthCheck = {
    name: 'liar',
    critical: true,
    check: async () => ComponentHealth.unhealthy('other', -5, false, 'x'.repeat(1000)),
  };
  const [component] = (await new HealthChecker().addCheck(liar).checkAll()).components;
  t.is(component?.name, 'liar');
  t.true(component?.critical);
  t.true((component?.latency_ms ?? -1) >= 0);
  t.is(component?.message?.length, 300);
});

test('names are unique, times are sane, URLs are of their kind', (t) => {
  t.throws(() => new HealthChecker().addCheck(ok('a', true)).addCheck(ok('a', true)), { message: /already .* "a"/ });
  t.throws(() => new HealthChecker().addCheck(ok('', true)), { instanceOf: RangeError });
  for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
    t.throws(() => new HealthChecker({ timeoutMs }), { message: /timeoutMs is .* allowed/ });
  }
  for (const [add, example] of [
    [(url: string) => new HealthChecker().withPostgres(url), 'postgres://'],
    [(url: string) => new HealthChecker().withRedis(url), 'redis://'],
    [(url: string) => new HealthChecker().withQdrant(url), 'http://'],
  ] as const) {
    for (const url of ['ftp://me:secret@h', 'me:secret', '']) {
      const error = t.throws(() => add(url), { instanceOf: TypeError });
      t.true(error?.message.includes(example));
      t.false(error?.message.includes('secret'));
    }
  }
});

test('the metrics of the seed, and two checkers on one registry', async (t) => {
  const registry = new Registry();
  const options = (service: string) => ({ metrics: { registry, service } });
  await new HealthChecker(options('search')).addCheck(ok('postgres', true)).addCheck(bad('redis', false)).checkAll();
  await new HealthChecker(options('ingest')).addCheck(bad('qdrant', true)).checkAll();
  const text = await registry.metrics();
  for (const line of [
    'health_check_status{service="search",status="degraded"} 1',
    'health_check_status{service="search",status="unhealthy"} 0',
    'health_check_status{service="ingest",status="unhealthy"} 1',
    'health_check_failures_total{component="postgres"} 0',
    'health_check_failures_total{component="redis"} 1',
    'health_check_failures_total{component="qdrant"} 1',
    'health_check_duration_seconds_count{component="redis"} 1',
  ]) {
    t.true(text.includes(`${line}\n`), line);
  }
});
