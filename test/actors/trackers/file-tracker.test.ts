import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FileTracker } from '../../../src/actors/trackers/file-tracker.js';
import type { TrackedFact } from '../../../src/machines/vrrp/tracking.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { until } from '../../support/until.js';

function rig(t: ExecutionContext, name = 'load') {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-file-'));
  const path = join(folder, name);
  const told: TrackedFact[] = [];
  const start = () => {
    const parts = {
      log: silentLog,
      meter: new ActorMeter(),
      reports: { report: (_thing: string, _name: string, fact: TrackedFact) => void told.push(fact) },
    };
    const tracker = new FileTracker('load', { path, weight: 1 }, parts);
    t.teardown(() => tracker.stop());
    return tracker;
  };
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, path, start, told, last: () => told.at(-1) };
}

test('a number is read, and each change of it: written, replaced, removed', async (t) => {
  const { path, start, last } = rig(t);
  writeFileSync(path, '12\n');
  start();
  await until(() => last()?.value === 12);
  writeFileSync(path, ' -7 ');
  await until(() => last()?.value === -7);
  writeFileSync(`${path}.new`, '+30');
  renameSync(`${path}.new`, path);
  await until(() => last()?.value === 30 && last()?.up === true);
  rmSync(path);
  await until(() => last()?.value === 0);
  t.deepEqual(last(), { up: false, value: 0, why: 'the number 0, for there is no such file' });
});

test('a file that is not there counts as 0, and is seen when it comes, in a folder that came later too', async (t) => {
  const { folder, start, last } = rig(t, join('later', 'load'));
  start();
  await until(() => last() !== undefined);
  t.like(last(), { value: 0, up: false });
  mkdirSync(join(folder, 'later'));
  writeFileSync(join(folder, 'later', 'load'), '5');
  await until(() => last()?.value === 5);
  t.pass();
});

const wrong: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  ['text', (path) => writeFileSync(path, 'many'), /holds no whole number/],
  ['two numbers', (path) => writeFileSync(path, '1 2'), /holds no whole number/],
  ['a number beyond any', (path) => writeFileSync(path, '99999999999'), /holds no whole number/],
  ['nothing, as in the middle of a write', (path) => truncateSync(path), /holds no whole number/],
  ['a large file', (path) => writeFileSync(path, Buffer.alloc(50_000_000, '1')), /too large/],
  [
    'a folder',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
    /directory/,
  ],
];
for (const [title, write, why] of wrong) {
  test(`${title} leaves the last number as it is, and is told`, async (t) => {
    const { path, start, last } = rig(t);
    writeFileSync(path, '9');
    start();
    await until(() => last()?.value === 9);
    write(path);
    await until(() => why.test(last()?.why ?? ''));
    t.like(last(), { up: false, value: 9 });
  });
}
