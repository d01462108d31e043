import test from 'ava';
import type { DesiredDestination } from '../../../src/model/dataplane/desired-service.js';
import { entryOf } from '../../../src/model/dataplane/table.js';
import type { DestinationSplice } from '../../../src/wire/links/tables.js';
import { byAddress, desired, desiredTable, dest } from '../../support/fixtures/table.js';
import { wanted } from '../../support/rigs/reconciler-rig.js';

const [first, second] = [{ address: '10.0.1.1' }, { address: '10.0.1.2' }];
const splice = (at: number, count: number, ...destinations: DestinationSplice['destinations']): DestinationSplice => ({
  kind: 'splice',
  name: 'web',
  at,
  count,
  destinations,
});

function start() {
  const problems: string[] = [];
  const table = desiredTable(({ reason }) => reason !== null && problems.push(reason));
  return { table, problems };
}

test('what a splice leaves alone stays the very same, so that comparing it costs nothing', (t) => {
  const { table } = start();
  const [key] = table.tell('web', wanted('web', 80, [first, second]));
  const kept = () => (key === undefined ? [] : [...(table.entries.get(key)?.destinations.values() ?? [])]);
  const before = kept();
  const heavier = wanted('web', 80, [{ ...second, weight: 5 }]).destinations;
  t.deepEqual(table.hear(splice(1, 1, ...heavier)), [key]);
  t.is(kept()[0], before[0]);
  t.is(kept()[1]?.weight, 5);
});

test('a splice of what was never told is an error, as the table would be a wrong one from then on', (t) => {
  const { table } = start();
  t.throws(() => table.hear(splice(0, 0)), { message: 'destinations 0 to 0 of web were never told' });
  table.tell('web', wanted('web', 80, [first]));
  for (const wrong of [
    splice(0, 2),
    splice(2, 0),
    splice(-1, 1),
    splice(1, -1),
    splice(0.5, 1),
    splice(Number.NaN, 1),
  ]) {
    t.throws(() => table.hear(wrong), { message: /were never told/ });
  }
  table.restart();
  t.throws(() => table.hear(splice(0, 1)), { message: /were never told/ });
  table.tell('web', null);
  t.throws(() => table.hear(splice(0, 0)), { message: /were never told/ });
});

test('what could not be held as it was told is the base of the next splice all the same', (t) => {
  const { table, problems } = start();
  const [key] = table.tell('web', wanted('web', 80, [first]));
  const bad = wanted('web', 80, [first, { address: 'no-address' }, second]);
  table.tell('web', bad);
  t.deepEqual(problems, ['no-address is no IP address']);
  t.deepEqual(table.hear(splice(1, 1)), [key]);
  const told = { ...bad, destinations: bad.destinations.toSpliced(1, 1) };
  t.deepEqual(key === undefined ? null : table.entries.get(key), entryOf(told));
  t.deepEqual(table.services, [told]);
});

const serving = (name: string, address: string): DesiredDestination => ({
  ...dest(address, 80, { backend: name }),
  targets: [`${name} tcp`],
});
const fallback = { least: 1, by: 'count' as const, inhibit: false, sorry: null };
const web = (...destinations: readonly DesiredDestination[]) =>
  desired('web', byAddress('10.0.0.1', 80), destinations, { fallback });
const [a, b, c] = [serving('a', '10.0.1.1'), serving('b', '10.0.1.2'), serving('c', '10.0.1.3')] as const;

test('what relies on a fallen target is held by no message of the engine, and comes back when the engine has heard of it', (t) => {
  const { table } = start();
  const [key] = table.tell('web', web(a, b));
  const held = () =>
    key === undefined ? [] : Array.from(table.entries.get(key)?.destinations.values() ?? [], (each) => each.backend);
  t.deepEqual(table.withhold(new Set(['b tcp', 'x'])), [key]);
  t.deepEqual(held(), ['a']);
  table.hear(splice(2, 0, c));
  t.deepEqual(held(), ['a', 'c']);
  table.restart();
  table.withhold(new Set(['b tcp']));
  t.deepEqual(held(), ['a', 'c']);
  table.tell('web', web(a, b));
  t.deepEqual(held(), ['a'], 'a new engine, which may know no better');
  const moved = desiredTable();
  moved.inherit(table);
  t.deepEqual(
    [...moved.entries.values()].flatMap(({ destinations }) =>
      Array.from(destinations.values(), (each) => each.backend),
    ),
    ['a'],
  );
  t.deepEqual(table.withhold(new Set()), [key]);
  t.deepEqual(held(), ['a', 'b']);
  t.deepEqual(table.withhold(new Set()), []);
});
