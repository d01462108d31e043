import { mock } from 'node:test';
import test from 'ava';
import { Drains } from '../../../../src/actors/engine/operator/drains.js';
import { Backend, Service } from '../../../../src/actors/engine/service/service.js';
import type { ServiceConfig } from '../../../../src/model/config.js';
import { nsFromMs } from '../../../../src/model/units.js';
import { backend as backendConfig, service as serviceConfig } from '../../../support/fixtures/service.js';

/** The limits of drains are timers of this thread. */
mock.timers.enable({ apis: ['setTimeout'] });
test.after(() => mock.timers.reset());

/** `config.drainTimeoutNs` of the fixture. */
const LIMIT_MS = 60_000;
/** Time that goes by between two looks at the real clock. */
const SOON_MS = 10_000;

function rig(more: Partial<ServiceConfig> = {}) {
  const told: string[] = [];
  const drains = new Drains({
    counted: ({ config }) => told.push(`${config.name} counted`),
    finished: ({ config }) => told.push(`${config.name} finished`),
  });
  const config = serviceConfig('web', [backendConfig('a', 1)], more);
  const service = new Service(config);
  const [facts] = config.backends;
  if (facts === undefined) throw new Error('no backend');
  const backend = new Backend(service, facts, facts.address);
  service.backends.set('a', backend);
  return { told, drains, service, backend };
}

test('a drain tells what is left at each count, and is over at the first 0', (t) => {
  const { told, drains, backend } = rig();
  drains.start(backend);
  t.regex(backend.decide().why, /^draining: not counted yet, \d+ s$/);
  drains.count(backend, 2, 'web');
  t.regex(backend.decide().why, /^draining: 2 left, \d+ s$/);
  drains.count(backend, 0, 'web');
  t.deepEqual(told, ['a counted', 'a finished']);
  t.deepEqual(backend.decide(), {
    state: 'disabled',
    why: 'drained by an operator: no connections were left',
    drained: true,
  });
  drains.count(backend, 3, 'web');
  t.deepEqual(told, ['a counted', 'a finished'], 'a late count says nothing any more');
});

test('what is disabled, or has no address, is drained at once', (t) => {
  const disabled = rig();
  disabled.backend.override = { kind: 'disabled', why: 'disabled by an operator' };
  const off = rig({ enabled: false });
  const nameless = rig();
  nameless.backend.address = null;
  for (const { drains, backend, told } of [disabled, off, nameless]) {
    drains.start(backend);
    t.like(backend.decide(), { drained: true, why: 'drained by an operator: it took no traffic' });
    t.deepEqual(told, []);
  }
});

test('a service that is disabled in the middle of a drain cuts what is left, and the drain is over', (t) => {
  const { drains, service, backend } = rig();
  drains.start(backend);
  drains.count(backend, 1, 'web');
  service.force(false);
  drains.adjust(backend);
  t.like(backend.decide(), {
    drained: true,
    why: 'drained by an operator: 1 connection was cut when its service was disabled',
  });
});

test.serial('a drain ends at its limit, whatever is left then', (t) => {
  const { told, drains, backend } = rig();
  drains.start(backend);
  drains.count(backend, 3, 'web');
  mock.timers.tick(LIMIT_MS - SOON_MS);
  t.deepEqual(told, ['a counted']);
  mock.timers.tick(SOON_MS);
  t.deepEqual(told, ['a counted', 'a finished']);
  t.is(backend.decide().why, 'drained by an operator: 3 connections were cut at the limit of 60 s');
});

test.serial('a reload that keeps the limit keeps the end of a drain; another limit counts from its begin', (t) => {
  const { told, drains, service, backend } = rig();
  drains.start(backend);
  drains.count(backend, 2, 'web');
  const before = backend.override;
  drains.adjust(backend);
  t.is(backend.override, before);
  service.config = { ...service.config, drainTimeoutNs: nsFromMs(10_000) };
  drains.adjust(backend);
  t.like(backend.override, { kind: 'draining', left: 2 }, 'what was counted is known still');
  mock.timers.tick(10_000);
  t.is(backend.decide().why, 'drained by an operator: 2 connections were cut at the limit of 10 s');
  mock.timers.tick(LIMIT_MS);
  t.deepEqual(told, ['a counted', 'a finished'], 'the limit before it ends nothing');
});

test.serial('a drain of the life before has its whole limit, and is not counted yet', (t) => {
  const { told, drains, backend } = rig();
  drains.resume(backend);
  mock.timers.tick(LIMIT_MS - SOON_MS);
  t.is(backend.override.kind, 'draining');
  mock.timers.tick(SOON_MS);
  t.deepEqual(told, ['a finished']);
  t.regex(backend.decide().why, /its connections, which nobody had counted, were cut at the limit of 60 s$/);
});

test.serial('a drain in a service of several addresses is over when none of them has a connection left', (t) => {
  const { told, drains, backend } = rig({ addresses: ['10.0.0.100-101'] });
  drains.start(backend);
  drains.count(backend, 0, 'web');
  t.regex(backend.decide().why, /^draining: not counted yet/);
  drains.count(backend, 2, 'web/10.0.0.101:80');
  drains.count(backend, 1, 'web');
  t.regex(backend.decide().why, /^draining: 3 left/);
  drains.count(backend, 0, 'web/10.0.0.101:80');
  drains.count(backend, 0, 'web');
  t.deepEqual(told, ['a counted', 'a counted', 'a counted', 'a finished']);
});

test.serial('a drain that an operator ends, or whose backend goes, does not come to its limit', (t) => {
  const { told, drains, backend } = rig();
  drains.start(backend);
  drains.end(backend);
  backend.override = { kind: 'none' };
  mock.timers.tick(LIMIT_MS);
  t.deepEqual(told, []);
  t.is(backend.override.kind, 'none');
});
