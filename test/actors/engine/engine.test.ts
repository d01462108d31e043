import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Answers } from '../../../src/actors/engine/answers.js';
import { createEngine } from '../../../src/actors/engine/index.js';
import { loadState, saveState } from '../../../src/actors/engine/state/state-file.js';
import type { CheckConfig, ServiceConfig } from '../../../src/model/config.js';
import { PROBE_PREFIX, serviceKey } from '../../../src/model/dataplane/table.js';
import { ns, nsFromMs, port } from '../../../src/model/units.js';
import { isServiceNews, type ToDataplane, tableLink } from '../../../src/wire/links/tables.js';
import { type TargetStatus, type ToMonitor, targetsLink } from '../../../src/wire/links/targets.js';
import { configWith } from '../../support/fixtures/config.js';
import { backend, check, service, sorryAt } from '../../support/fixtures/service.js';
import { desiredTable } from '../../support/fixtures/table.js';
import { testInstance, testVrrp } from '../../support/fixtures/vrrp-config.js';
import { actorRig } from '../../support/rigs/actor-rig.js';
import { startEngine as start, turn } from '../../support/rigs/engine-rig.js';
import { until } from '../../support/until.js';

test('a backend serves nothing before its first success', async (t) => {
  const { report, weights, call } = await start(t, [service('web', [backend('a', 1), backend('b', 2)])]);
  await report('healthy', 1);
  t.deepEqual(weights('web'), { a: 1 });
  const [view] = await call('services', { name: 'web' });
  t.like(view, { healthy: true, why: '1 of 2 backends healthy, 1 needed' });
  t.deepEqual(
    view?.backends.map(({ name, state, weight }) => ({ name, state, weight })),
    [
      { name: 'a', state: 'healthy', weight: 1 },
      { name: 'b', state: 'unknown', weight: 0 },
    ],
  );
});

test('an unhealthy backend leaves the table; with inhibit it stays with weight 0', async (t) => {
  const backends = [backend('a', 1), backend('b', 2)];
  const { report, weights, rig } = await start(t, [
    service('removes', backends),
    service('inhibits', backends, {
      match: { kind: 'address', address: '10.0.0.101', port: port(80), protocol: 'tcp' },
      onUnhealthy: 'inhibit',
    }),
  ]);
  await report('healthy', 1, 2);
  await report('unhealthy', 2);
  t.deepEqual(weights('removes'), { a: 1 });
  t.deepEqual(weights('inhibits'), { a: 1, b: 0 });
  const event = rig.events.findLast((each) => each.type === 'backend-state');
  t.like(event, { backend: 'b', from: 'healthy', to: 'unhealthy', why: 'tcp: connection refused' });
});

test('one backend that changes is told, and not all the others of its service', async (t) => {
  const { report, rig } = await start(t, [service('web', [backend('a', 1), backend('b', 2), backend('c', 3)])]);
  await report('healthy', 1, 2, 3);
  rig.told.length = 0;
  await report('unhealthy', 2);
  t.deepEqual(rig.told, ['backend/web/b', 'service/web']);
  t.like(rig.items.get('service/web'), { healthy: true, why: '2 of 3 backends healthy, 1 needed' });
  rig.told.length = 0;
  await report('unhealthy', 1, 3);
  t.deepEqual(rig.told.slice().sort(), ['backend/web/a', 'backend/web/b', 'backend/web/c', 'service/web']);
});

test('the same check of the same backend in two services is one probe', async (t) => {
  const { assigned } = await start(t, [service('one', [backend('a', 1)]), service('two', [backend('other', 1)])]);
  t.is(assigned().length, 1);
});

test('checks_when: master probes while a VRRP instance has one of the addresses, and keeps what it knew meanwhile', async (t) => {
  const instances = [
    testInstance({ name: 'vi1', vips: ['10.0.0.101/24'] }),
    testInstance({ name: 'other', vips: ['10.0.0.9/24'] }),
  ];
  const vrrp = { ...testVrrp, instances };
  const here = service('here', [backend('a', 1), backend('b', 2)], {
    checksWhen: 'master',
    addresses: ['10.0.0.100', '10.0.0.101'],
  });
  const match = { kind: 'address', address: '10.0.0.9', port: port(81), protocol: 'tcp' } as const;
  const always = service('always', [backend('b', 2)], { match });
  const { becomes, assigned, report, weights, call, engine, config } = await start(t, [here, always], { vrrp });
  const hosts = () =>
    assigned()
      .map(({ spec }) => spec.host)
      .sort();
  const view = async () =>
    (await call('services', { name: 'here' }))[0]?.backends.map(({ state, why }) => `${state}: ${why}`);
  t.deepEqual(hosts(), ['10.0.0.2'], 'whose other service is always probed');
  await becomes('other', 'master');
  t.deepEqual(hosts(), ['10.0.0.2']);
  await becomes('vi1', 'master');
  t.deepEqual(hosts(), ['10.0.0.1', '10.0.0.2']);
  await report('healthy', 1, 2);
  t.deepEqual(weights('here'), { a: 1, b: 1 });

  await becomes('vi1', 'backup');
  t.deepEqual(hosts(), ['10.0.0.2']);
  await report('unhealthy', 2);
  t.deepEqual(weights('always'), {});
  t.deepEqual(weights('here'), { a: 1, b: 1 });
  const before = 'healthy: not checked while no address of its service is here; before: tcp: connected';
  t.deepEqual(await view(), [before, before]);
  engine.configure({ ...config, services: [{ ...here }, always] });
  await turn();
  t.deepEqual(hosts(), ['10.0.0.2']);
  t.deepEqual(await view(), [before, before], 'a reload changes nothing');

  await becomes('vi1', 'master');
  t.deepEqual(hosts(), ['10.0.0.1', '10.0.0.2']);
  t.is(assigned().find(({ spec }) => spec.host === '10.0.0.1')?.resume?.state, 'healthy');
  t.deepEqual(weights('here'), { a: 1 }, 'what the other service knows counts at once');
  await report('unhealthy', 1);
  t.deepEqual(weights('here'), {});
  engine.configure({ ...config, services: [{ ...here, checksWhen: 'always' }] });
  await becomes('vi1', 'backup');
  t.deepEqual(hosts(), ['10.0.0.1', '10.0.0.2']);
});

test('watermarks by weight count the weights of now', async (t) => {
  const watermarks = { low: { kind: 'count', count: 2 }, high: { kind: 'count', count: 4 }, by: 'weight' } as const;
  const backends = [backend('a', 1, { weight: 3 }), backend('b', 2)];
  const { report, weights, call } = await start(t, [service('web', backends, { watermarks })]);
  const why = async () => (await call('services', { name: 'web' }))[0]?.why;
  await report('healthy', 1);
  t.deepEqual(weights('web'), {});
  t.is(await why(), 'weight 3 of 4 healthy, 4 needed to become healthy');
  await report('healthy', 2);
  t.deepEqual(weights('web'), { a: 3, b: 1 });
  await report('unhealthy', 2);
  t.deepEqual(weights('web'), { a: 3 });
  t.is(await why(), 'weight 3 of 4 healthy, 2 needed');
  await call('weight', { backend: 'a', service: null, weight: 1 });
  t.deepEqual(weights('web'), {});
  t.is(await why(), 'weight 1 of 2 healthy, 4 needed to become healthy');
});

test('all addresses and ports of a service have its backends, and one set of probes', async (t) => {
  const backends = [backend('a', 1, { port: port(80), followsPort: true }), backend('b', 2)];
  const places = { addresses: ['10.0.0.100-101'], ports: [port(80), port(443)] };
  const web = service('web', backends, places);
  const { assigned, report, table, call, engine, config, dataplane } = await start(t, [web]);
  t.deepEqual(
    assigned().map(({ spec }) => `${spec.host}:${spec.port}`),
    ['10.0.0.1:80', '10.0.0.2:8080'],
  );
  await report('healthy', 1, 2);
  const to = (name: string) => table(name)?.destinations.map((each) => `${each.address}:${each.port}`);
  t.deepEqual(to('web'), ['10.0.0.1:80', '10.0.0.2:8080']);
  t.deepEqual(to('web/10.0.0.101:80'), ['10.0.0.1:80', '10.0.0.2:8080']);
  for (const name of ['web/10.0.0.100:443', 'web/10.0.0.101:443']) {
    t.deepEqual(to(name), ['10.0.0.1:443', '10.0.0.2:8080'], name);
  }
  t.like((await call('services', { name: 'web' }))[0], { address: '10.0.0.100', port: 80, ...places });
  await report('unhealthy', 1);
  for (const name of ['web', 'web/10.0.0.101:443']) t.deepEqual(to(name), ['10.0.0.2:8080']);

  await call('override', { backend: 'b', service: null, action: 'drain' });
  for (const [part, active] of [
    ['web', 0],
    ['web/10.0.0.100:443', 1],
    ['web/10.0.0.101:80', 2],
  ] as const) {
    dataplane.peer.out.next({ kind: 'connections', service: part, backend: 'b', active });
  }
  await turn();
  t.like(await call('backend', { backend: 'b', service: null }), [{ drain: { state: 'draining', left: null } }]);
  dataplane.peer.out.next({ kind: 'connections', service: 'web/10.0.0.101:443', backend: 'b', active: 0 });
  await turn();
  t.like(await call('backend', { backend: 'b', service: null }), [{ drain: { state: 'draining', left: 3 } }]);

  engine.configure({ ...config, services: [service('web', backends, { ports: [port(80)] })] });
  await turn();
  const others = ['web/10.0.0.100:443', 'web/10.0.0.101:80', 'web/10.0.0.101:443'];
  for (const name of others) t.is(table(name), null, name);
  t.truthy(table('web'));
  engine.configure({ ...config, services: [] });
  await turn();
  t.is(table('web'), null);
});

test('below its watermark a service serves nothing, or the sorry server', async (t) => {
  const half = { kind: 'percent', percent: 60 } as const;
  const watermarks = { low: half, high: half, by: 'count' as const };
  const sorry = sorryAt('10.0.0.99', 80);
  const backends = [backend('a', 1), backend('b', 2)];
  const { report, weights } = await start(t, [
    service('bare', backends, { watermarks }),
    service('sorry', backends, { watermarks, sorry }),
  ]);
  await report('healthy', 1);
  t.deepEqual(weights('sorry'), {}, 'not while a backend is unknown');
  await report('unhealthy', 2);
  t.deepEqual(weights('bare'), {});
  t.deepEqual(weights('sorry'), { sorry: 1 });
  await report('healthy', 2);
  t.deepEqual(weights('sorry'), { a: 1, b: 1 });
});

test('what nobody knows of yet is undecided: it stays in a table that outlived the last engine', async (t) => {
  const half = { kind: 'percent', percent: 60 } as const;
  const sorry = sorryAt('10.0.0.99', 80);
  const { report, table, weights, call } = await start(t, [
    service('web', [backend('a', 1), backend('b', 2), backend('c', 3), backend('unchecked', 4, { checks: [] })], {
      watermarks: { low: half, high: half, by: 'count' },
      sorry,
    }),
  ]);
  const undecided = () => table('web')?.undecided?.map(({ address }) => address) ?? [];
  t.deepEqual(undecided(), ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.99']);
  await report('healthy', 1);
  t.deepEqual(undecided(), ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.99'], 'too few are known to be healthy');
  await report('unhealthy', 2);
  t.deepEqual(undecided(), ['10.0.0.1', '10.0.0.3', '10.0.0.99']);
  await call('override', { backend: '10.0.0.3:8080', service: null, action: 'disable' });
  t.deepEqual(undecided(), [], 'nobody waits for an answer any more');
  await call('override', { backend: '10.0.0.3:8080', service: null, action: 'enable' });
  await report('healthy', 2, 3);
  t.deepEqual(undecided(), []);
  t.deepEqual(weights('web'), { a: 1, b: 1, c: 1 });
});

test('a backend’s name that cannot be resolved after a restart has the address that it had', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-engine-'));
  const names = new Map([['web.invalid', '10.0.0.9']]);
  await saveState(join(stateDir, 'engine-state.ndjson'), { statuses: [], overrides: [], healthy: [], names });
  const services = [service('web', [backend('a', 1, { address: 'web.invalid' })])];
  const { table, engine } = await start(t, services, { node: { name: 'test', stateDir } });
  t.deepEqual(table('web')?.undecided, [{ address: '10.0.0.9', port: 8080 }]);
  await engine.stop();
  const again = await loadState(join(stateDir, 'engine-state.ndjson'));
  t.deepEqual(again.kind === 'loaded' && again.state.names, names, 'and is remembered on');
});

test('a drained backend keeps its place with weight 0 until its connections are gone', async (t) => {
  const { report, weights, table, call, dataplane, rig } = await start(t, [
    service('web', [backend('a', 1), backend('b', 2)]),
  ]);
  await report('healthy', 1, 2);
  t.deepEqual(await call('override', { backend: '10.0.0.1:8080', service: null, action: 'drain' }), ['web/a']);
  t.deepEqual(weights('web'), { a: 0, b: 1 });
  t.true(table('web')?.destinations[0]?.draining);
  dataplane.peer.out.next({ kind: 'connections', service: 'web', backend: 'a', active: 3 });
  await turn();
  const [draining] = await call('backend', { backend: 'a', service: null });
  t.like(draining, { service: 'web', connections: 3, drained: false, drain: { state: 'draining', left: 3 } });
  t.regex(draining?.why ?? '', /^draining: 3 left, \d+ s$/);
  t.is(rig.items.get('backend/web/a')?.type, 'backend');
  t.like(rig.items.get('backend/web/a'), { state: 'draining', why: draining?.why });
  dataplane.peer.out.next({ kind: 'connections', service: 'web', backend: 'a', active: 0 });
  await turn();
  t.deepEqual(weights('web'), { b: 1 });
  const [view] = await call('services', { name: 'web' });
  t.like(view?.backends[0], { state: 'disabled', why: 'drained by an operator: no connections were left' });
  await call('override', { backend: 'a', service: 'web', action: 'enable' });
  await turn();
  t.deepEqual(weights('web'), { a: 1, b: 1 });
});

test('a drain is kept over a restart, as drained or as draining; a word that was said already changes nothing', async (t) => {
  const services = [service('web', [backend('a', 1), backend('b', 2), backend('c', 3)])];
  const first = await start(t, services);
  await first.report('healthy', 1, 2, 3);
  await first.call('override', { backend: 'a', service: null, action: 'drain' });
  await first.call('override', { backend: 'b', service: null, action: 'drain' });
  t.deepEqual(await first.call('override', { backend: 'b', service: null, action: 'drain' }), []);
  first.dataplane.peer.out.next({ kind: 'connections', service: 'web', backend: 'a', active: 0 });
  await turn();
  t.deepEqual(await first.call('override', { backend: 'a', service: null, action: 'drain' }), []);
  t.deepEqual(await first.call('override', { backend: 'c', service: null, action: 'enable' }), []);
  t.like(first.rig.events.at(-1), { type: 'backend-state', backend: 'a', to: 'disabled', drained: true });
  await first.engine.stop();
  const second = await start(t, services, { node: first.config.node });
  const [view] = await second.call('services', { name: 'web' });
  t.like(view?.backends[0], { state: 'disabled', drained: true, drain: { state: 'drained', cut: 0 } });
  t.like(view?.backends[1], { state: 'draining', drained: false });
  t.deepEqual(await second.call('override', { backend: 'a', service: null, action: 'disable' }), ['web/a']);
  t.like((await second.call('backend', { backend: 'a', service: null }))[0], {
    drained: false,
    why: 'disabled by an operator',
  });
});

test('a drain ends at its time limit', async (t) => {
  const { report, weights, call } = await start(t, [
    service('web', [backend('a', 1), backend('b', 2)], { drainTimeoutNs: nsFromMs(20) }),
  ]);
  await report('healthy', 1, 2);
  await call('override', { backend: 'a', service: 'web', action: 'drain' });
  await until(() => !('a' in weights('web')));
  t.deepEqual(weights('web'), { b: 1 });
});

test('a reload’s other time limit is that of a drain that runs', async (t) => {
  const limited = (ms: number) => service('web', [backend('a', 1), backend('b', 2)], { drainTimeoutNs: nsFromMs(ms) });
  const { engine, config, report, call } = await start(t, [limited(60_000)]);
  await report('healthy', 1, 2);
  await call('override', { backend: 'a', service: 'web', action: 'drain' });
  const state = async () => (await call('services', { name: 'web' }))[0]?.backends[0];
  engine.configure({ ...config, services: [limited(50_000)] });
  await turn();
  t.is((await state())?.state, 'draining');
  // As long as it has run already.
  engine.configure({ ...config, services: [limited(1)] });
  while ((await state())?.state === 'draining') await turn();
  t.like(await state(), { state: 'disabled', drained: true });
});

test('an unknown backend or service is refused with what there is', async (t) => {
  const { call } = await start(t, [service('web', [backend('a', 1)])]);
  await t.throwsAsync(call('override', { backend: 'nope', service: null, action: 'drain' }), {
    code: 'ERR_NOT_FOUND',
    message: 'no backend nope in any service: the nearest name is a; a backend has its name, or its host:port',
  });
  await t.throwsAsync(call('services', { name: 'nope' }), { message: 'no service nope; there are: web' });
});

test('a service that an operator disables takes no traffic', async (t) => {
  const { report, weights, call } = await start(t, [service('web', [backend('a', 1)])]);
  await report('healthy', 1);
  await call('override-service', { service: 'web', action: 'disable' });
  t.deepEqual(weights('web'), {});
  await call('override-service', { service: 'web', action: 'default' });
  t.deepEqual(weights('web'), { a: 1 });
});

test('a reload keeps the state of every target whose check did not change', async (t) => {
  const { report, weights, engine, config, monitor, table } = await start(t, [
    service('web', [backend('a', 1), backend('b', 2)]),
    service('gone', [backend('a', 1)]),
  ]);
  await report('healthy', 1, 2);
  const sent = monitor.received.length;
  engine.configure({ ...config, services: [service('web', [backend('a', 1, { weight: 7 }), backend('c', 3)])] });
  await turn();
  t.deepEqual(weights('web'), { a: 7 });
  t.is(table('gone'), null);
  const told = monitor.received.slice(sent) as ToMonitor[];
  t.deepEqual(told.map((message) => message.kind).sort(), ['assign', 'unassign']);
  await report('healthy', 3);
  t.deepEqual(weights('web'), { a: 7, c: 1 });
});

test('a check that is only to run more often keeps its state', async (t) => {
  const { report, weights, engine, config, assigned } = await start(t, [service('web', [backend('a', 1)])]);
  await report('healthy', 1);
  const faster = { ...check, intervalNs: nsFromMs(100), retries: 5 };
  engine.configure({ ...config, services: [service('web', [backend('a', 1, { checks: [faster] })])] });
  await turn();
  t.deepEqual(weights('web'), { a: 1 });
  const targets = assigned();
  t.is(targets.length, 1);
  t.is(targets[0]?.spec.check.retries, 5);
  t.is(targets[0]?.resume?.state, 'healthy');
});

test('a replaced shard is told every target with its last known state', async (t) => {
  const { report, monitor, weights, dataplane } = await start(t, [service('web', [backend('a', 1), backend('b', 2)])]);
  await report('healthy', 1, 2);
  const tables = dataplane.received.length;
  const sent = monitor.received.length;
  monitor.connect();
  await turn();
  const told = monitor.received.slice(sent) as ToMonitor[];
  t.deepEqual(
    told.map((message) => message.kind),
    ['replace-begin', 'assign', 'replace-end'],
  );
  const states = told.flatMap((message) => (message.kind === 'assign' ? message.targets : []));
  t.deepEqual(
    states.map(({ resume }) => resume?.state),
    ['healthy', 'healthy'],
  );
  t.is(dataplane.received.length, tables, 'no backend left the table meanwhile');
  t.deepEqual(weights('web'), { a: 1, b: 1 });
});

test('a replaced data plane is told the whole table', async (t) => {
  const { report, dataplane } = await start(t, [service('web', [backend('a', 1)])]);
  await report('healthy', 1);
  const sent = dataplane.received.length;
  dataplane.connect();
  await turn();
  t.deepEqual(
    (dataplane.received.slice(sent) as ToDataplane[]).map((message) => message.kind),
    ['service', 'complete'],
  );
});

test('a restart causes no flap, and operators’ words outlive it', async (t) => {
  const services = [service('web', [backend('a', 1), backend('b', 2), backend('c', 3)])];
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-engine-'));
  const first = await start(t, services, { node: { name: 'n', stateDir } });
  await first.report('healthy', 1, 2, 3);
  await first.call('override', { backend: 'c', service: 'web', action: 'disable' });
  await first.engine.stop();

  const second = await start(t, services, { node: { name: 'n', stateDir } });
  t.deepEqual(second.weights('web'), { a: 1, b: 1 });
  t.deepEqual(
    second.assigned().map(({ resume }) => resume?.state),
    ['healthy', 'healthy', 'healthy'],
  );
});

test('a weight that an operator sets counts over reload and restart, until the configuration’s own changes', async (t) => {
  const web = (weight: number) => [service('web', [backend('a', 1, { weight }), backend('b', 2)])];
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-engine-'));
  const life = (services: ServiceConfig[]) => start(t, services, { node: { name: 'n', stateDir } });
  const first = await life(web(2));
  await first.report('healthy', 1, 2);
  t.deepEqual(await first.call('weight', { backend: 'a', service: null, weight: 7 }), ['web/a']);
  await turn();
  t.deepEqual(first.weights('web'), { a: 7, b: 1 });
  t.deepEqual(await first.call('weight', { backend: 'a', service: 'web', weight: 7 }), [], 'it is so already');
  t.like(first.rig.events.at(-1), { type: 'backend-weight', service: 'web', backend: 'a', from: 2, to: 7 });
  first.engine.configure({ ...first.config, services: web(2) });
  await turn();
  t.deepEqual(first.weights('web'), { a: 7, b: 1 });
  await first.engine.stop();

  const second = await life(web(2));
  t.deepEqual(second.weights('web'), { a: 7, b: 1 });
  t.like(await second.call('backend', { backend: 'a', service: 'web' }), [
    { weight: 7, configured_weight: 2, operator_weight: 7 },
  ]);
  await second.call('weight', { backend: 'a', service: null, weight: 0 });
  await turn();
  t.deepEqual(second.weights('web'), { a: 0, b: 1 });
  await second.engine.stop();

  const third = await life(web(3));
  t.deepEqual(third.weights('web'), { a: 3, b: 1 });
  t.like(await third.call('backend', { backend: 'a', service: 'web' }), [{ operator_weight: null }]);
  third.engine.configure({ ...third.config, services: web(2) });
  await turn();
  t.deepEqual(third.weights('web'), { a: 2, b: 1 }, 'what the file took back does not come again');
});

test('what an operator said before a restart does not come back with a service that a reload takes out and names again', async (t) => {
  const services = [service('web', [backend('a', 1), backend('b', 2)])];
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-engine-'));
  const first = await start(t, services, { node: { name: 'n', stateDir } });
  await first.report('healthy', 1, 2);
  await first.call('override', { backend: 'b', service: 'web', action: 'disable' });
  await first.engine.stop();

  const second = await start(t, services, { node: { name: 'n', stateDir } });
  await second.call('override', { backend: 'b', service: 'web', action: 'enable' });
  await turn();
  t.deepEqual(second.weights('web'), { a: 1, b: 1 });
  second.engine.configure({ ...second.config, services: [] });
  second.engine.configure(second.config);
  await turn();
  t.deepEqual(second.weights('web'), {}, 'how they are must be found out anew');
  await second.report('healthy', 1, 2);
  t.deepEqual(second.weights('web'), { a: 1, b: 1 });
});

test('a service between its watermarks is after a restart what it was before', async (t) => {
  const watermarks = { low: { kind: 'count', count: 1 }, high: { kind: 'count', count: 2 }, by: 'count' } as const;
  const web = service('web', [backend('a', 1), backend('b', 2)], { watermarks });
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-engine-'));
  const life = () => start(t, [web], { node: { name: 'n', stateDir } });
  const first = await life();
  await first.report('healthy', 1, 2);
  await first.report('unhealthy', 2);
  t.deepEqual(first.weights('web'), { a: 1 });
  await first.engine.stop();
  const second = await life();
  t.deepEqual(second.weights('web'), { a: 1 });
  await second.report('unhealthy', 1);
  await second.report('healthy', 1);
  t.deepEqual(second.weights('web'), {}, 'two are needed to become healthy');
  await second.engine.stop();
  const third = await life();
  t.deepEqual(third.weights('web'), {});
});

test('a dsr check probes the virtual IP with a mark, and a firewall-mark service steers it to the backend', async (t) => {
  const dsr: CheckConfig = { ...check, mode: 'dsr' };
  const { assigned, dataplane, report } = await start(t, [
    service('web', [backend('a', 1, { checks: [dsr] }), backend('b', 2, { checks: [dsr] })], { forwarding: 'dsr' }),
  ]);
  const specs = assigned().map(({ spec }) => spec);
  t.deepEqual(
    specs.map(({ host, port: probed }) => [host, probed]),
    [
      ['10.0.0.100', 80],
      ['10.0.0.100', 80],
    ],
  );
  t.not(specs[0]?.mark, specs[1]?.mark);
  await report('healthy', 100);
  const probes = (dataplane.received as ToDataplane[]).flatMap((message) =>
    message.kind === 'service' && message.name.startsWith(PROBE_PREFIX) && message.service !== null
      ? [message.service]
      : [],
  );
  t.deepEqual(
    probes.map(({ match, destinations }) => [match.kind === 'fwmark' && match.fwmark, destinations[0]?.address]),
    [
      [specs[0]?.mark, '10.0.0.1'],
      [specs[1]?.mark, '10.0.0.2'],
    ],
  );
});

test('a new engine tells no table before every shard has told all its targets', async (t) => {
  const services = [service('web', [backend('a', 1), backend('b', 2)])];
  const config = configWith({
    services,
    node: { name: 'n', stateDir: mkdtempSync(join(tmpdir(), 'fulcrum-engine-')) },
  });
  const rig = actorRig('engine', config);
  const monitor = rig.link('monitor-0', targetsLink, 'a');
  const dataplane = rig.link('dataplane', tableLink, 'a');
  const engine = await createEngine(rig.context);
  t.teardown(() => engine.stop());
  monitor.connect();
  dataplane.connect();
  await turn();
  const [first, second] = (monitor.received as ToMonitor[]).flatMap((message) =>
    message.kind === 'assign' ? message.targets : [],
  );
  const healthy = (key = ''): TargetStatus => ({
    ...{ key, state: 'healthy', failures: 0, successes: 1, probes: 1, passed: 1, lastCheckMs: Date.now() },
    ...{ durationNs: ns(1), cause: null, message: 'connected' },
  });
  monitor.peer.out.next({ kind: 'statuses', statuses: [healthy(first?.key)] });
  await turn();
  t.deepEqual(dataplane.received, []);
  monitor.peer.out.next({ kind: 'complete', statuses: [healthy(second?.key)] });
  await turn();
  const [message] = dataplane.received as ToDataplane[];
  t.is(message?.kind === 'service' ? message.service?.destinations.length : 0, 2);
  t.deepEqual(rig.events, [], 'what a new engine begins with is no change');
});

test('a service that a reload renames keeps the states of its backends, and what operators said of them', async (t) => {
  const backends = [backend('a', 1), backend('b', 2), backend('c', 3)];
  const { rig, engine, config, monitor, report, call, weights } = await start(t, [service('web', backends)]);
  await report('healthy', 1, 2, 3);
  await call('override', { backend: 'b', service: 'web', action: 'disable' });
  await call('override', { backend: 'c', service: 'web', action: 'drain' });
  const sent = monitor.received.length;
  rig.events.length = 0;
  engine.configure({ ...config, services: [service('shop', backends)] });
  await turn();
  const [view, ...others] = await call('services', { name: null });
  t.deepEqual(others, []);
  t.is(view?.name, 'shop');
  t.deepEqual(
    view?.backends.map(({ state }) => state),
    ['healthy', 'disabled', 'draining'],
  );
  t.deepEqual(weights('shop'), { a: 1, c: 0 });
  t.deepEqual([...rig.items.keys()].toSorted(), ['backend/shop/a', 'backend/shop/b', 'backend/shop/c', 'service/shop']);
  t.deepEqual(monitor.received.slice(sent), [], 'no target is a new one');
  t.deepEqual(rig.events, [], 'and nothing changed');
});

test('a reload that renames a service, or gives its address to another one, never tells of a table without that address', async (t) => {
  const at = (name: string, last: number) =>
    service(name, [backend('a', 1)], {
      match: { kind: 'address', address: `10.0.0.${last}`, port: port(80), protocol: 'tcp' },
    });
  const { engine, config, dataplane, report } = await start(t, [at('one', 100), at('two', 101), at('old', 102)]);
  await report('healthy', 1);
  const told = desiredTable(({ reason }) => t.is(reason, null));
  const tell = (message: ToDataplane) => isServiceNews(message) && told.hear(message);
  for (const message of dataplane.received.splice(0)) tell(message as ToDataplane);
  engine.configure({ ...config, services: [at('one', 101), at('two', 100), at('new', 102)] });
  await turn();
  for (const message of dataplane.received) {
    tell(message as ToDataplane);
    t.deepEqual(
      [...told.entries.values()].map(({ destinations }) => destinations.size),
      [1, 1, 1],
    );
  }
  t.deepEqual(
    [100, 101, 102].map((last) => told.entries.get(serviceKey(at('', last).match))?.service.name),
    ['two', 'one', 'new'],
  );
});

test('the data plane hears how far the engine has heard each shard, after what follows from that', async (t) => {
  const { rig, monitor, dataplane, report } = await start(t, [service('web', [backend('a', 1), backend('b', 2)])]);
  await report('healthy', 1, 2);
  const kinds = () => (dataplane.received.splice(0) as ToDataplane[]).map((message) => message.kind);
  kinds();
  const other = rig.link('monitor-1', targetsLink, 'a');
  other.peer.out.next({ kind: 'told', until: 7 });
  await turn();
  t.deepEqual(dataplane.received.splice(0), [{ kind: 'heard', shard: 'monitor-1', until: 7 }]);
  const falling = report('unhealthy', 2);
  monitor.peer.out.next({ kind: 'told', until: 9 });
  await falling;
  t.deepEqual(kinds(), ['splice', 'heard']);
  dataplane.connect();
  await turn();
  const again = dataplane.received.splice(0) as ToDataplane[];
  t.deepEqual(
    again.map(({ kind }) => kind),
    ['service', 'complete', 'heard', 'heard'],
  );
});

test('an engine that has not told its table yet answers for nothing', async (t) => {
  const config = configWith({ services: [service('web', [backend('a', 1)])] });
  const rig = actorRig('engine', {
    ...config,
    node: { name: 'n', stateDir: mkdtempSync(join(tmpdir(), 'fulcrum-engine-')) },
  });
  const monitor = rig.link('monitor-0', targetsLink, 'a');
  const dataplane = rig.link('dataplane', tableLink, 'a');
  const engine = await createEngine(rig.context);
  t.teardown(() => engine.stop());
  monitor.connect();
  dataplane.connect();
  monitor.peer.out.next({ kind: 'told', until: 5 });
  await turn();
  t.deepEqual(dataplane.received, []);
  monitor.peer.out.next({ kind: 'complete', statuses: [] });
  await turn();
  t.deepEqual(
    (dataplane.received as ToDataplane[]).map(({ kind }) => kind),
    ['service', 'complete', 'heard'],
  );
});

test('while a decision waits nothing is answered for', async (t) => {
  const sent: unknown[] = [];
  let settled = false;
  const answers = new Answers({ send: (message) => sent.push(message), isSettled: () => settled });
  answers.owe('monitor-0', ns(4));
  answers.owe('monitor-0', ns(5));
  answers.settle();
  t.deepEqual(sent, []);
  settled = true;
  answers.settle();
  answers.settle();
  t.deepEqual(sent, [{ kind: 'heard', shard: 'monitor-0', until: 5 }]);
});
