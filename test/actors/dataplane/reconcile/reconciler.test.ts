import test from 'ava';
import { applyChange } from '../../../../src/model/dataplane/change.js';
import type { DesiredService } from '../../../../src/model/dataplane/desired-service.js';
import { destinationKey, type ServiceKey } from '../../../../src/model/dataplane/table.js';
import {
  memoryOwnership,
  settings,
  startWriter,
  tableText,
  type WriterRig,
  wanted,
} from '../../../support/rigs/reconciler-rig.js';

const tell = (rig: WriterRig, ...services: readonly DesiredService[]) => {
  for (const service of services) rig.writer.touch(rig.writer.desired.tell(service.name, service), 1);
};
const untell = (rig: WriterRig, name: string) => rig.writer.touch(rig.writer.desired.tell(name, null), 1);
const kinds = (rig: WriterRig) => rig.calls.map((call) => call.map((change) => change.kind));
const eventOps = (rig: WriterRig) =>
  rig.events.map((event) => ('op' in event ? `${event.type} ${event.op}` : event.type));

test('what is told together is written together, a service before its destinations', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}, {}]), wanted('b', 81, [{}]));
  rig.writer.complete();
  await rig.settle();
  t.deepEqual(kinds(rig), [['add-service', 'add-destination', 'add-destination', 'add-service', 'add-destination']]);
  t.deepEqual(tableText(rig.table), [
    'tcp 10.0.0.1:80 = 10.0.1.1:80*1 10.0.1.2:80*1',
    'tcp 10.0.0.1:81 = 10.0.1.1:80*1',
  ]);
});

test('a writer that is held reads and writes nothing; once released it writes all', async (t) => {
  const rig = startWriter();
  rig.writer.hold();
  tell(rig, wanted('a', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  t.deepEqual([rig.reads(), rig.calls.length], [1, 0]);
  rig.writer.release();
  await rig.settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1']);
});

test('one that is stopped while it is held has written nothing', async (t) => {
  const rig = startWriter();
  rig.writer.hold();
  tell(rig, wanted('a', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  await rig.writer.stop('keep');
  t.deepEqual(rig.calls, []);
});

test('what comes first is written at once, and what follows in the same turn of the event loop together', async (t) => {
  const rig = startWriter();
  rig.writer.complete();
  await rig.settle();
  // As a port delivers messages: one after the other in one turn, microtasks in between.
  for (const port of [80, 81, 82, 83]) {
    tell(rig, wanted(`service-${port}`, port, []));
    for (let microtask = 0; microtask < 100; microtask += 1) await null;
  }
  t.deepEqual(kinds(rig), [['add-service']]);
  await rig.settle();
  t.deepEqual(kinds(rig), [['add-service'], ['add-service', 'add-service', 'add-service']]);
});

test('nothing is removed before everything has been told, and then all that was not', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}, {}]), wanted('b', 81, [{}]));
  rig.writer.complete();
  await rig.settle();
  // The engine is started again.
  rig.writer.desired.restart();
  tell(rig, wanted('a', 80, [{}]));
  await rig.settle();
  t.is(rig.calls.length, 1);
  rig.writer.complete();
  await rig.settle();
  t.deepEqual(kinds(rig)[1], ['remove-destination', 'remove-service']);
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1']);
});

test('of what is undecided, what is there stays as it is, and nothing is added', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}, { weight: 3 }]));
  rig.writer.complete();
  await rig.settle();
  const undecided = [2, 3].map((last) => ({ address: `10.0.1.${last}`, port: 80 }));
  tell(rig, { ...wanted('a', 80, [{}]), undecided });
  await rig.settle();
  t.is(rig.calls.length, 1);
  t.deepEqual(await rig.writer.drift(), []);
  tell(rig, wanted('a', 80, [{}]));
  await rig.settle();
  t.deepEqual(kinds(rig)[1], ['remove-destination']);
});

test('a failed change stops no other, is told once, and is tried again until it works', async (t) => {
  const rig = startWriter();
  rig.refuse = (change) =>
    change.service.name === 'a' && change.kind === 'add-service'
      ? { ok: false, code: 'EADDRINUSE', message: 'taken' }
      : null;
  tell(rig, wanted('a', 80, [{}]), wanted('b', 81, [{}]));
  rig.writer.complete();
  await rig.settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:81 = 10.0.1.1:80*1']);
  await rig.advance(20e9);
  t.true(rig.calls.length >= 5);
  t.deepEqual(
    rig.events.filter((event) => event.type === 'dataplane' && event.op.endsWith('failed')).map((event) => event.why),
    ['taken'],
  );
  rig.refuse = () => null;
  await rig.advance(5e9);
  t.is(rig.table.size, 2);
  t.true(eventOps(rig).includes('dataplane recovered'));
  const calls = rig.calls.length;
  await rig.advance(20e9);
  t.is(rig.calls.length, calls);
});

test('drift is repaired, counted and told', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{ weight: 3 }, {}]), wanted('b', 81, [{}]));
  rig.writer.complete();
  await rig.settle();
  const before = tableText(rig.table);
  const entry = rig.table.get('tcp 10.0.0.1:80' as ServiceKey);
  const destinations = new Map(entry?.destinations);
  for (const one of destinations.values()) destinations.set(one.key, { ...one, weight: 7 });
  if (entry !== undefined) rig.table.set(entry.service.key, { ...entry, destinations });
  rig.table.delete('tcp 10.0.0.1:81' as ServiceKey);
  rig.events.length = 0;
  await rig.advance(31e9);
  t.deepEqual(tableText(rig.table), before);
  t.deepEqual(eventOps(rig).slice(0, 4).toSorted(), [
    'drift add-destination',
    'drift add-service',
    'drift set-destination',
    'drift set-destination',
  ]);
  const drift = rig.meter.take().find((sample) => sample.name === 'fulcrum_ipvs_drift_total');
  t.is(drift?.type === 'counter' && drift.value, 4);
});

test('reconciling a table that is as it should be reads once and writes nothing', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  const reads = rig.reads();
  await rig.advance(30e9);
  t.is(rig.reads(), reads + 1);
  t.is(rig.calls.length, 1);
});

test('what is not ours is left alone, until the configuration names it', async (t) => {
  const owned = new Set<ServiceKey>();
  const rig = startWriter({ shared: true, ownership: memoryOwnership(owned) });
  const other = startWriter();
  tell(other, wanted('theirs', 9000, [{}]), wanted('claimed', 9001, [{}]));
  await other.settle();
  // Made behind the writer's back: it finds out when the kernel says EEXIST.
  for (const [key, entry] of other.table) rig.table.set(key, entry);
  tell(rig, wanted('mine', 80, [{}]), wanted('claimed', 9001, [{ weight: 5 }]));
  rig.writer.complete();
  await rig.settle();
  await rig.advance(1e9);
  t.deepEqual(tableText(rig.table), [
    'tcp 10.0.0.1:80 = 10.0.1.1:80*1',
    'tcp 10.0.0.1:9000 = 10.0.1.1:80*1',
    'tcp 10.0.0.1:9001 = 10.0.1.1:80*5',
  ]);
  t.true(eventOps(rig).includes('dataplane adopt'));
  untell(rig, 'mine');
  untell(rig, 'claimed');
  await rig.settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:9000 = 10.0.1.1:80*1']);
  t.deepEqual([...owned], []);
  rig.writer.configure({ manage: 'all', maxRemovals: null, reconcileIntervalNs: 30e9 as never });
  await rig.settle();
  t.is(rig.table.size, 0);
});

/** 25 services were written, and nobody wants them any more: the first round of removals is over. */
async function startUnwanted(maxRemovals: number) {
  const rig = startWriter({ settings: { maxRemovals } });
  const names = Array.from({ length: 25 }, (_, index) => `s${index}`);
  tell(rig, ...names.map((name, index) => wanted(name, 100 + index, [])));
  rig.writer.complete();
  await rig.settle();
  for (const name of names) untell(rig, name);
  await rig.settle();
  return rig;
}

test('no more services are removed in a round than the limit says', async (t) => {
  const rig = await startUnwanted(10);
  t.is(rig.table.size, 15);
  t.true(eventOps(rig).includes('dataplane removal-limited'));
  tell(rig, wanted('more', 99, []));
  await rig.settle();
  t.is(rig.table.size, 16);
  await rig.advance(1e9);
  t.is(rig.table.size, 6);
  await rig.advance(1e9);
  t.is(rig.table.size, 1);
});

test('a reload without the limit overrides it: what waits to be removed goes at once', async (t) => {
  const rig = await startUnwanted(2);
  t.is(rig.table.size, 23);
  rig.writer.configure({ ...settings, maxRemovals: null });
  await rig.settle();
  t.is(rig.table.size, 0);
});

test('a service that the driver cannot do keeps its old parameters, but no dead backend', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}, {}]));
  rig.writer.complete();
  await rig.settle();
  tell(rig, wanted('a', 80, [{}], { scheduler: 'impossible' }));
  await rig.settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1']);
  t.true(eventOps(rig).includes('dataplane refused'));
});

test('a service that moves to another address is there before the old one goes', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  tell(rig, wanted('a', 81, [{}]));
  await rig.settle();
  t.deepEqual(kinds(rig)[1], ['add-service', 'add-destination', 'remove-service']);
});

test('renaming a service writes nothing', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  tell(rig, wanted('b', 80, [{}]));
  untell(rig, 'a');
  await rig.settle();
  t.is(rig.calls.length, 1);
});

test('stopping with flush removes what is ours, with keep nothing', async (t) => {
  for (const onStop of ['flush', 'keep'] as const) {
    const rig = startWriter();
    tell(rig, wanted('a', 80, [{}]));
    rig.writer.complete();
    await rig.settle();
    await rig.writer.stop(onStop);
    t.is(rig.table.size, onStop === 'flush' ? 0 : 1);
  }
});

test('an update is timed from the message that asked for it', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}]));
  await rig.settle();
  const timed = rig.meter.take().filter((sample) => sample.name === 'fulcrum_ipvs_update_seconds');
  t.is(timed.length, 1);
});

const driftOps = (rig: WriterRig) => rig.events.flatMap((event) => (event.type === 'drift' ? [event.op] : []));

test('a write does not wait for a look at the table, and what it wrote is not taken for drift', async (t) => {
  const rig = startWriter();
  tell(rig, wanted('a', 80, [{}, {}]), wanted('b', 81, [{}]));
  rig.writer.complete();
  await rig.settle();
  const release = rig.holdRead();
  await rig.advance(31e9);
  t.is(rig.reads(), 2);
  tell(rig, wanted('a', 80, [{ weight: 0 }, {}]), wanted('c', 82, [{}]));
  untell(rig, 'b');
  await rig.settle();
  const now = ['tcp 10.0.0.1:80 = 10.0.1.1:80*0 10.0.1.2:80*1', 'tcp 10.0.0.1:82 = 10.0.1.1:80*1'];
  t.deepEqual(tableText(rig.table), now);
  const before = rig.calls.length;
  release();
  await rig.settle();
  t.deepEqual(driftOps(rig), []);
  t.is(rig.calls.length, before);
  t.deepEqual(tableText(rig.table), now);
  // The next look sees the whole table as it is.
  await rig.advance(30e9);
  t.is(rig.calls.length, before);
});

test('what someone else changes in our service is repaired and told; what they do with their own is no drift', async (t) => {
  const rig = startWriter({ shared: true, ownership: memoryOwnership() });
  tell(rig, wanted('mine', 80, [{}, {}]));
  rig.writer.complete();
  await rig.settle();
  const theirs = startWriter();
  tell(theirs, wanted('theirs', 9000, [{}]));
  await theirs.settle();
  for (const [key, entry] of theirs.table) rig.table.set(key, entry);
  await rig.advance(31e9);
  for (const [key] of theirs.table) rig.table.delete(key);
  await rig.advance(30e9);
  t.deepEqual(driftOps(rig), []);
  const [[, mine] = []] = rig.table;
  const destinations = mine?.destinations as Map<unknown, unknown>;
  destinations.delete([...destinations.keys()][0]);
  await rig.advance(30e9);
  t.deepEqual(driftOps(rig), ['add-destination']);
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.2:80*1 10.0.1.1:80*1']);
});

test('drift is told while something else fails, and when a write shows that someone else was faster', async (t) => {
  const rig = startWriter({ shared: true, ownership: memoryOwnership() });
  rig.refuse = (change) =>
    change.service.name === 'never' ? { ok: false, code: 'ERR_NO_SCHEDULER', message: 'no such scheduler' } : null;
  tell(rig, wanted('a', 80, [{}]), wanted('never', 81, [{}]));
  rig.writer.complete();
  await rig.settle();
  rig.table.delete('tcp 10.0.0.1:80' as ServiceKey);
  await rig.advance(6e9);
  t.deepEqual(driftOps(rig).toSorted(), ['add-destination', 'add-service']);
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1']);
  untell(rig, 'never');
  await rig.settle();
  // A write that may have been carried out or not: what is found then is nobody's drift.
  rig.events.length = 0;
  rig.refuse = (change) => {
    applyChange(rig.table, change);
    return { ok: false, code: 'ERR_UNKNOWN', message: 'lost' };
  };
  tell(rig, wanted('a', 80, [{ weight: 2 }]));
  await rig.settle();
  rig.refuse = () => null;
  await rig.advance(1e9);
  t.deepEqual(driftOps(rig), []);
  tell(rig, wanted('a', 80, [{}]));
  await rig.settle();
  rig.table.delete('tcp 10.0.0.1:80' as ServiceKey);
  rig.writer.changed('another program writes');
  await rig.settle();
  t.deepEqual(driftOps(rig).toSorted(), ['add-destination', 'add-service']);
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*1']);
});

test('a service of ours that is gone at the start, as after a reboot, is not ours when someone else makes it', async (t) => {
  const owned = new Set(['tcp 10.0.0.1:9000' as ServiceKey, 'tcp 10.0.0.1:80' as ServiceKey]);
  const rig = startWriter({ shared: true, ownership: memoryOwnership(owned) });
  tell(rig, wanted('mine', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  t.deepEqual([...owned], ['tcp 10.0.0.1:80']);
  const theirs = startWriter();
  tell(theirs, wanted('theirs', 9000, [{}]));
  await theirs.settle();
  for (const [key, entry] of theirs.table) rig.table.set(key, entry);
  await rig.advance(60e9);
  t.is(rig.table.size, 2);
});

test('a look that is asked for while a write runs follows it', async (t) => {
  const rig = startWriter({ shared: true, ownership: memoryOwnership() });
  tell(rig, wanted('a', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  rig.table.clear();
  rig.refuse = () => {
    rig.writer.changed('someone else wrote');
    return null;
  };
  tell(rig, wanted('a', 80, [{ weight: 3 }]));
  await rig.settle();
  t.deepEqual(tableText(rig.table), ['tcp 10.0.0.1:80 = 10.0.1.1:80*3']);
});

test('a destination takes no more connections once its weight is written, whatever else of its service fails', async (t) => {
  const rig = startWriter();
  const draining = { weight: 0, draining: true } as const;
  tell(rig, wanted('a', 80, [{}]));
  rig.writer.complete();
  await rig.settle();
  const [key, destination] = ['tcp 10.0.0.1:80' as ServiceKey, destinationKey('10.0.1.1', 80)];
  const isClosed = () => rig.writer.isClosed(key, destination);
  t.false(isClosed());
  const whileWritten: boolean[] = [];
  rig.refuse = (change) => {
    whileWritten.push(isClosed());
    return change.kind === 'add-destination' ? { ok: false, code: 'EINVAL', message: 'no' } : null;
  };
  tell(rig, wanted('a', 80, [draining]));
  t.false(isClosed());
  await rig.settle();
  t.deepEqual(whileWritten, [false]);
  t.true(isClosed());
  tell(rig, wanted('a', 80, [draining, {}]));
  t.false(isClosed());
  await rig.settle();
  t.true(isClosed(), 'its neighbour is what fails');
  tell(rig, wanted('a', 80, [{}]));
  await rig.settle();
  t.deepEqual(whileWritten, [false, false, false]);
  t.false(isClosed());
});
