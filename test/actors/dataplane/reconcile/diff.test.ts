import test from 'ava';
import fc from 'fast-check';
import { diff } from '../../../../src/actors/dataplane/reconcile/diff.js';
import { applyChange, type Change, copyTable } from '../../../../src/model/dataplane/change.js';
import {
  type DestinationKey,
  destinationKey,
  type Entry,
  sameDestination,
  sameService,
  serviceKey,
  type Table,
  type TableDestination,
} from '../../../../src/model/dataplane/table.js';
import { port as portOf } from '../../../../src/model/units.js';

const destinationArbitrary = fc
  .record({
    id: fc.integer({ min: 1, max: 5 }),
    weight: fc.integer({ min: 0, max: 3 }),
    forwarding: fc.constantFrom('nat', 'dsr', 'tun'),
    maxConnections: fc.constantFrom(0, 10),
  })
  .map(({ id, ...facts }): TableDestination => {
    const address = `10.0.1.${id}`;
    return { key: destinationKey(address, 80), backend: `b${id}`, address, port: 80, tunnel: null, ...facts };
  });

const entryArbitrary = fc
  .record({
    id: fc.integer({ min: 1, max: 8 }),
    scheduler: fc.constantFrom('rr', 'wlc'),
    onePacket: fc.boolean(),
    destinations: fc.uniqueArray(destinationArbitrary, { selector: ({ key }) => key, maxLength: 5 }),
  })
  .map(({ id, scheduler, onePacket, destinations }): Entry => {
    const match = { kind: 'address', address: '10.0.0.1', port: portOf(id), protocol: 'tcp' } as const;
    const service = {
      key: serviceKey(match),
      name: `s${id}`,
      match,
      scheduler,
      schedulerFlags: [],
      persistenceNs: null,
      onePacket,
    };
    return { service, destinations: new Map(destinations.map((one) => [one.key, one])) };
  });

const tableArbitrary = fc
  .uniqueArray(entryArbitrary, { selector: ({ service }) => service.key, maxLength: 8 })
  .map((entries): Table => new Map(entries.map((entry) => [entry.service.key, entry])));

/** Without the order of its entries, which says nothing. */
const sorted = (table: Table) =>
  Array.from(table.values(), ({ service, destinations }) => ({
    service,
    destinations: [...destinations.values()].toSorted((a, b) => a.key.localeCompare(b.key)),
  })).toSorted((a, b) => a.service.key.localeCompare(b.service.key));

const everything = { only: null, mayRemove: () => true, maxRemovals: null } as const;

/** The fewest writes: one for each service or destination that is new, another, or gone with its service still there. */
function fewest(current: Table, desired: Table): number {
  let writes = 0;
  for (const [key, want] of desired) {
    const has = current.get(key);
    if (has === undefined || !sameService(has.service, want.service)) writes += 1;
    const there = has?.destinations ?? new Map<DestinationKey, TableDestination>();
    for (const one of want.destinations.values()) {
      const was = there.get(one.key);
      if (was === undefined || !sameDestination(was, one)) writes += 1;
    }
    for (const one of there.keys()) if (!want.destinations.has(one)) writes += 1;
  }
  for (const key of current.keys()) if (!desired.has(key)) writes += 1;
  return writes;
}

test('the changes lead from any table to any other, each is possible when its turn comes, and none is superfluous', (t) => {
  fc.assert(
    fc.property(tableArbitrary, tableArbitrary, (current, desired) => {
      const { changes, deferred } = diff(current, desired, everything);
      const table = copyTable(current);
      for (const change of changes) t.is(applyChange(table, change), null);
      t.deepEqual(sorted(table), sorted(desired));
      t.is(changes.length, fewest(current, desired));
      t.deepEqual(deferred, []);
      t.deepEqual(diff(table, desired, everything).changes, []);
    }),
    { seed: 3, numRuns: 1000 },
  );
});

test('no service that has a destination with weight before and after is without one in between', (t) => {
  const takesTraffic = (entry: Entry | undefined) =>
    entry !== undefined && [...entry.destinations.values()].some(({ weight }) => weight > 0);
  fc.assert(
    fc.property(tableArbitrary, tableArbitrary, (current, desired) => {
      const table = copyTable(current);
      const watched = [...desired.keys()].filter(
        (key) => takesTraffic(current.get(key)) && takesTraffic(desired.get(key)),
      );
      for (const change of diff(current, desired, everything).changes) {
        applyChange(table, change);
        for (const key of watched) t.true(takesTraffic(table.get(key)), key);
      }
    }),
    { seed: 4, numRuns: 1000 },
  );
});

test('what may not be removed stays, and no more than the limit goes', (t) => {
  fc.assert(
    fc.property(tableArbitrary, tableArbitrary, fc.nat(4), (current, desired, maxRemovals) => {
      const mayRemove = (key: string) => !key.endsWith('3');
      const { changes, deferred } = diff(current, desired, { only: null, mayRemove, maxRemovals });
      const removed = changes.filter((change) => change.kind === 'remove-service').map(({ service }) => service.key);
      const gone = [...current.keys()].filter((key) => !desired.has(key) && mayRemove(key));
      t.true(removed.length <= maxRemovals);
      t.deepEqual([...removed, ...deferred].toSorted(), gone.toSorted());
      t.is(removed.length, Math.min(maxRemovals, gone.length));
    }),
    { seed: 5 },
  );
});

test('only the services asked for are looked at', (t) => {
  fc.assert(
    fc.property(tableArbitrary, tableArbitrary, (current, desired) => {
      const only = [...current.keys(), ...desired.keys()].filter((key) => key.endsWith('1') || key.endsWith('2'));
      const { changes } = diff(current, desired, { ...everything, only: new Set(only) });
      const all = diff(current, desired, everything).changes;
      t.deepEqual(changes.length, all.filter((change) => only.includes(change.service.key)).length);
    }),
    { seed: 6 },
  );
});

const kinds = (changes: readonly Change[]) => changes.map((change) => change.kind);
const table = (...entries: readonly Entry[]): Table => new Map(entries.map((entry) => [entry.service.key, entry]));
const entry = (port: number, destinations: readonly Partial<TableDestination>[]): Entry => {
  const match = { kind: 'address', address: '10.0.0.1', port: portOf(port), protocol: 'tcp' } as const;
  const facts = { match, scheduler: 'rr', schedulerFlags: [], persistenceNs: null, onePacket: false };
  const all = destinations.map((more, index): TableDestination => {
    const address = more.address ?? `10.0.1.${index}`;
    return {
      key: destinationKey(address, 80),
      backend: null,
      address,
      port: 80,
      weight: 1,
      forwarding: 'nat',
      maxConnections: 0,
      tunnel: null,
      ...more,
    };
  });
  return {
    service: { key: serviceKey(match), name: null, ...facts },
    destinations: new Map(all.map((one) => [one.key, one])),
  };
};

test('a weight is changed in place, another way of forwarding is a replacement', (t) => {
  const before = table(entry(80, [{}, {}]));
  t.deepEqual(kinds(diff(before, table(entry(80, [{ weight: 5 }, {}])), everything).changes), ['set-destination']);
  t.deepEqual(kinds(diff(before, table(entry(80, [{ forwarding: 'dsr' }, {}])), everything).changes), [
    'replace-destination',
  ]);
  const tunnelled = entry(80, [{ forwarding: 'tun', tunnel: { type: 'gue', port: 6080 } }, {}]);
  t.deepEqual(kinds(diff(table(tunnelled), before, everything).changes), ['replace-destination']);
});

test('a dead backend goes before any new service is made', (t) => {
  const { changes } = diff(table(entry(80, [{}, {}])), table(entry(81, [{}]), entry(80, [{}])), everything);
  t.deepEqual(kinds(changes), ['remove-destination', 'add-service', 'add-destination']);
});

test('10,000 unchanged entries give no change', (t) => {
  const large = (): Table =>
    table(
      ...Array.from({ length: 1000 }, (_, index) =>
        entry(
          index + 1,
          Array.from({ length: 10 }, () => ({})),
        ),
      ),
    );
  t.deepEqual(diff(large(), large(), everything).changes, []);
});
