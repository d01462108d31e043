/** Maintenance of the node, as the engine brings it about. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { NO_MAINTENANCE, readMaintenance } from '../../../../src/actors/engine/state/maintenance-file.js';
import type { BackendReport } from '../../../../src/model/observing/views.js';
import type { FromDataplane } from '../../../../src/wire/links/tables.js';
import { backend, service, sorryAt } from '../../../support/fixtures/service.js';
import { startEngine, turn } from '../../../support/rigs/engine-rig.js';

type Engine = Awaited<ReturnType<typeof startEngine>>;
const statesOf = async ({ call }: Engine, name = 'web') =>
  Object.fromEntries(((await call('services', { name }))[0]?.backends ?? []).map((each) => [each.name, word(each)]));
const word = ({ state, drained }: BackendReport): string => (drained ? 'drained' : state);
/** No connections are left. */
const empty = async ({ dataplane }: Engine, ...backends: string[]) => {
  for (const each of backends) {
    const message: FromDataplane = { kind: 'connections', service: 'web', backend: each, active: 0 };
    dataplane.peer.out.next(message);
  }
  await turn();
};
const two = () => service('web', [backend('a', 1), backend('b', 2)]);

test('on: all backends drain, the service stays as healthy as its checks say, and VRRP is told; off: all as it was', async (t) => {
  const engine = await startEngine(t, [two()]);
  const { call, weights, table, report, rig, tracking } = engine;
  tracking.connect();
  await report('healthy', 1, 2);
  rig.events.length = 0;
  const view = await call('maintenance', { on: true });
  t.true(view.on);
  t.deepEqual(weights('web'), { a: 0, b: 0 });
  t.true(table('web')?.destinations.every(({ draining }) => draining));
  t.deepEqual(await statesOf(engine), { a: 'draining', b: 'draining' });
  const [shown] = await call('services', { name: 'web' });
  t.like(shown, { healthy: true, why: '2 of 2 backends healthy, 1 needed', sorry: false });
  t.regex(shown?.backends[0]?.why ?? '', /^draining for maintenance: /);
  t.deepEqual(
    rig.events.map(({ type }) => type),
    ['maintenance', 'backend-state', 'backend-state'],
    'no service is told as down',
  );
  t.like(rig.items.get('maintenance'), { type: 'maintenance', since: view.since ?? '' });
  t.deepEqual(tracking.received.at(-1), { kind: 'maintenance', on: true });

  await empty(engine, 'a', 'b');
  t.deepEqual(weights('web'), {});
  t.deepEqual(await statesOf(engine), { a: 'drained', b: 'drained' });
  t.like((await call('services', { name: 'web' }))[0], { healthy: true });
  await report('unhealthy', 2);
  t.like((await call('services', { name: 'web' }))[0], { why: '1 of 2 backends healthy, 1 needed' });

  t.deepEqual(await call('maintenance', { on: false }), { on: false, since: null });
  t.deepEqual(weights('web'), { a: 1 });
  t.deepEqual(await statesOf(engine), { a: 'healthy', b: 'unhealthy' });
  t.false(rig.items.has('maintenance'));
  t.deepEqual(tracking.received.at(-1), { kind: 'maintenance', on: false });
});

test('it is told to a VRRP that is new, and asking changes nothing', async (t) => {
  const { call, tracking } = await startEngine(t, [two()]);
  const before = await call('maintenance', { on: true });
  t.deepEqual(await call('maintenance', { on: true }), before, 'since when it was on first');
  t.deepEqual(await call('maintenance', { on: null }), before);
  tracking.connect();
  await turn();
  const told = tracking.received.filter((message) => (message as { readonly kind: string }).kind === 'maintenance');
  t.deepEqual(told.at(-1), { kind: 'maintenance', on: true });
});

test('what an operator said before, and says during it, holds after it', async (t) => {
  const names = ['before', 'kept', 'disabled', 'enabled'];
  const engine = await startEngine(t, [
    service(
      'web',
      names.map((name, index) => backend(name, index + 1)),
    ),
  ]);
  const { call, report } = engine;
  const override = (name: string, action: 'drain' | 'disable' | 'enable') =>
    call('override', { backend: name, service: null, action });
  await report('healthy', 1, 2, 3, 4);
  await override('before', 'drain');
  await override('enabled', 'disable');
  await call('maintenance', { on: true });
  t.deepEqual(await override('kept', 'drain'), ['web/kept']);
  t.deepEqual(await override('disabled', 'disable'), ['web/disabled']);
  t.deepEqual(await override('enabled', 'enable'), ['web/enabled'], 'it drains with the others');
  const refused = await t.throwsAsync(override('enabled', 'enable'));
  t.is(refused?.message, 'web/enabled is drained for maintenance: fulcrum maintenance off takes it back');
  await call('maintenance', { on: false });
  t.deepEqual(await statesOf(engine), {
    before: 'draining',
    kept: 'draining',
    disabled: 'disabled',
    enabled: 'healthy',
  });
});

test('it outlives a restart, with what operators said; backends that a reload brings drain too', async (t) => {
  const first = await startEngine(t, [two()]);
  await first.report('healthy', 1, 2);
  await first.call('override', { backend: 'b', service: null, action: 'disable' });
  const { since } = await first.call('maintenance', { on: true });
  await first.engine.stop();
  const { node } = first.config;
  t.deepEqual(readMaintenance(node.stateDir), { on: true, since, problem: null });

  const second = await startEngine(t, [two()], { node });
  t.deepEqual(await second.call('maintenance', { on: null }), { on: true, since });
  t.deepEqual(await statesOf(second), { a: 'draining', b: 'disabled' });
  t.deepEqual(second.weights('web'), { a: 0 });
  second.engine.configure({
    ...second.config,
    services: [service('web', [backend('a', 1), backend('b', 2), backend('c', 3)])],
  });
  await turn();
  await second.report('healthy', 1, 3);
  t.deepEqual(await statesOf(second), { a: 'draining', b: 'disabled', c: 'draining' });
  await second.call('maintenance', { on: false });
  t.deepEqual(await statesOf(second), { a: 'healthy', b: 'disabled', c: 'healthy' });
  t.deepEqual(readMaintenance(node.stateDir), NO_MAINTENANCE);
});

test('a start in maintenance gives nothing to the sorry server while nothing is known', async (t) => {
  const sorry = sorryAt('10.0.0.99', 80);
  const first = await startEngine(t, [two()]);
  await first.call('maintenance', { on: true });
  await first.engine.stop();
  const { node } = first.config;
  const second = await startEngine(t, [service('web', [backend('a', 1), backend('b', 2)], { sorry })], { node });
  t.deepEqual(second.weights('web'), { a: 0, b: 0 });
  await second.report('unhealthy', 1, 2);
  t.deepEqual(second.weights('web'), { a: 0, b: 0, sorry: 1 }, 'a service that is down has it in maintenance too');
});

test('a file that says no time is maintenance all the same', async (t) => {
  const { config, engine } = await startEngine(t, [two()]);
  await engine.stop();
  const { stateDir } = config.node;
  t.deepEqual(readMaintenance(stateDir), NO_MAINTENANCE);
  writeFileSync(join(stateDir, 'maintenance'), 'soon');
  t.deepEqual(readMaintenance(stateDir), { on: true, since: null, problem: 'it holds no time' });
  const next = await startEngine(t, [two()], { node: config.node });
  t.true((await next.call('maintenance', { on: null })).on);
  t.deepEqual(next.weights('web'), { a: 0, b: 0 });
  await next.call('maintenance', { on: false });
  t.false(existsSync(join(stateDir, 'maintenance')));
});

test('a state directory that takes no file is told, and maintenance begins without it', async (t) => {
  const { config, call, rig } = await startEngine(t, [two()]);
  const file = join(config.node.stateDir, 'maintenance');
  mkdirSync(file);
  writeFileSync(join(file, 'in-the-way'), '');
  t.false(readMaintenance(config.node.stateDir).on);
  t.true((await call('maintenance', { on: true })).on);
  const alarm = rig.events.find(({ type }) => type === 'alarm');
  t.regex(alarm?.why ?? '', /after a restart the node serves again; make node\.state_dir writable$/);
  t.is(readFileSync(join(file, 'in-the-way'), 'utf8'), '');
});
