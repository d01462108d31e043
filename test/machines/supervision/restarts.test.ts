import test from 'ava';
import { createActor, SimulatedClock } from 'xstate';
import { type RestartPolicy, supervisionMachine } from '../../../src/machines/supervision/restarts.js';

const policy: RestartPolicy = {
  intensity: 3,
  periodMs: 10_000,
  escalate: true,
  backoffMs: { first: 100, max: 1000 },
  startLimitMs: 5000,
  stopLimitMs: 2000,
};

function start(overrides: Partial<RestartPolicy> = {}) {
  const clock = new SimulatedClock();
  const done: string[] = [];
  const machine = supervisionMachine.provide({
    actions: { spawn: () => done.push('spawn'), kill: () => done.push('kill'), askToStop: () => done.push('ask') },
  });
  const actor = createActor(machine, { input: { policy: { ...policy, ...overrides }, random: () => 0 }, clock });
  actor.start();
  const crash = (why = 'boom') => actor.send({ type: 'ENDED', atMs: clock.now(), why, left: false });
  return { actor, clock, done, crash, state: () => actor.getSnapshot().value };
}

test('the first restart is at once', (t) => {
  const { actor, clock, done, crash, state } = start();
  actor.send({ type: 'READY' });
  t.is(state(), 'running');
  crash();
  clock.increment(0);
  t.is(state(), 'starting');
  t.deepEqual(done, ['spawn', 'spawn']);
  t.is(actor.getSnapshot().context.lastError, 'boom');
});

test('each further restart of a period waits twice as long', (t) => {
  const { clock, crash, state } = start({ intensity: 10 });
  crash();
  clock.increment(0);
  for (const delayMs of [100, 200, 400, 800, 1000, 1000]) {
    crash();
    clock.increment(delayMs - 1);
    t.is(state(), 'restarting', `${delayMs} ms`);
    clock.increment(1);
    t.is(state(), 'starting');
  }
});

test('past the intensity the failure goes up', (t) => {
  const { clock, crash, state } = start();
  for (let i = 0; i < 3; i += 1) {
    crash();
    clock.increment(1000);
    t.is(state(), 'starting');
  }
  crash('once more');
  t.is(state(), 'failed');
});

test('crashes further apart than the period never escalate', (t) => {
  const { clock, crash, state } = start();
  for (let i = 0; i < 20; i += 1) {
    crash();
    clock.increment(4000);
    t.is(state(), 'starting');
  }
});

test('an actor that the system can do without is tried for ever', (t) => {
  const { clock, crash, state } = start({ escalate: false });
  for (let i = 0; i < 50; i += 1) {
    crash();
    clock.increment(1000);
    t.is(state(), 'starting');
  }
});

test('a frozen actor is killed, and restarted once it is gone; its silence is the reason', (t) => {
  const { actor, clock, done, crash, state } = start();
  actor.send({ type: 'READY' });
  actor.send({ type: 'FROZEN', silenceMs: 3100 });
  t.is(state(), 'dying');
  t.deepEqual(done, ['spawn', 'kill']);
  crash('exit code 1');
  clock.increment(0);
  t.is(state(), 'starting');
  t.is(actor.getSnapshot().context.lastError, 'no heartbeat for 3100 ms');
});

test('an actor that is not ready in time is killed', (t) => {
  const { clock, done, state } = start();
  clock.increment(5000);
  t.is(state(), 'dying');
  t.deepEqual(done, ['spawn', 'kill']);
});

test('a stop is asked for, and forced after its limit', (t) => {
  const { actor, clock, done, crash, state } = start();
  actor.send({ type: 'READY' });
  actor.send({ type: 'STOP' });
  t.deepEqual(done, ['spawn', 'ask']);
  clock.increment(2000);
  t.deepEqual(done, ['spawn', 'ask', 'kill']);
  crash();
  t.is(state(), 'stopped');
});

test('a stop during back-off ends at once', (t) => {
  const { actor, clock, crash, state, done } = start();
  crash();
  clock.increment(0);
  crash();
  actor.send({ type: 'STOP' });
  t.is(state(), 'stopped');
  clock.increment(60_000);
  t.deepEqual(done, ['spawn', 'spawn']);
});

test('that a killed thread was left behind is told beside what it was killed for', (t) => {
  const { actor, clock, state } = start();
  actor.send({ type: 'READY' });
  actor.send({ type: 'FROZEN', silenceMs: 3100 });
  actor.send({ type: 'ENDED', atMs: clock.now(), why: 'its thread hangs', left: true });
  clock.increment(0);
  t.is(state(), 'starting');
  t.is(actor.getSnapshot().context.lastError, 'no heartbeat for 3100 ms; its thread hangs');
});
