import test from 'ava';
import { Alarms } from '../../../src/machines/telemetry/alarms.js';

function rig() {
  const told: string[] = [];
  const alarms = new Alarms<'late' | 'lost'>(10, (alarm, why, times) => told.push(`${alarm} ${why} ${times}`));
  return { alarms, told };
}

test('an alarm is told at once, then not before its spacing is over, with the number of times that it was raised', (t) => {
  const { alarms, told } = rig();
  for (const nowNs of [0, 1, 9.9, 10, 19]) alarms.raise('late', `at ${nowNs}`, nowNs);
  t.deepEqual(told, ['late at 0 1', 'late at 10 3']);
});

test('each alarm is told of each thing that it is about', (t) => {
  const { alarms, told } = rig();
  alarms.raise('late', 'x', 0);
  alarms.raise('late', 'x', 0, 'eth0');
  alarms.raise('late', 'x', 1, 'eth0');
  alarms.raise('lost', 'x', 1);
  t.deepEqual(told, ['late x 1', 'late x 1', 'lost x 1']);
});

test('whoever asks before it makes a text is told whether anyone would read it', (t) => {
  const { alarms } = rig();
  t.false(alarms.isQuiet('late', 0));
  alarms.raise('late', 'x', 0, 'eth0');
  t.deepEqual([alarms.isQuiet('late', 9, 'eth0'), alarms.isQuiet('late', 9)], [true, false]);
  t.false(alarms.isQuiet('late', 10, 'eth0'));
});
