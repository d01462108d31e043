import test from 'ava';
import { PresentStates } from '../../../src/machines/hooks/present-states.js';
import type { FulcrumEvent } from '../../../src/model/observing/events.js';
import type { StateItem } from '../../../src/model/observing/state-item.js';

const service = (healthy: boolean): StateItem => ({
  type: 'service',
  key: 'service/web',
  name: 'web',
  enabled: true,
  healthy,
  why: 'so',
});
const changed = (healthy: boolean): FulcrumEvent => ({
  type: 'service-state',
  service: 'web',
  healthy,
  why: 'so',
  atMs: 0,
  actor_name: 'engine',
});

test('what no event has told is told once as it stands', (t) => {
  const present = new PresentStates();
  t.true(present.hear({ kind: 'state', item: service(true) }));
  t.deepEqual(present.takeUntold(), [{ type: 'service-state', service: 'web', healthy: true, why: 'so' }]);
  t.false(present.hear({ kind: 'state', item: service(true) }));
  t.deepEqual(present.takeUntold(), []);
});

test('an event tells of a state, before or after it', (t) => {
  const present = new PresentStates();
  present.hear({ kind: 'event', event: changed(false) });
  t.false(present.hear({ kind: 'state', item: service(false) }));
  t.true(present.hear({ kind: 'state', item: service(true) }));
  t.false(present.hear({ kind: 'event', event: changed(true) }));
});

test('a state whose event was lost is told, and what is gone is not', (t) => {
  const present = new PresentStates();
  present.hear({ kind: 'event', event: changed(true) });
  t.true(present.hear({ kind: 'state', item: service(false) }));
  t.is(present.takeUntold().length, 1);
  present.hear({ kind: 'state', item: service(true) });
  t.false(present.hear({ kind: 'state-gone', key: 'service/web' }));
  t.deepEqual(present.takeUntold(), []);
  t.deepEqual(present.all(), []);
});
