/** Weights that checks say, beside the file's and an operator's. */
import { join } from 'node:path';
import test from 'ava';
import { loadState } from '../../../src/actors/engine/state/state-file.js';
import { backend, service } from '../../support/fixtures/service.js';
import { startEngine, turn } from '../../support/rigs/engine-rig.js';
import { until } from '../../support/until.js';

const set = (weight: number) => ({ kind: 'set', weight }) as const;
const add = (weight: number) => ({ kind: 'add', weight }) as const;

test('what a check says of the weight is told to the data plane, as an event, and to whoever looks', async (t) => {
  const { report, weigh, weights, rig, call } = await startEngine(t, [
    service('web', [backend('a', 1, { weight: 2 }), backend('b', 2)]),
  ]);
  await report('healthy', 1, 2);
  await weigh(set(10), 1);
  t.deepEqual(weights('web'), { a: 10, b: 1 });
  const told = rig.events.filter(({ type }) => type === 'backend-weight');
  t.deepEqual(told, [
    { type: 'backend-weight', service: 'web', backend: 'a', from: 2, to: 10, why: 'weight 2 -> 10 by its checks' },
  ]);
  const [view] = await call('services', { name: 'web' });
  t.like(view?.backends[0], { weight: 10, configured_weight: 2, operator_weight: null, checked_weight: 10 });
  t.like(view?.backends[1], { weight: 1, checked_weight: null });
  t.like(rig.items.get('backend/web/a'), { weight: 10 });
  await weigh(add(-5), 1);
  t.deepEqual(weights('web'), { a: 0, b: 1 }, 'it is healthy still, and takes no new connections');
  await report('healthy', 1);
  t.deepEqual(weights('web'), { a: 2, b: 1 }, 'a check that says nothing of it leaves the file’s');
});

test('a weight counts where watermarks count weights', async (t) => {
  const mark = { kind: 'count', count: 5 } as const;
  const watermarks = { low: mark, high: mark, by: 'weight' } as const;
  const { report, weigh, weights } = await startEngine(t, [service('web', [backend('a', 1)], { watermarks })]);
  await report('healthy', 1);
  t.deepEqual(weights('web'), {});
  await weigh(set(5), 1);
  t.deepEqual(weights('web'), { a: 5 });
  await weigh(set(4), 1);
  t.deepEqual(weights('web'), {});
});

test('an operator’s weight goes before the checks’, until the file’s own is set', async (t) => {
  const { report, weigh, weights, call } = await startEngine(t, [service('web', [backend('a', 1, { weight: 2 })])]);
  await report('healthy', 1);
  await weigh(set(10), 1);
  const weight = (value: number) => call('weight', { backend: 'a', service: null, weight: value });
  t.deepEqual(await weight(7), ['web/a']);
  await weigh(set(20), 1);
  t.deepEqual(weights('web'), { a: 7 });
  const [view] = await call('services', { name: 'web' });
  t.like(view?.backends[0], { operator_weight: 7, checked_weight: 20 });
  t.deepEqual(await weight(7), [], 'it is so already');
  t.deepEqual(await weight(2), ['web/a']);
  t.deepEqual(weights('web'), { a: 20 }, 'the checks say it again');
  t.deepEqual(await weight(20), ['web/a'], 'a word of one’s own, though it says the same');
  await weigh(set(30), 1);
  t.deepEqual(weights('web'), { a: 20 });
});

test('a reload’s other weight counts with what the checks say, and is no event', async (t) => {
  const { report, weigh, weights, engine, config, rig } = await startEngine(t, [
    service('web', [backend('a', 1, { weight: 2 })]),
  ]);
  await report('healthy', 1);
  await weigh(add(10), 1);
  rig.events.length = 0;
  engine.configure({ ...config, services: [service('web', [backend('a', 1, { weight: 3 })])] });
  await turn();
  t.deepEqual(weights('web'), { a: 13 });
  t.deepEqual(rig.events, []);
});

test('a restart knows the weight that a check said last, before it is made again', async (t) => {
  const services = [service('web', [backend('a', 1)])];
  const first = await startEngine(t, services);
  await first.report('healthy', 1);
  await first.weigh(set(9), 1);
  await first.engine.stop();
  const { stateDir } = first.config.node;
  const saved = await loadState(join(stateDir, 'engine-state.ndjson'));
  t.deepEqual(saved.kind === 'loaded' ? saved.state.statuses.map(({ weight }) => weight) : null, [set(9)]);
  const second = await startEngine(t, services, { node: first.config.node });
  await until(() => second.weights('web')['a'] === 9);
  t.deepEqual(second.rig.events, [], 'nothing changed');
});
