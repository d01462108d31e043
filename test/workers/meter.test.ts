import test from 'ava';
import { ActorMeter } from '../../src/workers/meter.js';

test('what is taken is told once; gauges again to a new reader', (t) => {
  const meter = new ActorMeter();
  meter.count('fulcrum_ipvs_drift_total', {}, 2);
  meter.gauge('fulcrum_targets', { actor: 'monitor-0' }, 7);
  t.is(meter.take().length, 2);
  t.deepEqual(meter.take(), []);
  meter.repeatGauges();
  t.deepEqual(meter.take(), [{ type: 'gauge', name: 'fulcrum_targets', labels: { actor: 'monitor-0' }, value: 7 }]);
});
