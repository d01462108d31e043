import test, { type ExecutionContext } from 'ava';
import { watchDrains } from '../../../src/actors/dataplane/drain.js';
import type { Reconciler } from '../../../src/actors/dataplane/reconcile/reconciler.js';
import type { Counts } from '../../../src/dataplane/driver.js';
import { destinationKey, type ServiceKey, serviceKey } from '../../../src/model/dataplane/table.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { startWriter, wanted } from '../../support/rigs/reconciler-rig.js';

const counted = (active: number, inactive = 0, service = 'tcp 10.0.0.1:80'): Counts =>
  new Map([
    [
      service as ServiceKey,
      new Map([[destinationKey('10.0.1.1', 80), { active, inactive, connections: 0, bytesIn: 0, bytesOut: 0 }]]),
    ],
  ]);

const drained = wanted('a', 80, [{ weight: 0, draining: true }]);

async function start(t: ExecutionContext, count: (writer: Reconciler) => Counts, desired = drained) {
  const { writer, driver, settle } = startWriter();
  writer.touch(writer.desired.tell('a', desired));
  writer.complete();
  await settle();
  let second: () => void = () => t.fail('nothing is looked at');
  const after = (_delayNs: number, then: () => void) => {
    second = then;
    return () => {};
  };
  const told: number[] = [];
  const watch = watchDrains(
    writer,
    { ...driver, counts: async () => count(writer) },
    { after, log: silentLog },
    (_, active) => told.push(active),
  );
  t.teardown(watch.stop);
  watch.look();
  return {
    told,
    second: async () => {
      second();
      await settle();
    },
  };
}

test('a destination that a look at the table misses once has not lost its connections', async (t) => {
  const counts = [counted(3), new Map(), counted(2), new Map(), new Map()];
  const { told, second } = await start(t, () => counts.shift() ?? new Map());
  for (let look = 0; look < 5; look += 1) await second();
  t.deepEqual(told, [3, 2, 0]);
});

test('a count from before a drain that was undone and begun again is not told', async (t) => {
  let undone = false;
  const { told, second } = await start(t, (writer) => {
    if (undone) return counted(1);
    undone = true;
    writer.touch(writer.desired.tell('a', wanted('a', 80, [{}])));
    writer.touch(writer.desired.tell('a', drained));
    return counted(0);
  });
  await second();
  t.deepEqual(told, []);
  await second();
  t.deepEqual(told, [1]);
});

test('connections that are not established hold no drain back; of UDP the kernel knows no others', async (t) => {
  const tcp = await start(t, () => counted(1, 5));
  await tcp.second();
  t.deepEqual(tcp.told, [1]);
  const match = { ...drained.match, protocol: 'udp' } as const;
  const udp = await start(t, () => counted(0, 5, serviceKey(match)), { ...drained, match });
  await udp.second();
  t.deepEqual(udp.told, [5]);
});
