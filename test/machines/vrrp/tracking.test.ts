import test from 'ava';
import { judgeTracks, priorityText, type TrackedFact } from '../../../src/machines/vrrp/tracking.js';
import type { TrackedKind, VrrpTrack } from '../../../src/model/config.js';

const judge = (track: VrrpTrack, fact: TrackedFact | null) =>
  judgeTracks([track], {
    interfaceRunning: () => null,
    serviceHealthy: () => null,
    tracked: (kind: TrackedKind, name) => (kind === track.kind && name === 'x' ? fact : null),
  })[0];
const script = (weight: number | null, reverse = false): VrrpTrack => ({
  kind: 'script',
  script: 'x',
  weight,
  reverse,
});
const good: TrackedFact = { up: true, value: 0, why: 'exit code 0' };
const bad: TrackedFact = { up: false, value: 0, why: 'exit code 1' };

test('a script or a process adds its weight, or is a fault without one, as in keepalived', (t) => {
  type Row = readonly [weight: number | null, reverse: boolean, TrackedFact | null, priority: number, fault: boolean];
  const rows: readonly Row[] = [
    [null, false, good, 0, false],
    [null, false, bad, 0, true],
    [null, false, null, 0, true],
    [0, false, bad, 0, true],
    [null, true, good, 0, true],
    [null, true, bad, 0, false],
    [null, true, null, 0, true],
    [20, false, good, 20, false],
    [20, false, bad, 0, false],
    [20, false, null, 0, false],
    [-20, false, good, 0, false],
    [-20, false, bad, -20, false],
    [-20, false, null, -20, false],
    [20, true, good, -20, false],
    [20, true, bad, 0, false],
    [-20, true, good, 0, false],
    [-20, true, bad, 20, false],
  ];
  for (const [weight, reverse, fact, priority, fault] of rows) {
    const tracks: readonly VrrpTrack[] = [script(weight, reverse), { kind: 'process', process: 'x', weight, reverse }];
    for (const track of tracks) {
      const verdict = judge(track, fact);
      t.like(verdict, { priority, name: 'x', up: fact?.up ?? null }, JSON.stringify([track, fact]));
      t.is(verdict?.fault !== null, fault, JSON.stringify([track, fact]));
    }
  }
});

test('a fault says which thing makes it, and why', (t) => {
  t.is(judge(script(null), bad)?.fault, 'tracked script x: exit code 1');
  t.is(judge(script(null), null)?.fault, 'the state of tracked script x is not known yet');
  t.is(judge(script(null, true), good)?.fault, 'tracked script x: exit code 0');
});

test('a file adds its number times the weight: -254 and less is a fault, more than 253 is not added', (t) => {
  type Row = readonly [weight: number, reverse: boolean, value: number, priority: number, fault: boolean];
  const rows: readonly Row[] = [
    [1, false, 0, 0, false],
    [1, false, 7, 7, false],
    [1, false, -7, -7, false],
    [-3, false, 7, -21, false],
    [-3, true, 7, 21, false],
    [1, false, 253, 253, false],
    [1, false, 999_999_999, 253, false],
    [1, false, -253, -253, false],
    [1, false, -254, 0, true],
    [254, false, -999_999_999, 0, true],
    [-1, false, 254, 0, true],
    [1, true, 254, 0, true],
    [0, false, 0, 0, false],
    [0, false, 1, 0, true],
    [0, false, -1, 0, true],
    [0, true, 0, 0, true],
    [0, true, 5, 0, false],
  ];
  for (const [weight, reverse, value, priority, fault] of rows) {
    const fact = { up: true, value, why: `the number ${value}` };
    const verdict = judge({ kind: 'file', file: 'x', weight, reverse }, fact);
    t.is(verdict?.priority, priority, JSON.stringify([weight, reverse, value]));
    t.is(verdict?.fault !== null, fault, JSON.stringify([weight, reverse, value]));
  }
  t.is(
    judge({ kind: 'file', file: 'x', weight: -2, reverse: false }, { up: true, value: 127, why: 'the number 127' })
      ?.fault,
    'tracked file x: the number 127, times the weight -2',
  );
  t.truthy(judge({ kind: 'file', file: 'x', weight: 1, reverse: false }, null)?.fault);
});

test('the priority is explained by what changes it', (t) => {
  const verdicts = [judge(script(-20), bad), judge(script(5), good), judge(script(5), bad)].flatMap((one) => one ?? []);
  t.is(priorityText(verdicts), 'script x -20 (exit code 1), script x +5 (exit code 0)');
  t.is(priorityText([]), 'as configured');
});
