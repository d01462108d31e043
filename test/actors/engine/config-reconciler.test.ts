import test from 'ava';
import { ConfigReconciler } from '../../../src/actors/engine/config-reconciler.js';
import { FwmarkAllocator } from '../../../src/actors/engine/fwmark-allocator.js';
import { Mastership } from '../../../src/actors/engine/mastership.js';
import { Drains } from '../../../src/actors/engine/operator/drains.js';
import { desiredOf } from '../../../src/actors/engine/service/desired.js';
import type { Backend, Service, Subscriber } from '../../../src/actors/engine/service/service.js';
import { SavedState } from '../../../src/actors/engine/state/saved-state.js';
import { TableWriter } from '../../../src/actors/engine/table-writer.js';
import { Targets } from '../../../src/actors/engine/targets/targets.js';
import { Throttle } from '../../../src/actors/engine/throttle.js';
import type { CheckConfig, ServiceConfig } from '../../../src/model/config.js';
import { nsFromMs, port } from '../../../src/model/units.js';
import type { ToDataplane } from '../../../src/wire/links/tables.js';
import { configWith } from '../../support/fixtures/config.js';
import { backend, check, service } from '../../support/fixtures/service.js';
import { byAddress } from '../../support/fixtures/table.js';
import { actorRig } from '../../support/rigs/actor-rig.js';

/** The reconciler over the engine's own parts; names do not resolve, and what goes to the data plane is written down. */
function rig(...first: ServiceConfig[]) {
  const { context, told, items } = actorRig('engine', configWith());
  const services = new Map<string, Service>();
  const targets = new Targets<Subscriber>(1, () => null);
  const fwmarks = new FwmarkAllocator();
  const drains = new Drains({ counted() {}, finished() {} });
  const tables: ToDataplane[] = [];
  const table = new TableWriter({ out: { next: (message) => tables.push(message) }, backlog: () => 0 });
  const reconciler = new ConfigReconciler({
    context,
    savedState: SavedState.nothing(),
    services,
    targets,
    fwmarks,
    names: { addressOf: (host) => (/^[\d.]+$/.test(host) ? host : null) },
    table,
    drains,
    mastership: new Mastership(),
    throttle: new Throttle({ cpuMs: () => 0, isQuick: () => true, work() {} }),
  });
  const adopt = (...wanted: ServiceConfig[]) => reconciler.adopt(configWith({ services: wanted }));
  adopt(...first);
  targets.takeMoves();
  const serviceOf = (name: string): Service => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  };
  const backendOf = (of: string, name: string): Backend => {
    const found = serviceOf(of).backends.get(name);
    if (found === undefined) throw new Error(`no backend ${of}/${name}`);
    return found;
  };
  /** How many targets the shards are told to probe, and not to probe any more, since the last look. */
  const moves = () => {
    const { assign, unassign } = targets.takeMoves();
    return { assigned: [...assign.values()].flat(), unassigned: [...unassign.values()].flat() };
  };
  return { adopt, services, serviceOf, backendOf, targets, fwmarks, drains, table, tables, told, items, moves };
}

/** As if its checks had found it so. */
function found(one: Backend, state: 'healthy' | 'unhealthy'): void {
  for (const target of one.targets) target.status = { ...target.status, state, message: `found ${state}` };
}

test('a configuration that is the same again touches nothing', (t) => {
  const web = () => service('web', [backend('a', 1), backend('b', 2)]);
  const { adopt, serviceOf, backendOf, moves, told } = rig(web());
  const [before, a] = [serviceOf('web'), backendOf('web', 'a')];
  const [target] = a.targets;
  adopt(web());
  t.is(serviceOf('web'), before);
  t.is(backendOf('web', 'a'), a);
  t.is(a.targets[0], target);
  t.deepEqual(moves(), { assigned: [], unassigned: [] });
  t.deepEqual(told, []);
});

test('a backend that is new begins as unknown beside those that are known', (t) => {
  const { adopt, backendOf, moves } = rig(service('web', [backend('a', 1)]));
  found(backendOf('web', 'a'), 'healthy');
  adopt(service('web', [backend('a', 1, { weight: 5 }), backend('b', 2)]));
  t.is(backendOf('web', 'a').config.weight, 5);
  t.is(backendOf('web', 'a').decide().state, 'healthy');
  t.like(backendOf('web', 'b').decision, { state: 'unknown', why: 'tcp: not checked yet' });
  const { assigned, unassigned } = moves();
  t.deepEqual(
    assigned.map(({ spec, resume }) => [spec.host, resume]),
    [['10.0.0.2', null]],
  );
  t.deepEqual(unassigned, []);
});

test('a check that only runs more often keeps what it knows; one that looks at something else does not', (t) => {
  const { adopt, backendOf, moves } = rig(service('web', [backend('a', 1)]));
  found(backendOf('web', 'a'), 'healthy');
  const [old] = backendOf('web', 'a').targets;
  const often: CheckConfig = { ...check, intervalNs: nsFromMs(100) };
  adopt(service('web', [backend('a', 1, { checks: [often] })]));
  t.is(backendOf('web', 'a').decide().state, 'healthy');
  const { assigned, unassigned } = moves();
  t.deepEqual(
    assigned.map(({ resume }) => resume?.state),
    ['healthy'],
  );
  t.deepEqual(unassigned, [old?.key]);
  adopt(service('web', [backend('a', 1, { checks: [{ ...often, port: port(9) }] })]));
  t.is(backendOf('web', 'a').decide().state, 'unknown');
});

test('a target that two services probe goes with the last of them', (t) => {
  const one = service('one', [backend('a', 1)]);
  const two = service('two', [backend('b', 1)], { match: byAddress('10.0.0.101', 80) });
  const { adopt, moves, targets } = rig(one, two);
  t.is(targets.size, 1);
  adopt(one);
  t.deepEqual(moves().unassigned, []);
  adopt();
  t.is(moves().unassigned.length, 1);
  t.is(targets.size, 0);
});

test('what is taken out is taken back from observers and from the table, and its drain is over', (t) => {
  const web = service('web', [backend('a', 1), backend('b', 2)]);
  const { adopt, serviceOf, backendOf, drains, services, told, table, tables } = rig(web);
  table.tellParts('web', desiredOf(serviceOf('web')));
  const gone = backendOf('web', 'b');
  drains.start(gone);
  adopt({ ...web, backends: [backend('a', 1)] });
  t.deepEqual(told.splice(0), ['backend/web/b']);
  const { override } = gone;
  drains.adjust(gone);
  t.is(gone.override, override, 'nobody counts or ends it any more');
  tables.length = 0;
  adopt();
  t.deepEqual([...services.keys()], []);
  t.deepEqual(told, ['backend/web/a', 'service/web']);
  t.deepEqual(tables, [{ kind: 'service', name: 'web', service: null }]);
});

test('a service that has another name at the same address stays what it is', (t) => {
  const backends = [backend('a', 1), backend('b', 2)];
  const { adopt, serviceOf, backendOf, drains, services, told, moves } = rig(service('web', backends));
  const before = serviceOf('web');
  const [a, b] = [backendOf('web', 'a'), backendOf('web', 'b')];
  found(a, 'healthy');
  before.evaluate();
  drains.start(b);
  adopt(service('shop', backends));
  t.deepEqual([...services.keys()], ['shop']);
  t.is(serviceOf('shop'), before);
  t.true(serviceOf('shop').healthy);
  t.is(backendOf('shop', 'a'), a);
  t.is(backendOf('shop', 'b').override.kind, 'draining');
  t.deepEqual(moves(), { assigned: [], unassigned: [] });
  t.deepEqual(told, ['backend/web/a', 'backend/web/b', 'service/web'], 'the old names are taken back');
  drains.end(b);
});

test('two services that exchange their addresses keep their names', (t) => {
  const at = (name: string, last: number) =>
    service(name, [backend('a', 1)], { match: byAddress(`10.0.0.${last}`, 80) });
  const { adopt, serviceOf } = rig(at('one', 100), at('two', 101));
  const before = [serviceOf('one'), serviceOf('two')] as const;
  adopt(at('one', 101), at('two', 100));
  t.is(serviceOf('one'), before[0]);
  t.is(serviceOf('two'), before[1]);
  t.deepEqual(serviceOf('one').config.match, byAddress('10.0.0.101', 80));
});

test('a drain that a new configuration cuts is over: the backend, or its service, is disabled', (t) => {
  const web = service('web', [backend('a', 1), backend('b', 2)]);
  const { adopt, backendOf, drains } = rig(web);
  for (const name of ['a', 'b']) drains.start(backendOf('web', name));
  adopt({ ...web, backends: [backend('a', 1, { enabled: false }), backend('b', 2)] });
  t.is(backendOf('web', 'a').override.kind, 'drained');
  t.is(backendOf('web', 'b').override.kind, 'draining');
  adopt({ ...web, enabled: false });
  t.is(backendOf('web', 'b').override.kind, 'drained');
});

test('a backend whose name has no address yet is known, and is nowhere', (t) => {
  const { serviceOf, backendOf } = rig(service('web', [backend('a', 1, { address: 'web.example' })]));
  t.is(backendOf('web', 'a').address, null);
  t.is(backendOf('web', 'a').decision.why, 'its name has not been resolved');
  t.deepEqual(desiredOf(serviceOf('web'))[0]?.destinations, []);
});

test('the firewall mark of a dsr check goes with the last backend that needs it, and its service leaves the table', (t) => {
  const dsr: CheckConfig = { ...check, mode: 'dsr' };
  const web = service('web', [backend('a', 1, { checks: [dsr] })], { forwarding: 'dsr' });
  const { adopt, backendOf, fwmarks, table, tables } = rig(web);
  const [probe, ...others] = fwmarks.services();
  if (probe === undefined) return t.fail();
  t.deepEqual(others, []);
  table.tell(probe);
  t.is(backendOf('web', 'a').targets[0]?.spec.mark, probe.match.kind === 'fwmark' ? probe.match.fwmark : null);
  adopt(web);
  t.deepEqual(fwmarks.services(), [probe], 'the same again');
  tables.length = 0;
  adopt({ ...web, backends: [backend('a', 1)] });
  t.deepEqual(fwmarks.services(), []);
  t.deepEqual(tables, [{ kind: 'service', name: probe.name, service: null }]);
});
