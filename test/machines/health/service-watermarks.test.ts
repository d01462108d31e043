import test from 'ava';
import fc from 'fast-check';
import type { ServiceState } from '../../../src/machines/health/service-health.js';
import { ServiceHealth } from '../../../src/machines/health/service-watermarks.js';
import type { Watermark } from '../../../src/model/config.js';

const count = (value: number): Watermark => ({ kind: 'count', count: value });
const percent = (value: number): Watermark => ({ kind: 'percent', percent: value });

function start(low: Watermark, high: Watermark) {
  const health = new ServiceHealth({ low, high, by: 'count' });
  return {
    health,
    counts(healthy: number, inService: number, watermarks = { low, high }) {
      health.count({ healthy, inService }, { ...watermarks, by: 'count' });
      return health.state;
    },
    why: () => health.why,
  };
}

test('the high watermark makes healthy, the low one keeps healthy', (t) => {
  const service = start(percent(40), percent(60));
  t.is(service.counts(5, 10), 'unhealthy');
  t.is(service.counts(6, 10), 'healthy');
  t.is(service.counts(4, 10), 'healthy');
  t.is(service.counts(3, 10), 'unhealthy');
  t.is(service.counts(5, 10), 'unhealthy');
  t.is(service.why(), '5 of 10 backends healthy, 60% needed to become healthy');
});

test('a watermark of 0 means at least one backend', (t) => {
  const service = start(count(0), count(0));
  t.is(service.counts(0, 3), 'unhealthy');
  t.is(service.counts(1, 3), 'healthy');
  t.is(service.counts(0, 3), 'unhealthy');
  t.is(start(percent(0), percent(0)).counts(0, 0), 'unhealthy');
});

test('a service without backends in service is unhealthy', (t) => {
  t.is(start(percent(0), percent(0)).counts(0, 0), 'unhealthy');
});

test('counts above what there is are never reached', (t) => {
  t.is(start(count(4), count(4)).counts(3, 3), 'unhealthy');
});

test('a disabled service stays so whatever its backends do', (t) => {
  const service = start(count(1), count(1));
  service.counts(3, 3);
  service.health.disable('disabled by an operator');
  t.is(service.counts(3, 3), 'disabled');
  t.is(service.why(), 'disabled by an operator');
  service.health.enable();
  t.is(service.health.state, 'healthy');
  t.is(service.why(), '3 of 3 backends healthy, 1 needed');
});

test('new watermarks count at once', (t) => {
  const service = start(count(1), count(1));
  service.counts(2, 4);
  t.is(service.counts(2, 4, { low: count(3), high: count(3) }), 'unhealthy');
  t.is(service.why(), '2 of 4 backends healthy, 3 needed to become healthy');
});

test('between the watermarks a service stays as it is, beyond them it does not', (t) => {
  const steps = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 50 }), steps, (low, gap, healthy) => {
      const high = Math.min(100, low + gap);
      const service = start(percent(low), percent(high));
      let state: ServiceState = 'unhealthy';
      for (const value of healthy) {
        const part = (value * 100) / 20;
        const next = service.counts(value, 20);
        if (value > 0 && part >= high) t.is(next, 'healthy');
        else if (value === 0 || part < low) t.is(next, 'unhealthy');
        else t.is(next, state);
        state = next;
      }
    }),
    { seed: 7 },
  );
});

test('a service that was healthy before a restart is so until too few of its backends are', (t) => {
  const service = start(percent(40), percent(60));
  t.is(service.health.state, 'unhealthy');
  t.is(service.why(), 'no backend was checked yet');
  service.health.resume();
  t.is(service.counts(5, 10), 'healthy');
  t.is(service.counts(3, 10), 'unhealthy');
  t.is(service.why(), '3 of 10 backends healthy, 60% needed to become healthy');
});

test('by weight a watermark and the reason speak of weights; 0 is at least a weight of 1', (t) => {
  const marks = { low: count(0), high: percent(50), by: 'weight' } as const;
  const health = new ServiceHealth(marks);
  health.count({ healthy: 4, inService: 10 }, marks);
  t.is(health.why, 'weight 4 of 10 healthy, 50% needed to become healthy');
  health.count({ healthy: 5, inService: 10 }, marks);
  t.is(health.state, 'healthy');
  t.is(health.least, 1);
  health.count({ healthy: 0, inService: 10 }, marks);
  t.is(health.state, 'unhealthy');
});
