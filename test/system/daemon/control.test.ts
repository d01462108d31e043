/** The API and the command line on a whole system: real actors in their threads, real backends, real traffic. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { eventView, readyView, statusView } from '../../../src/actors/gateway/http/schemas.js';
import { ControlClient } from '../../../src/cli/client.js';
import { followEvents } from '../../../src/cli/event-source.js';
import { dataplaneView } from '../../../src/model/observing/dataplane-views.js';
import { actorView, backendView, checkView, listedBackend, serviceView } from '../../../src/model/observing/views.js';
import { freePort } from '../../support/fixtures/ports.js';
import { type Live, startLive, tokenOfTests } from '../../support/rigs/live-runtime.js';
import { runCommand } from '../../support/rigs/run-command.js';
import { until } from '../../support/until.js';

const actorNamed = (live: Live, name: string) => live.runtime.status().actors.find((actor) => actor.name === name);
const stateOf = (live: Live, name: string) =>
  live.runtime.status().services[0]?.backends.find((backend) => backend.name === name)?.state;

test.serial('every route answers in the shape that it promises', async (t) => {
  const live = await startLive(t);
  const get = async (path: string) => (await live.ask('GET', path)).json();
  const status = statusView.parse(await get('/api/v1/status'));
  t.is(status.node, 'live');
  t.deepEqual(
    status.listeners.map(({ name }) => name),
    ['control.socket', 'control.http'],
  );
  t.true(status.changes_over_tcp);
  const inEffect = (await get('/api/v1/config')) as { services: { name: string; backends: { name: string }[] }[] };
  t.deepEqual(
    inEffect.services.map(({ name, backends }) => [name, backends.map((backend) => backend.name)]),
    [['web', status.services[0]?.backends.map(({ name }) => name)]],
  );
  t.deepEqual(status.config, inEffect);
  const [service] = serviceView.array().parse(await get('/api/v1/services'));
  t.like(service, { name: 'web', healthy: true, protocol: 'tcp', port: live.vip });
  t.is(serviceView.parse(await get('/api/v1/services/web')).backends.length, 2);
  t.is(listedBackend.array().parse(await get('/api/v1/backends')).length, 2);
  const checks = checkView.array().parse(await get('/api/v1/checks'));
  t.true(checks.length === 2 && checks.every(({ last_check }) => last_check !== null));
  t.deepEqual(await get('/api/v1/vrrp'), []);
  const table = dataplaneView.parse(await get('/api/v1/ipvs'));
  t.is(table.services[0]?.destinations.length, 2);
  const actors = actorView.array().parse(await get('/api/v1/actors'));
  t.true(actors.some(({ name, thread_id }) => name === 'gateway' && thread_id > 0));
  t.true(
    eventView
      .array()
      .parse(await get('/api/v1/events/recent'))
      .some(({ type }) => type === 'actor'),
  );
  const ready = readyView.parse(await get('/health/ready'));
  t.is(ready.status, 'healthy', JSON.stringify(ready));
  backendView.parse(service?.backends[0]);
  await until(async () =>
    /fulcrum_checks_total\{type="http",result="healthy"\} \d/.test((await live.ask('GET', '/metrics')).text),
  );
  await until(async () => /^fulcrum_reload_success 1$/m.test((await live.ask('GET', '/metrics')).text));
  const metrics = (await live.ask('GET', '/metrics')).text;
  t.true(metrics.includes('fulcrum_backends{service="web",state="healthy"} 2\n'));
  t.true(metrics.includes('fulcrum_service_healthy{service="web"} 1\n'));
  t.regex(metrics, /^fulcrum_build_info\{version="\d[^"]*",node="live"\} 1$/m);
  t.true(metrics.includes('fulcrum_actor_restarts_total{actor="engine"} 0\n'));
});

test.serial('the command line: plan, reload and drain do what they say, and traffic follows', async (t) => {
  const live = await startLive(t);
  const run = (...args: string[]) => runCommand([...args, '--socket', live.socketPath]);
  t.deepEqual(await run('plan', '-c', live.configFile), { code: 0, stdout: 'no changes\n', stderr: '' });
  const [service] = live.document['services'] as [object];
  live.rewrite({ ...live.document, services: [{ ...service, scheduler: 'wrr' }] });
  for (const which of [[], ['-c', live.configFile]]) {
    t.deepEqual(await run('plan', ...which), {
      code: 1,
      stdout: 'services.web: scheduler rr -> wrr\n',
      stderr: '',
    });
  }
  t.is((await run('reload')).stdout, 'services.web: scheduler rr -> wrr\n');
  t.is((await run('plan', '-c', live.configFile)).code, 0);
  t.is((await run('plan')).code, 0);
  live.rewrite({ nod: {}, log: { level: 'loud' } });
  const wrong = await run('plan');
  t.is(wrong.code, 2);
  t.is(wrong.stderr.match(new RegExp(`^${live.configFile}:1:\\d+: `, 'gm'))?.length, 2, wrong.stderr);

  t.regex((await run('drain', 'a')).stdout, /^web\/a: takes no new connections/);
  await until(() => stateOf(live, 'a') === 'disabled');
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => (await fetch(`http://127.0.0.1:${live.vip}/`)).text()),
  );
  t.true(
    answers.every((text) => text.includes(String(live.backends[1]?.port))),
    answers.join(),
  );
  const shown = await run('show', 'backends', '--json');
  t.is(
    listedBackend
      .array()
      .parse(JSON.parse(shown.stdout))
      .find(({ name }) => name === 'a')?.weight,
    0,
  );
  t.is((await run('enable', `127.0.0.1:${live.backends[0]?.port}`, '--service', 'web')).code, 0);
  await until(() => stateOf(live, 'a') === 'healthy');
  t.is((await run('drain', 'nobody')).code, 2);
  t.is((await run('drain', 'a', '--service', 'nope')).code, 2);

  const bad = join(live.configFile, '..', 'bad.yaml');
  writeFileSync(bad, 'services:\n  - { name: web, address: 127.0.0.1, port: 70000 }\n');
  const refused = await run('reload', '-c', bad);
  t.is(refused.code, 2);
  t.regex(refused.stderr, /bad\.yaml:2:\d+: services\[0\]\.port: .*70000/);
  t.is((await fetch(`http://127.0.0.1:${live.vip}/`)).status, 200);
});

test.serial('a gateway that crashes or freezes is replaced; nobody else notices, and followers resume', async (t) => {
  const live = await startLive(t);
  const threads = () =>
    live.runtime
      .status()
      .actors.filter(({ name }) => name !== 'gateway')
      .map(({ name, thread_id, restarts }) => `${name} ${thread_id} ${restarts}`);
  const before = threads();
  const stop = new AbortController();
  // A follower that goes on after a failure would keep the whole run.
  t.teardown(() => stop.abort());
  const client = new ControlClient({ kind: 'socket', path: live.socketPath });
  const seen: string[] = [];
  const following = (async () => {
    for await (const { event } of followEvents(client, '?state=true', null, stop.signal)) seen.push(event);
  })();
  await until(() => seen.includes('state-all'));
  let failures = 0;
  const traffic = setInterval(() => {
    fetch(`http://127.0.0.1:${live.vip}/`).then(
      (response) => response.text(),
      () => {
        failures += 1;
      },
    );
  }, 50);
  t.teardown(() => clearInterval(traffic));
  for (const [index, fault] of (['crash', 'freeze'] as const).entries()) {
    await live.runtime.drill('gateway', fault);
    await until(() => actorNamed(live, 'gateway')?.restarts === index + 1);
    await until(() => actorNamed(live, 'gateway')?.state === 'running');
    await until(() => seen.filter((event) => event === 'resync').length === index + 1);
    t.is((await live.ask('GET', '/api/v1/services')).status, 200);
  }
  t.is(failures, 0);
  t.deepEqual(threads(), before);
  t.is(live.runtime.status().services[0]?.healthy, true);
  stop.abort();
  await following;
  const metrics = (await live.ask('GET', '/metrics')).text;
  t.true(metrics.includes('fulcrum_service_healthy{service="web"} 1\n'), 'gauges are there again at once');
});

test.serial('an actor that crashes again and again makes /health degraded, with its reason', async (t) => {
  const live = await startLive(t);
  t.is((await live.ask('GET', '/health')).status, 200);
  for (const restarts of [1, 2, 3]) {
    await live.runtime.drill('monitor-0', 'crash');
    await until(() => actorNamed(live, 'monitor-0')?.restarts === restarts);
    await until(() => actorNamed(live, 'monitor-0')?.state === 'running');
  }
  let ready = readyView.parse((await live.ask('GET', '/health/ready')).json());
  await until(async () => {
    ready = readyView.parse((await live.ask('GET', '/health/ready')).json());
    return ready.components[0]?.message?.includes('again and again') === true;
  });
  t.is(ready.status, 'degraded');
  t.regex(ready.components[0]?.message ?? '', /^monitor-0 restarts again and again: 3 times so far \(.+\)$/);
});

test.serial('an empty document is refused, and changes nothing', async (t) => {
  const live = await startLive(t);
  for (const type of ['application/yaml', 'application/json', 'application/toml']) {
    for (const [path, body] of [
      ['/api/v1/config', ''],
      ['/api/v1/config', ' \n'],
      ['/api/v1/plan', ''],
    ] as const) {
      const answer = await live.ask('POST', path, { headers: { 'content-type': type }, body });
      t.is(answer.status, 422, `${type} ${path}`);
      t.regex(answer.text, /the document is empty: write (?:\{\}|\[node\]) for/);
    }
  }
  t.is(live.runtime.status().services.length, 1);
});

test.serial(
  'a reload over TCP with the token moves the listener, and one to an address that is taken is refused and changes nothing',
  async (t) => {
    const live = await startLive(t);
    const oldPort = live.httpPort();
    const port = await freePort();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokenOfTests}` };
    const apply = (control: object) => {
      const body = JSON.stringify({
        ...live.document,
        control: { ...(live.document['control'] as object), ...control },
      });
      return live.ask('POST', '/api/v1/config', { door: 'tcp', headers, body });
    };
    const moved = await apply({ http: `127.0.0.1:${port}` });
    t.is(moved.status, 200, moved.text);
    await until(() => live.httpPort() === port);
    t.is((await live.ask('GET', '/liveness', { door: 'tcp' })).status, 200);
    await t.throwsAsync(fetch(`http://127.0.0.1:${oldPort}/liveness`));
    const inEffect = (await live.ask('GET', '/api/v1/config', { door: 'tcp' })).json();

    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.teardown(() => taken.close());
    const refused = await apply({ http: `127.0.0.1:${(taken.address() as AddressInfo).port}` });
    t.is(refused.status, 409, refused.text);
    t.regex(
      refused.text,
      /control\.http: cannot listen on .*: this process \(\d+\) uses that port; stop it, or choose/,
    );
    t.is((await live.ask('GET', '/liveness', { door: 'tcp' })).status, 200);
    t.deepEqual((await live.ask('GET', '/api/v1/config', { door: 'tcp' })).json(), inEffect);
  },
);

test.serial('no answer, event or metric holds a secret of the configuration', async (t) => {
  const secrets = ['s3cret-radius', 's3cret-user-password', 's3cret-url', 's3cret-header'];
  const [radius, password, url, header] = secrets;
  const live = await startLive(t);
  const [service] = live.document['services'] as [{ backends: object[] }];
  const withSecrets = {
    ...live.document,
    services: [
      service,
      {
        name: 'secretive',
        address: '127.0.0.1',
        port: await freePort(),
        backends: [{ name: 'r', address: '127.0.0.1', port: 1 }],
        checks: [
          { type: 'radius', username: 'u', password, secret: radius, interval: '200ms', timeout: '150ms' },
          { type: 'postgres', url: `postgres://u:${url}@127.0.0.1:1/db`, interval: '200ms', timeout: '150ms' },
          { type: 'http', headers: { authorization: `Bearer ${header}` }, interval: '200ms', timeout: '150ms' },
        ],
      },
    ],
    health: { components: [{ name: 'db', type: 'redis', url: `redis://u:${url}@127.0.0.1:1`, critical: false }] },
  };
  live.rewrite(withSecrets);
  t.is((await live.ask('POST', '/api/v1/reload')).status, 200);
  await until(
    () => live.runtime.status().services.find(({ name }) => name === 'secretive')?.backends[0]?.state === 'unhealthy',
  );
  for (const path of [
    '/api/v1/status',
    '/api/v1/config',
    '/api/v1/services',
    '/api/v1/checks',
    '/api/v1/events/recent',
    '/metrics',
    '/health/ready',
  ]) {
    const { text } = await live.ask('GET', path);
    for (const secret of [...secrets, tokenOfTests]) t.false(text.includes(secret), `${path} tells ${secret}`);
  }
});
