import test from 'ava';
import { counter, defineMetrics, gauge, histogram } from '../../../src/model/observing/metrics.js';
import { MAX_SERIES_PER_METRIC, MetricTable } from '../../../src/wire/metrics/table.js';

const table = () =>
  new MetricTable(
    Object.values(
      defineMetrics({ hits: counter('h', ['a', 'b']), level: gauge('h', []), time: histogram('h', ['a'], [1, 2]) }),
    ),
  );
const seriesOf = (metrics: MetricTable, wanted: string) => {
  for (const [name, family] of metrics.families()) if (name === wanted) return [...family.series.values()];
  return [];
};

test('counters add up, gauges replace, histograms add bucket by bucket', (t) => {
  const metrics = table();
  const labels = { b: 'y', a: 'x' };
  metrics.add('one', { type: 'counter', name: 'hits', labels, value: 2 });
  metrics.add('two', { type: 'counter', name: 'hits', labels, value: 3 });
  metrics.add('one', { type: 'gauge', name: 'level', labels: {}, value: 2 });
  metrics.add('one', { type: 'gauge', name: 'level', labels: {}, value: 1 });
  metrics.add('one', { type: 'histogram', name: 'time', labels: { a: 'x' }, buckets: [1, 0, 2], sum: 9 });
  metrics.add('two', { type: 'histogram', name: 'time', labels: { a: 'x' }, buckets: [0, 1, 1], sum: 5 });
  t.like(seriesOf(metrics, 'hits'), [{ labels: { a: 'x', b: 'y' }, value: 5 }]);
  t.like(seriesOf(metrics, 'level'), [{ value: 1 }]);
  t.like(seriesOf(metrics, 'time'), [{ buckets: [1, 1, 3], sum: 14 }]);
  t.is(metrics.dropped, 0);
});

test('label values that look alike when joined are different series', (t) => {
  const metrics = table();
  metrics.add('one', { type: 'counter', name: 'hits', labels: { a: 'x,y', b: '' }, value: 1 });
  metrics.add('one', { type: 'counter', name: 'hits', labels: { a: 'x', b: 'y' }, value: 1 });
  t.is(seriesOf(metrics, 'hits').length, 2);
});

test('an unknown metric, a wrong type and a wrong number of buckets are dropped and counted', (t) => {
  const metrics = table();
  metrics.add('one', { type: 'counter', name: 'constructor', labels: {}, value: 1 });
  metrics.add('one', { type: 'gauge', name: 'hits', labels: {}, value: 1 });
  metrics.add('one', { type: 'histogram', name: 'time', labels: {}, buckets: [1], sum: 1 });
  t.is(metrics.dropped, 3);
  t.is(seriesOf(metrics, 'time').length, 0);
});

test('the number of series is bounded, and known ones go on', (t) => {
  const metrics = table();
  const hit = (a: string) => metrics.add('one', { type: 'counter', name: 'hits', labels: { a }, value: 1 });
  for (let index = 0; index <= MAX_SERIES_PER_METRIC; index += 1) hit(String(index));
  hit('0');
  t.is(seriesOf(metrics, 'hits').length, MAX_SERIES_PER_METRIC);
  t.is(metrics.dropped, 1);
  t.like(seriesOf(metrics, 'hits')[0], { value: 2 });
});
