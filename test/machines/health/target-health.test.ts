import test from 'ava';
import fc from 'fast-check';
import {
  type HealthEvent,
  type HealthPolicy,
  healthTable,
  inARow,
  stepHealth,
  type TargetHealth,
  unknownHealth,
} from '../../../src/machines/health/target-health.js';
import type { TargetState } from '../../../src/model/states.js';

const success: HealthEvent = { kind: 'healthy', message: 'connected' };
const failure: HealthEvent = { kind: 'unhealthy', message: 'connection refused' };
const ours: HealthEvent = { kind: 'error', message: 'EMFILE' };
const health = (state: TargetState, failures: number, successes: number): TargetHealth => ({
  state,
  failures,
  successes,
});

type Row = readonly [string, TargetHealth, HealthEvent, HealthPolicy, TargetHealth, string | null];
const rows: readonly Row[] = [
  [
    'unknown is healthy at its first success',
    unknownHealth,
    success,
    { retries: 5, rise: 5 },
    health('healthy', 0, 1),
    'connected',
  ],
  [
    'unknown is unhealthy at its first failure',
    unknownHealth,
    failure,
    { retries: 5, rise: 5 },
    health('unhealthy', 1, 0),
    'connection refused',
  ],
  ['unknown stays unknown when the fault is ours', unknownHealth, ours, { retries: 0, rise: 1 }, unknownHealth, null],
  ['healthy goes on', health('healthy', 0, 7), success, { retries: 0, rise: 1 }, health('healthy', 0, 8), null],
  [
    'healthy forgets its failures',
    health('healthy', 2, 0),
    success,
    { retries: 2, rise: 3 },
    health('healthy', 0, 1),
    null,
  ],
  [
    'healthy without retries falls at once',
    health('healthy', 0, 9),
    failure,
    { retries: 0, rise: 1 },
    health('unhealthy', 1, 0),
    'connection refused',
  ],
  [
    'healthy survives the last of its retries',
    health('healthy', 1, 0),
    failure,
    { retries: 2, rise: 1 },
    health('healthy', 2, 0),
    null,
  ],
  [
    'healthy falls past its retries',
    health('healthy', 2, 0),
    failure,
    { retries: 2, rise: 1 },
    health('unhealthy', 3, 0),
    '3 failures in a row: connection refused',
  ],
  [
    'healthy keeps its counts when the fault is ours',
    health('healthy', 2, 0),
    ours,
    { retries: 2, rise: 1 },
    health('healthy', 2, 0),
    null,
  ],
  ['unhealthy goes on', health('unhealthy', 4, 0), failure, { retries: 2, rise: 1 }, health('unhealthy', 5, 0), null],
  [
    'unhealthy rises at once with rise 1',
    health('unhealthy', 4, 0),
    success,
    { retries: 2, rise: 1 },
    health('healthy', 0, 1),
    'connected',
  ],
  [
    'unhealthy waits for its rise',
    health('unhealthy', 0, 1),
    success,
    { retries: 2, rise: 3 },
    health('unhealthy', 0, 2),
    null,
  ],
  [
    'unhealthy rises',
    health('unhealthy', 0, 2),
    success,
    { retries: 2, rise: 3 },
    health('healthy', 0, 3),
    '3 successes in a row: connected',
  ],
  [
    'unhealthy starts its rise anew',
    health('unhealthy', 0, 2),
    failure,
    { retries: 2, rise: 3 },
    health('unhealthy', 1, 0),
    null,
  ],
  [
    'unhealthy keeps its rise when the fault is ours',
    health('unhealthy', 0, 2),
    ours,
    { retries: 2, rise: 3 },
    health('unhealthy', 0, 2),
    null,
  ],
];

for (const [title, before, event, policy, after, why] of rows) {
  test(title, (t) => {
    const { health: next, transition } = stepHealth(before, event, policy);
    t.deepEqual(next, after);
    t.deepEqual(transition, why === null ? null : { from: before.state, to: after.state, why });
  });
}

test('the rows cover each state at each result, with and without a transition', (t) => {
  const covered = new Set(rows.map(([, before, event, , , why]) => `${before.state} ${event.kind} ${why !== null}`));
  for (const [state, events] of Object.entries(healthTable)) {
    for (const [kind, rule] of Object.entries(events)) {
      if (rule === null || state !== 'unknown') t.true(covered.has(`${state} ${kind} false`), `${state} ${kind} stays`);
      if (rule !== null) t.true(covered.has(`${state} ${kind} true`), `${state} ${kind} goes`);
    }
    t.true(covered.has(`${state} error false`));
  }
});

const anyEvent = fc.constantFrom(success, failure, ours);
const anyPolicy = fc.record({ retries: fc.integer({ min: 0, max: 5 }), rise: fc.integer({ min: 1, max: 5 }) });

test('after any history the state is what its last runs of results say', (t) => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), anyPolicy, (events, policy) => {
      let now = unknownHealth;
      // The model remembers the whole history, without our faults, and looks at it from its end.
      const history: boolean[] = [];
      let state: TargetState = 'unknown';
      for (const event of events) {
        const step = stepHealth(now, event, policy);
        if (event.kind !== 'error') {
          history.push(event.kind === 'healthy');
          const last = history.at(-1) === true;
          const run = history.length - 1 - history.lastIndexOf(!last);
          if (history.length === 1) state = last ? 'healthy' : 'unhealthy';
          else if (last && state === 'unhealthy' && run >= policy.rise) state = 'healthy';
          else if (!last && state === 'healthy' && run > policy.retries) state = 'unhealthy';
          if ((last ? step.health.successes : step.health.failures) !== run) return false;
        }
        const changed = step.health.state !== now.state;
        if ((step.transition !== null) !== changed) return false;
        if (step.transition !== null && step.transition.why.length === 0) return false;
        now = step.health;
        if (now.state !== state || (now.failures !== 0 && now.successes !== 0)) return false;
      }
      return true;
    }),
    { seed: 20, numRuns: 500 },
  );
  t.pass();
});

test('a run of results is told in words', (t) => {
  t.is(inARow({ failures: 2, successes: 0 }, 'x'), '2 failures in a row: x');
  t.is(inARow({ failures: 1, successes: 0 }, 'x'), 'x');
});
