import test from 'ava';
import { watchDrains } from '../../src/dataplane/drain.js';
import type { Counts } from '../../src/dataplane/driver.js';
import { destinationKey, type ServiceKey } from '../../src/dataplane/table.js';
import { quietLog } from '../support/quiet-log.js';
import { startWriter, wanted } from '../support/writer-rig.js';

const counted = (active: number): Counts =>
  new Map([
    [
      'tcp 10.0.0.1:80' as ServiceKey,
      new Map([[destinationKey('10.0.1.1', 80), { active, inactive: 0, connections: 0, bytesIn: 0, bytesOut: 0 }]]),
    ],
  ]);

test('a destination that a look at the table misses once has not lost its connections', async (t) => {
  const { writer, driver, settle } = startWriter();
  writer.touch(writer.desired.tell('a', wanted('a', 80, [{ weight: 0, draining: true }])));
  writer.complete();
  await settle();
  let counts = counted(3);
  let second: () => void = () => t.fail('nothing is looked at');
  const after = (_delayNs: number, then: () => void) => {
    second = then;
    return () => {};
  };
  const told: number[] = [];
  const watch = watchDrains(writer, { ...driver, counts: async () => counts }, { after, log: quietLog }, (_, active) =>
    told.push(active),
  );
  watch.look();
  for (const next of [counted(3), new Map(), counted(2), new Map(), new Map()]) {
    counts = next;
    second();
    await settle();
  }
  t.deepEqual(told, [3, 2, 0]);
  watch.stop();
});
