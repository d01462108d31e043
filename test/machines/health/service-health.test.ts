import test from 'ava';
import {
  compileServiceTable,
  type ServiceEventType,
  serviceEvents,
  serviceFacts,
  serviceStates,
  tableKey,
} from '../../../src/machines/health/service-health.js';

const table = compileServiceTable();

test('every state has a step for every event, whatever the counts', (t) => {
  t.is(table.size, serviceStates.length * serviceEvents.length * serviceFacts.length);
});

test('only an operator or the configuration disables a service, and only they enable it again', (t) => {
  for (const facts of serviceFacts) {
    for (const event of serviceEvents) {
      for (const state of serviceStates) {
        const disabled = table.get(tableKey(state, event, facts))?.next === 'disabled';
        t.is(disabled, event === 'disable' || (state === 'disabled' && event !== 'enable'), `${state} ${event}`);
      }
    }
  }
});

test('the watermarks that are reached decide, and the reason names the one that counts', (t) => {
  const step = (state: 'unhealthy' | 'healthy' | 'disabled', event: ServiceEventType, low: boolean, high: boolean) =>
    table.get(tableKey(state, event, { reachesLow: low, reachesHigh: high }));
  t.deepEqual(step('unhealthy', 'counted', true, false), { next: 'unhealthy', reason: 'beside-high' });
  t.deepEqual(step('unhealthy', 'counted', true, true), { next: 'healthy', reason: 'beside-low' });
  t.deepEqual(step('healthy', 'counted', true, false), { next: 'healthy', reason: 'beside-low' });
  t.deepEqual(step('healthy', 'counted', false, false), { next: 'unhealthy', reason: 'beside-high' });
  t.deepEqual(step('disabled', 'enable', true, false), { next: 'unhealthy', reason: 'beside-high' });
  t.deepEqual(step('disabled', 'enable', true, true), { next: 'healthy', reason: 'beside-low' });
});

test('a resumed service is healthy, whatever its counts were, and keeps its reason', (t) => {
  for (const facts of serviceFacts) {
    t.deepEqual(table.get(tableKey('unhealthy', 'resume', facts)), { next: 'healthy', reason: null });
  }
});
