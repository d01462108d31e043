import test from 'ava';
import { judgeOverdue } from '../../../src/machines/scheduling/stall-meter.js';
import { nsFromMs } from '../../../src/model/units.js';
import { assignment, createRig, success } from './rig.js';

const reset = { kind: 'unhealthy', durationNs: nsFromMs(1), cause: 'reset', message: 'connection reset' } as const;

/** A shard with one healthy target, a moment before its next probe starts. */
function beforeProbe(options: Parameters<typeof assignment>[1] = {}) {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000), ...options }));
  rig.loop.run(12_000);
  const count = rig.probes.length;
  while (rig.probes.length === count) rig.loop.run(1);
  return rig;
}
const unanswered = () => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000) }));
  rig.loop.run(20_000);
  rig.behaviour = () => null;
  const count = rig.probes.length;
  while (rig.probes.length === count) rig.loop.run(1);
  rig.messages.length = 0;
  return rig;
};

test('a target that does not answer times out at its deadline, and the message says where', (t) => {
  const rig = unanswered();
  rig.loop.run(498);
  t.deepEqual(rig.transitions(), []);
  rig.loop.run(3);
  t.deepEqual(rig.transitions(), ['a unhealthy: timed out after 500ms in connect']);
  t.is(rig.aborted(), 1);
});

test('an answer that came in before the deadline counts, even if the shard was held up over it', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000) }));
  rig.loop.run(20_000);
  rig.behaviour = () => ({ afterMs: 300, outcome: success });
  const count = rig.probes.length;
  while (rig.probes.length === count) rig.loop.run(1);
  rig.messages.length = 0;
  rig.loop.stall(5000);
  rig.loop.run(100);
  t.deepEqual(rig.transitions(), []);
  t.is(rig.aborted(), 0);
});

test('a stall that takes a part of a probe’s time is given back, and then a dead target is told', (t) => {
  const rig = unanswered();
  rig.loop.run(100);
  rig.loop.stall(300);
  rig.loop.run(300);
  t.deepEqual(rig.transitions(), [], 'not at 500 ms: the target had 200 ms less than that');
  rig.loop.run(150);
  t.deepEqual(rig.transitions(), ['a unhealthy: timed out after 500ms in connect']);
});

test('an answer within the time that was given back counts', (t) => {
  const rig = createRig();
  rig.assign(assignment('a', { intervalNs: nsFromMs(10_000) }));
  rig.loop.run(20_000);
  rig.behaviour = () => ({ afterMs: 600, outcome: success });
  const count = rig.probes.length;
  while (rig.probes.length === count) rig.loop.run(1);
  rig.messages.length = 0;
  rig.loop.run(100);
  rig.loop.stall(300);
  rig.loop.run(1000);
  t.deepEqual(rig.transitions(), []);
  t.is(rig.aborted(), 0);
});

test('a stall that takes too much leaves the probe without a verdict: an error of ours, with an alarm', (t) => {
  const rig = unanswered();
  rig.counts();
  rig.loop.stall(4000);
  rig.loop.run(1000);
  t.deepEqual(rig.transitions(), []);
  const counts = rig.counts();
  t.is(counts['fulcrum_checks_total tcp error'], 1);
  t.is(counts['fulcrum_checks_total tcp unhealthy'], undefined);
  t.is(counts['fulcrum_check_alarms_total time'], 1);
  rig.loop.run(1000);
  const status = rig.messages.flatMap((message) => message.statuses).at(-1);
  t.is(status?.state, 'healthy');
  t.regex(status?.message ?? '', /^not judged: this host held the check up for \d+ ms$/);
});

test('a shard that is a little late all the time still tells a dead target', (t) => {
  const rig = unanswered();
  for (let i = 0; i < 60; i += 1) {
    rig.loop.stall(15);
    rig.loop.run(1);
  }
  t.deepEqual(rig.transitions(), ['a unhealthy: timed out after 500ms in connect']);
});

test('a peer that hung up while the shard was held up for the whole timeout is not blamed', (t) => {
  const held = beforeProbe();
  held.behaviour = () => ({ afterMs: 100, outcome: reset });
  held.loop.run(9_000);
  const count = held.probes.length;
  while (held.probes.length === count) held.loop.run(1);
  held.messages.length = 0;
  held.loop.stall(3000);
  held.loop.run(100);
  t.deepEqual(held.transitions(), []);
});

test('no answer in time is ever blamed on a healthy target, whatever the shard does', (t) => {
  const rig = createRig({ behaviour: () => ({ afterMs: 350, outcome: success }) });
  rig.assign(...Array.from({ length: 50 }, (_, i) => assignment(`10.0.0.${i}`)));
  // Stalls of all lengths at all phases, with a random generator of its own.
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let i = 0; i < 2000; i += 1) {
    rig.loop.run(random() * 400);
    rig.loop.stall(random() < 0.1 ? random() * 5000 : random() * 60);
  }
  rig.loop.run(3000);
  const bad = rig.transitions().filter((text) => !text.includes(' healthy:'));
  t.deepEqual(bad, []);
});

test('the verdict on an overdue probe', (t) => {
  const ms = nsFromMs;
  t.is(judgeOverdue(ms(1000), ms(1001), ms(0)).kind, 'timed-out');
  t.is(judgeOverdue(ms(1000), ms(1001), ms(100)).kind, 'timed-out');
  t.deepEqual(judgeOverdue(ms(1000), ms(1001), ms(501)), { kind: 'extend', byNs: ms(500) });
  t.deepEqual(judgeOverdue(ms(1000), ms(1501), ms(500)), { kind: 'timed-out' });
  t.deepEqual(judgeOverdue(ms(1000), ms(1501), ms(1400)), { kind: 'extend', byNs: ms(499) });
  t.is(judgeOverdue(ms(1000), ms(2000), ms(1400)).kind, 'not-judged');
});
