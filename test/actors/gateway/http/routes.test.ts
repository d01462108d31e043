import test from 'ava';
import { problemView, statusView } from '../../../../src/actors/gateway/http/schemas.js';
import type { Config } from '../../../../src/model/config.js';
import { CommandError } from '../../../../src/model/errors.js';
import { dataplaneView } from '../../../../src/model/observing/dataplane-views.js';
import {
  actorView as actorSchema,
  listedBackend,
  serviceView,
  vrrpView as vrrpSchema,
} from '../../../../src/model/observing/views.js';
import { unpackConfig } from '../../../../src/wire/config-bytes.js';
import { configWith } from '../../../support/fixtures/config.js';
import { backendFixture, checkFixture, serviceFixture, vrrpFixture } from '../../../support/fixtures/views.js';
import { actorView, startRig } from '../../../support/rigs/gateway-rig.js';

const withVrrp = (): Partial<Config> => ({
  control: { socket: null, http: { host: '127.0.0.1', port: 0 }, grpc: null, tokenFile: null },
  vrrp: { ...configWith().vrrp, instances: [{ name: 'vi1' }] as unknown as Config['vrrp']['instances'] },
});

test('services are listed, and one is shown by its name, with its slices put together', async (t) => {
  async function* slices() {
    yield [serviceFixture('web', { backends: [backendFixture('a')] })];
    yield [serviceFixture('web', { backends: [backendFixture('b')] }), serviceFixture('dns')];
  }
  const asked: (string | null)[] = [];
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        services: ({ name }) => {
          asked.push(name);
          return name === 'nope' ? [] : slices();
        },
      },
    },
  });
  const all = await rig.ask('GET', '/api/v1/services');
  t.is(all.status, 200);
  t.is(all.headers['content-type'], 'application/json; charset=utf-8');
  const services = serviceView.array().parse(all.json());
  t.deepEqual(
    services.map(({ name, backends }) => [name, backends.map((backend) => backend.name)]),
    [
      ['web', ['a', 'b']],
      ['dns', ['a', 'b']],
    ],
  );
  t.is(serviceView.parse((await rig.ask('GET', '/api/v1/services/web')).json()).name, 'web');
  const missing = await rig.ask('GET', '/api/v1/services/nope');
  t.is(missing.status, 404);
  t.is(missing.headers['content-type'], 'application/problem+json; charset=utf-8');
  t.like(missing.json(), {
    type: 'urn:fulcrum:problem:not-found',
    status: 404,
    title: 'Not Found',
    code: 'ERR_NOT_FOUND',
  });
  t.deepEqual(asked, [null, 'web', 'nope']);
});

test('what flows comes from the data plane; one that does not tell leaves the rest as it is', async (t) => {
  const sum = { active: 2, inactive: 1, connections: 9, bytes_in: 100, bytes_out: 200 };
  let broken = false;
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        services: () => [serviceFixture('web')],
        backend: () => [{ ...backendFixture('a'), service: 'web' }],
      },
      dataplane: {
        traffic: ({ services }) => {
          if (broken) throw new CommandError('ERR_UNAVAILABLE', 'no');
          t.true(services === null || services.join() === 'web');
          return [
            { service: 'web', backend: 'a', ...sum },
            { service: 'web', backend: 'b', ...sum, active: 1 },
            // At another address of the service.
            { service: 'web', backend: 'b', ...sum, active: 70 },
          ];
        },
      },
    },
  });
  const service = async () => serviceView.parse((await rig.ask('GET', '/api/v1/services/web')).json());
  t.like(await service(), {
    traffic: { active: 73, inactive: 3, connections: 27, bytes_in: 300, bytes_out: 600 },
    backends: [
      { connections: 2, traffic: sum },
      { connections: 71, traffic: { active: 71, inactive: 2, connections: 18, bytes_in: 200, bytes_out: 400 } },
    ],
  });
  const [one] = listedBackend.array().parse((await rig.ask('GET', '/api/v1/backends/a?service=web')).json());
  t.like(one, { service: 'web', name: 'a', traffic: sum });
  broken = true;
  t.like(await service(), { traffic: null, backends: [{ connections: null, traffic: null }, { traffic: null }] });
});

test('backends are listed with the service that each is in', async (t) => {
  const rig = await startRig(t, {
    behaviour: { engine: { services: () => [serviceFixture('web'), serviceFixture('api')] } },
  });
  const backends = listedBackend.array().parse((await rig.ask('GET', '/api/v1/backends')).json());
  t.deepEqual(
    backends.map(({ service, name }) => `${service}/${name}`),
    ['web/a', 'web/b', 'api/a', 'api/b'],
  );
});

test('a long list is whole, and says how long it is', async (t) => {
  const backends = Array.from({ length: 3000 }, (_, at) => backendFixture(`b${at}`));
  const rig = await startRig(t, {
    behaviour: {
      engine: { services: ({ name }) => [serviceFixture(name ?? 'web', { backends })] },
    },
  });
  for (const path of ['/api/v1/services', '/api/v1/services/web', '/api/v1/backends']) {
    const { headers, text } = await rig.ask('GET', path);
    t.is(Number(headers['content-length']), Buffer.byteLength(text), path);
    t.is(text.match(/"name":"b2999"/g)?.length, 1, path);
  }
});

test('checks, table and actors come from those who know', async (t) => {
  const rig = await startRig(t, { behaviour: { engine: { checks: () => [checkFixture({ type: 'tcp' })] } } });
  t.like((await rig.ask('GET', '/api/v1/checks')).json(), [{ type: 'tcp', message: '200 OK' }]);
  t.is(dataplaneView.parse((await rig.ask('GET', '/api/v1/ipvs')).json()).driver, 'dry-run');
  t.is(actorSchema.array().parse((await rig.ask('GET', '/api/v1/actors')).json())[0]?.name, 'engine');
});

test('VRRP instances are listed and shown; without one configured nobody is asked', async (t) => {
  const behaviour = { vrrp: { status: () => [vrrpFixture('vi1')] } };
  const rig = await startRig(t, { config: withVrrp(), behaviour });
  t.is(vrrpSchema.array().parse((await rig.ask('GET', '/api/v1/vrrp', { door: 'tcp' })).json()).length, 1);
  t.like((await rig.ask('GET', '/api/v1/vrrp/vi1', { door: 'tcp' })).json(), { name: 'vi1', vrid: 60 });
  t.is((await rig.ask('GET', '/api/v1/vrrp/vi2', { door: 'tcp' })).status, 404);
  const none = await startRig(t, { behaviour });
  t.deepEqual((await none.ask('GET', '/api/v1/vrrp')).json(), []);
});

test('the status holds the pushed state, the daemon’s own health and the effective configuration', async (t) => {
  const rig = await startRig(t);
  rig.tell('supervisor', { kind: 'state', item: { type: 'actor', key: 'actor/engine', view: actorView('engine') } });
  rig.tell('engine', {
    kind: 'state',
    item: {
      type: 'service',
      key: 'service/web',
      name: 'web',
      enabled: true,
      healthy: false,
      why: 'no backend is healthy',
    },
  });
  const status = statusView.parse((await rig.ask('GET', '/api/v1/status')).json());
  t.is(status.node, 'test-node');
  t.like(status, { status: 'degraded', state: 'unhealthy', why: 'service web: no backend is healthy' });
  t.is(status.changes_over_tcp, false);
  t.deepEqual(status.config, { node: { name: 'test-node' } });
  t.like(status.services, [{ name: 'web', enabled: true, healthy: false, why: 'no backend is healthy' }]);
  t.deepEqual(
    status.listeners.map(({ name }) => name),
    ['control.socket', 'control.http'],
  );
});

const place = { revision: 1, service: 3, backend: 200 };

test('the configuration in effect is asked of the supervisor, a page after the other, and is in the status too', async (t) => {
  const asked: unknown[] = [];
  const rig = await startRig(t, {
    behaviour: {
      supervisor: {
        'config-page': (ask) => {
          asked.push(ask.place);
          return ask.place === null ? { text: '{"services":[1', next: place } : { text: ',2]}', next: null };
        },
      },
    },
  });
  const config = await rig.ask('GET', '/api/v1/config');
  t.is(config.headers['content-type'], 'application/json; charset=utf-8');
  t.deepEqual(config.json(), { services: [1, 2] });
  t.deepEqual(asked, [null, place]);
  t.like((await rig.ask('GET', '/api/v1/status')).json(), { node: 'test-node', config: { services: [1, 2] } });
  t.is(asked.length, 4);
  t.false('config' in ((await rig.ask('GET', '/api/v1/status?config=false')).json() as object));
  t.is(asked.length, 4);
});

test('a configuration that cannot be had is a problem, one that changes while it is sent is broken off', async (t) => {
  const conflict = () => {
    throw new CommandError('ERR_CONFLICT', 'the configuration was changed while it was read; ask again');
  };
  const none = await startRig(t, { behaviour: { supervisor: { 'config-page': conflict } } });
  for (const path of ['/api/v1/config', '/api/v1/status']) {
    t.like((await none.ask('GET', path)).json(), { status: 409, code: 'ERR_CONFLICT' }, path);
  }
  const changed = await startRig(t, {
    behaviour: {
      supervisor: {
        'config-page': (ask) => (ask.place === null ? { text: '{"services":[1', next: place } : conflict()),
      },
    },
  });
  await t.throwsAsync(changed.ask('GET', '/api/v1/config'), { code: 'ECONNRESET' });
  t.is((await changed.ask('GET', '/liveness')).status, 200);
});

test('a status of many backends is whole', async (t) => {
  const rig = await startRig(t);
  for (const [service, count] of [
    ['a', 450],
    ['b', 0],
    ['c', 1],
  ] as const) {
    rig.tell('engine', {
      kind: 'state',
      item: { type: 'service', key: `service/${service}`, name: service, enabled: true, healthy: true, why: '' },
    });
    for (let index = 0; index < count; index++) {
      const { name, address, port, weight, state, why } = backendFixture(`b${index}`);
      const key = `backend/${service}/${name}`;
      rig.tell('engine', {
        kind: 'state',
        item: { type: 'backend', key, service, name, address, port, weight, state, drained: false, why },
      });
    }
  }
  const { services } = statusView.parse((await rig.ask('GET', '/api/v1/status')).json());
  t.deepEqual(
    services.map(({ name, backends }) => [name, backends.length, backends.at(-1)?.name]),
    [
      ['a', 450, 'b449'],
      ['b', 0, undefined],
      ['c', 1, 'b0'],
    ],
  );
});

test('drain, enable and disable name a backend, also by an IPv6 address and port, in one service or all', async (t) => {
  const asked: unknown[] = [];
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        override: (ask) => {
          asked.push(ask);
          if (ask.backend === 'gone') throw new CommandError('ERR_NOT_FOUND', 'no backend "gone"');
          return [`web/${ask.backend}`];
        },
      },
    },
  });
  t.deepEqual((await rig.ask('POST', '/api/v1/backends/10.0.0.11:8080/drain')).json(), {
    changed: ['web/10.0.0.11:8080'],
  });
  await rig.ask('POST', '/api/v1/backends/%5B2001:db8::1%5D:80/enable?service=web');
  await rig.ask('POST', '/api/v1/backends/a%2Fb/disable', { headers: { 'content-length': '0' } });
  t.deepEqual(asked, [
    { backend: '10.0.0.11:8080', service: null, action: 'drain' },
    { backend: '[2001:db8::1]:80', service: 'web', action: 'enable' },
    { backend: 'a/b', service: null, action: 'disable' },
  ]);
  const gone = await rig.ask('POST', '/api/v1/backends/gone/drain');
  t.like(gone.json(), { status: 404, detail: 'no backend "gone"' });
});

test('maintenance is set with a small JSON object, and told by GET, the status, /health and the metrics', async (t) => {
  const since = '2026-03-01T10:00:00.000Z';
  const asked: unknown[] = [];
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        maintenance: ({ on }) => {
          asked.push(on);
          return { on: true, since };
        },
      },
    },
  });
  const put = (body: string) =>
    rig.ask('PUT', '/api/v1/maintenance', { headers: { 'content-type': 'application/json' }, body });
  t.deepEqual((await put('{"on":true}')).json(), { on: true, since });
  t.deepEqual((await rig.ask('GET', '/api/v1/maintenance')).json(), { on: true, since });
  t.deepEqual(asked, [true, null]);
  t.like((await put('{"on":"yes"}')).json(), { status: 400, detail: 'on: true or false is needed' });
  t.like((await put('{}')).json(), { status: 400 });

  rig.tell('supervisor', { kind: 'state', item: { type: 'actor', key: 'actor/engine', view: actorView('engine') } });
  const status = async () => (await rig.ask('GET', '/api/v1/status')).json();
  t.like(await status(), { state: 'healthy', maintenance: { on: false, since: null } });
  rig.tell('engine', { kind: 'state', item: { type: 'maintenance', key: 'maintenance', since } });
  const why = `the node is in maintenance since ${since}`;
  t.like(await status(), { state: 'degraded', why, maintenance: { on: true, since } });
  const health = await rig.ask('GET', '/health/ready');
  t.is(health.status, 200);
  const { components } = health.json() as { readonly components: readonly { readonly name: string }[] };
  t.like(
    components.find(({ name }) => name === 'maintenance'),
    { status: 'degraded', critical: false, message: why },
  );
  rig.tell('engine', { kind: 'state-gone', key: 'maintenance' });
  t.like(await status(), { state: 'healthy', maintenance: { on: false } });
});

test('a weight is set with a small JSON object; what is none is refused in words', async (t) => {
  const asked: unknown[] = [];
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        weight: (ask) => {
          asked.push(ask);
          return [`web/${ask.backend}`];
        },
      },
    },
  });
  const put = (body: string, type = 'application/json', query = '') =>
    rig.ask('PUT', `/api/v1/backends/10.0.0.11:8080/weight${query}`, { headers: { 'content-type': type }, body });
  t.deepEqual((await put('{"weight":0}')).json(), { changed: ['web/10.0.0.11:8080'] });
  await put('{"weight":65535}', 'application/json', '?service=web');
  const refused = async (body: string, type?: string) => {
    const { status, detail } = problemView.parse((await put(body, type)).json());
    return `${status} ${detail}`;
  };
  const range = '400 weight: a weight is a whole number from 0 to 65535';
  for (const text of ['65536', '-1', '1.5', '"5"', 'null']) t.is(await refused(`{"weight":${text}}`), range, text);
  t.is(await refused('{}'), range);
  t.regex(await refused('[5]'), /^400 a JSON object such as \{"weight": 5\}/);
  t.regex(await refused('{"weight":1,"for":"1h"}'), /^400 a JSON object such as \{"weight": 5\}/);
  t.is(await refused('{'), '400 the body is not JSON');
  t.regex(await refused('weight: 5', 'application/yaml'), /^415 send a JSON object/);
  t.regex(await refused(`{"weight":${' '.repeat(5000)}1}`), /^413 .* 4096 bytes/);
  t.is((await rig.ask('POST', '/api/v1/backends/a/weight')).status, 405);
  t.deepEqual(asked, [
    { backend: '10.0.0.11:8080', service: null, weight: 0 },
    { backend: '10.0.0.11:8080', service: 'web', weight: 65535 },
  ]);
});

test('a failover answers what happened, or why not', async (t) => {
  const rig = await startRig(t, {
    config: withVrrp(),
    behaviour: {
      vrrp: {
        failover: ({ name }) => {
          if (name !== 'vi1') throw new CommandError('ERR_CONFLICT', `${name} is not master`);
          return { message: 'vi1 steps down' };
        },
      },
    },
  });
  // Over TCP without a token nothing changes.
  t.is((await rig.ask('POST', '/api/v1/vrrp/vi1/failover', { door: 'tcp' })).status, 403);
});

test('a failover over the unix socket', async (t) => {
  const rig = await startRig(t, {
    behaviour: { vrrp: { failover: () => ({ message: 'vi1 steps down' }) } },
  });
  t.like((await rig.ask('POST', '/api/v1/vrrp/vi1/failover')).json(), {
    status: 404,
    detail: 'no VRRP instance is configured',
  });
  rig.gateway.configure({ ...rig.config, vrrp: { ...rig.config.vrrp, ...withVrrp().vrrp } });
  t.deepEqual((await rig.ask('POST', '/api/v1/vrrp/vi1/failover')).json(), { message: 'vi1 steps down' });
});

test('a document is planned and applied by its content type; every error in it is told', async (t) => {
  const applied: string[] = [];
  const rig = await startRig(t, {
    behaviour: {
      supervisor: {
        plan: ({ config }) => [`node.name: test-node -> ${unpackConfig(config).node.name}`],
        apply: ({ config }) => {
          applied.push(unpackConfig(config).node.name);
          return ['node.name'];
        },
        'plan-file': () => ['services.web: removed'],
        reload: () => ['nothing changed'],
      },
      dataplane: { drift: () => ['weight of 10.0.0.1:80 is 3 instead of 1'] },
    },
  });
  const post = (path: string, type: string, body: string) =>
    rig.ask('POST', path, { headers: { 'content-type': type }, body });
  t.deepEqual((await post('/api/v1/plan', 'application/json', '{"node": "n"}')).json(), {
    changes: ['node.name: test-node -> n-json'],
    drift: ['weight of 10.0.0.1:80 is 3 instead of 1'],
  });
  t.deepEqual((await rig.ask('POST', '/api/v1/plan?source=file', { door: 'tcp' })).json(), {
    changes: ['services.web: removed'],
    drift: ['weight of 10.0.0.1:80 is 3 instead of 1'],
  });
  t.is((await post('/api/v1/plan?source=file', 'application/json', '{"node": "n"}')).status, 400);
  t.is((await rig.ask('POST', '/api/v1/plan?source=/etc/passwd')).status, 400);
  t.is((await rig.ask('POST', '/api/v1/plan')).status, 415);
  t.deepEqual((await post('/api/v1/config', 'application/yaml; charset=utf-8', 'node: n')).json(), {
    changes: ['node.name'],
  });
  t.is((await post('/api/v1/config', 'application/toml', 'node = "n"')).status, 200);
  t.deepEqual(applied, ['n-yaml', 'n-toml']);
  const bad = await post('/api/v1/config', 'application/yaml', 'srvices: []');
  t.is(bad.status, 422);
  t.like(bad.json(), {
    code: 'ERR_CONFIG',
    detail: 'the document has 2 errors, and nothing was changed',
    issues: [{ line: 3, column: 7, path: 'services[0].port' }, { path: 'srvices' }],
  });
  t.is(applied.length, 2);
  t.deepEqual((await rig.ask('POST', '/api/v1/reload')).json(), { changes: ['nothing changed'] });
});

test('an actor that is gone or slow is a 503 or 504 that names it', async (t) => {
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        services: () => {
          throw new CommandError('ERR_TIMEOUT', 'engine did not answer within 10000 ms');
        },
        checks: () => {
          throw new CommandError('ERR_UNAVAILABLE', 'engine was restarted before it answered; try again');
        },
      },
    },
  });
  t.like((await rig.ask('GET', '/api/v1/services')).json(), { status: 504, code: 'ERR_TIMEOUT' });
  t.like((await rig.ask('GET', '/api/v1/checks')).json(), { status: 503, code: 'ERR_UNAVAILABLE' });
});

test('many who ask the same at once cost the actor one question', async (t) => {
  let api = 0;
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        services: async () => {
          api += 1;
          // As long as it thinks the others ask too.
          await new Promise((resolve) => setTimeout(resolve, 50));
          return [serviceFixture('web')];
        },
      },
    },
  });
  const answers = await Promise.all(Array.from({ length: 20 }, () => rig.ask('GET', '/api/v1/services')));
  t.true(answers.every(({ status }) => status === 200));
  t.true(api < 20);
});

test('a defect of ours tells the client nothing, and the log everything', async (t) => {
  const rig = await startRig(t, {
    documents: {
      pack: async () => {
        throw new TypeError('secret detail');
      },
    },
  });
  const answer = await rig.ask('POST', '/api/v1/plan', { headers: { 'content-type': 'application/json' }, body: '{}' });
  t.is(answer.status, 500);
  t.false(answer.text.includes('secret'));
  t.like(
    rig.logged.find(({ level }) => level === 'error'),
    { fields: { request: 'POST /api/v1/plan' } },
  );
});
