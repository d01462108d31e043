import test from 'ava';
import fc from 'fast-check';
import type { DesiredDestination } from '../../../src/model/dataplane/desired-service.js';
import { spliced, spliceOf } from '../../../src/wire/links/destination-splice.js';
import { dest } from '../../support/fixtures/table.js';

const tunnel = fc.constantFrom<DesiredDestination['tunnel']>(
  null,
  { type: 'gre', port: 0 },
  { type: 'gue', port: 5000 },
);
/** Few values of each, so that lists are often alike. */
const destination: fc.Arbitrary<DesiredDestination> = fc.record({
  backend: fc.constantFrom('a', 'b', 'c'),
  address: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1'),
  port: fc.constantFrom(80, 81),
  weight: fc.constantFrom(0, 1),
  forwarding: fc.constantFrom('nat', 'dsr', 'tun'),
  maxConnections: fc.constantFrom(0, 5),
  tunnel,
  draining: fc.boolean(),
});
const list = fc.array(destination, { maxLength: 8 });
/** A list, and the same one with a few splices made. */
const pair = fc
  .tuple(list, fc.array(fc.tuple(fc.nat(8), fc.nat(2), fc.array(destination, { maxLength: 2 })), { maxLength: 3 }))
  .map(([before, edits]) => {
    const after = edits.reduce((now, [at, count, items]) => now.toSpliced(at, count, ...items), before);
    return [before, after.map((one) => ({ ...one }))] as const;
  });

test('a splice makes the one list of the other, and there is none between lists that are alike', (t) => {
  fc.assert(
    fc.property(fc.oneof(pair, fc.tuple(list, list)), ([before, after]) => {
      const splice = spliceOf(before, after);
      if (splice === null) {
        t.deepEqual(after, before);
        return;
      }
      t.notDeepEqual(after, before);
      t.deepEqual(spliced(before, splice.at, splice.count, splice.destinations), after);
    }),
    { numRuns: 2000, seed: 4 },
  );
});

test('one destination that changed, came or went is the whole splice', (t) => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ ...dest('10.0.0.1', 80), backend: `b${index}` }));
  for (const at of [0, 1, 500, 999]) {
    const changed = { ...dest('10.0.0.1', 80), backend: `b${at}`, weight: 9 };
    t.deepEqual(spliceOf(many, many.with(at, changed)), { at, count: 1, destinations: [changed] });
    t.deepEqual(spliceOf(many, many.toSpliced(at, 1)), { at, count: 1, destinations: [] });
    t.deepEqual(spliceOf(many, many.toSpliced(at, 0, changed)), { at, count: 0, destinations: [changed] });
  }
});
