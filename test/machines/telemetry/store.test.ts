import test from 'ava';
import fc from 'fast-check';
import { EventRing } from '../../../src/machines/telemetry/event-ring.js';
import { runtimeStatus, Store } from '../../../src/machines/telemetry/store.js';
import type { FulcrumEvent } from '../../../src/model/observing/events.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import type { ActorView } from '../../../src/model/observing/views.js';
import { allMetrics } from '../../support/fixtures/metrics.js';

const alarm = (why: string): FulcrumEvent => ({ type: 'alarm', alarm: 'test', why, atMs: 1, actor_name: 'engine' });
const service = (name: string, healthy = true): StateItem => ({
  type: 'service',
  key: `service/${name}`,
  name,
  enabled: true,
  healthy,
  why: 'test',
});
const backend = (serviceName: string, name: string): StateItem => ({
  type: 'backend',
  key: `backend/${serviceName}/${name}`,
  service: serviceName,
  name,
  address: '10.0.0.1',
  port: 80,
  weight: 1,
  state: 'healthy',
  why: 'test',
  drained: false,
});
const actor = (name: string): StateItem => {
  const view: ActorView = { name, thread_id: 1, state: 'running', restarts: 0, last_error: null, mailbox: 0 };
  return { type: 'actor', key: `actor/${name}`, view };
};
const keys = (store: Store) => [...store.items()].map((item) => item.key).sort();

test('state items are kept by key, replaced, and taken back', (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  store.apply('engine', { kind: 'state', item: service('web') });
  t.deepEqual(store.apply('engine', { kind: 'state', item: service('web', false) }), [
    { kind: 'state', item: service('web', false) },
  ]);
  t.deepEqual(store.item('service/web'), service('web', false));
  t.deepEqual(store.apply('engine', { kind: 'state-gone', key: 'service/web' }), [
    { kind: 'state-gone', key: 'service/web' },
  ]);
  t.deepEqual(store.apply('engine', { kind: 'state-gone', key: 'service/web' }), []);
  t.deepEqual(keys(store), []);
});

test('what an actor told before and does not tell again is gone, and others keep theirs', (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  store.apply('engine', { kind: 'state', item: service('old') });
  store.apply('engine', { kind: 'state', item: service('kept') });
  store.apply('supervisor', { kind: 'state', item: actor('engine') });
  store.apply('engine', { kind: 'state-begin', actor: 'engine' });
  store.apply('engine', { kind: 'state', item: service('kept') });
  store.apply('engine', { kind: 'state', item: service('new') });
  t.deepEqual(
    keys(store),
    ['actor/engine', 'service/kept', 'service/new', 'service/old'],
    'nothing vanishes meanwhile',
  );
  t.deepEqual(store.apply('engine', { kind: 'state-end', actor: 'engine' }), [
    { kind: 'state-gone', key: 'service/old' },
  ]);
  t.deepEqual(keys(store), ['actor/engine', 'service/kept', 'service/new']);
});

test('an actor that the supervisor no longer has takes its state and its gauges along', (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  store.apply('supervisor', { kind: 'state', item: actor('monitor-2') });
  store.apply('monitor-2', { kind: 'state', item: backend('web', 'a') });
  const gauge = { type: 'gauge', name: 'fulcrum_targets', labels: { actor: 'monitor-2' }, value: 7 } as const;
  store.apply('monitor-2', { kind: 'metrics', samples: [gauge] });
  t.deepEqual(store.apply('supervisor', { kind: 'state-gone', key: 'actor/monitor-2' }), [
    { kind: 'state-gone', key: 'actor/monitor-2' },
    { kind: 'state-gone', key: 'backend/web/a' },
  ]);
  const family = [...store.metrics.families()].find(([name]) => name === 'fulcrum_targets')?.[1];
  t.is(family?.series.size, 0);
});

test('gauges of a service or backend that is no more go with it; what was counted stays', (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  const seriesOf = (wanted: string) => [...store.metrics.families()].find(([name]) => name === wanted)?.[1].series.size;
  for (const item of [service('web'), service('old'), backend('web', 'a'), backend('web', 'b')]) {
    store.apply('engine', { kind: 'state', item });
  }
  store.apply('dataplane', {
    kind: 'metrics',
    samples: [
      { type: 'gauge', name: 'fulcrum_proxy_connections', labels: { service: 'old' }, value: 3 },
      { type: 'gauge', name: 'fulcrum_proxy_connections', labels: { service: 'web' }, value: 3 },
      { type: 'counter', name: 'fulcrum_proxy_connections_total', labels: { service: 'old' }, value: 3 },
      ...['a', 'b'].map((name) => ({
        type: 'gauge' as const,
        name: 'fulcrum_ipvs_connections',
        labels: { service: 'web', backend: name, state: 'active' },
        value: 1,
      })),
    ],
  });
  store.apply('engine', { kind: 'state-gone', key: 'service/old' });
  store.apply('engine', { kind: 'state-gone', key: 'backend/web/b' });
  t.is(seriesOf('fulcrum_proxy_connections'), 1);
  t.is(seriesOf('fulcrum_proxy_connections_total'), 1);
  t.is(seriesOf('fulcrum_ipvs_connections'), 1);
});

test('the status lists services with their backends, in the order in which they were told', (t) => {
  const store = new Store({ epoch: 'e', metrics: allMetrics });
  store.apply('engine', { kind: 'state', item: backend('web', 'b') });
  store.apply('engine', { kind: 'state', item: service('web') });
  store.apply('engine', { kind: 'state', item: backend('web', 'a') });
  store.apply('engine', { kind: 'state', item: service('empty') });
  store.apply('supervisor', { kind: 'state', item: actor('engine') });
  store.apply('dataplane', {
    kind: 'state',
    item: { type: 'dataplane', key: 'dataplane', driver: 'proxy', why: 'no IPVS' },
  });
  const status = runtimeStatus(store.items());
  t.deepEqual(
    status.services.map((each) => [each.name, each.backends.map(({ name }) => name)]),
    [
      ['web', ['b', 'a']],
      ['empty', []],
    ],
  );
  t.deepEqual(status.dataplane, { driver: 'proxy', why: 'no IPVS' });
  t.deepEqual(
    status.actors.map(({ name }) => name),
    ['engine'],
  );
});

test('events are numbered and replayed after an id', (t) => {
  const ring = new EventRing('abc', 10);
  t.is(ring.position, 'abc-0');
  const stored = ['1', '2', '3'].map((why) => ring.push(alarm(why)));
  t.is(ring.position, 'abc-3');
  t.deepEqual(ring.after('abc-1'), { kind: 'events', events: stored.slice(1) });
  t.deepEqual(ring.after('abc-0'), { kind: 'events', events: stored });
  t.deepEqual(ring.after('abc-3'), { kind: 'events', events: [] });
  t.deepEqual(ring.latest(2), stored.slice(1));
});

test('an id of another life, of the future, too old or made up is a gap', (t) => {
  const ring = new EventRing('abc', 2);
  for (const why of ['1', '2', '3', '4']) ring.push(alarm(why));
  for (const id of [
    'xyz-1',
    'abc-5',
    'abc-1',
    'abc',
    '',
    '-',
    'abc--1',
    'abc-1e3',
    'abc-9007199254740993',
    'a'.repeat(1e6),
  ]) {
    t.is(ring.after(id).kind, 'gap', id.slice(0, 30));
  }
  t.is(ring.after('abc-2').kind, 'events');
});

test('the ring holds exactly its newest events, whatever its size', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), (capacity, count) => {
      const ring = new EventRing('e', capacity);
      const ids = Array.from({ length: count }, (_, index) => ring.push(alarm(String(index))).id);
      const held = Math.min(capacity, count);
      t.deepEqual(
        ring.latest(1000).map(({ id }) => id),
        ids.slice(count - held),
      );
      for (let sequence = 0; sequence <= count; sequence += 1) {
        const replay = ring.after(`e-${sequence}`);
        if (count - sequence <= capacity) {
          t.deepEqual(replay.kind === 'events' && replay.events.map(({ id }) => id), ids.slice(sequence));
        } else {
          t.is(replay.kind, 'gap');
        }
      }
    }),
    { seed: 1 },
  );
});
