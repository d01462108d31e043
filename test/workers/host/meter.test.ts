import test from 'ava';
import { counter, defineMetrics, gauge } from '../../../src/model/observing/metrics.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';

const metrics = defineMetrics({
  drifts: counter('', []),
  targets: gauge('', ['actor']),
  rivals: counter('', ['instance']),
});

test('what is taken is told once; gauges again to a new reader', (t) => {
  const meter = new ActorMeter();
  meter.count(metrics.drifts, {}, 2);
  meter.gauge(metrics.targets, { actor: 'monitor-0' }, 7);
  t.is(meter.take().length, 2);
  t.deepEqual(meter.take(), []);
  meter.repeatGauges();
  t.deepEqual(meter.take(), [{ type: 'gauge', name: 'targets', labels: { actor: 'monitor-0' }, value: 7 }]);
});

test('what is taken in parts is the same in the end, and counting goes on meanwhile', (t) => {
  const meter = new ActorMeter();
  for (let i = 0; i < 10; i += 1) meter.count(metrics.rivals, { instance: `i${i}` }, i + 1);
  const seen = new Map<string, number>();
  const add = (most: number): number => {
    const samples = meter.take(most);
    for (const sample of samples) {
      if (sample.type !== 'counter') continue;
      const instance = sample.labels['instance'] ?? '';
      seen.set(instance, (seen.get(instance) ?? 0) + sample.value);
    }
    return samples.length;
  };
  t.is(add(4), 4);
  t.true(meter.hasMore);
  meter.count(metrics.rivals, { instance: 'i0' }, 100);
  meter.count(metrics.rivals, { instance: 'i9' }, 100);
  meter.count(metrics.rivals, { instance: 'i10' }, 11);
  t.is(add(4), 4);
  t.is(add(4), 3);
  t.false(meter.hasMore, 'the end was reached');
  t.is(add(4), 1);
  t.is(seen.size, 11);
  t.is(
    [...seen.values()].reduce((sum, value) => sum + value, 0),
    66 + 200,
  );
});
