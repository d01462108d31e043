import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createFileChecker } from '../../../src/checks/file/checker.js';
import type { Outcome } from '../../../src/model/probe.js';
import { fileCheck, probeOnce, summary, testContext } from '../../support/fixtures/checks.js';

function fileOf(t: ExecutionContext, text: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-file-check-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'weight');
  if (text !== null) writeFileSync(path, text);
  return path;
}

async function look(t: ExecutionContext, text: string | null, weight = 1) {
  const outcome = await probeOnce(createFileChecker, { port: 80 }, { ...fileCheck, path: fileOf(t, text), weight });
  return { said: summary(outcome), weight: outcome.kind === 'healthy' ? outcome.weight : undefined };
}
const add = (weight: number) => ({ kind: 'add', weight });

test('the number times the weight is added; no file is 0', async (t) => {
  t.deepEqual(await look(t, '5\n'), { said: 'healthy: the number 5', weight: add(5) });
  t.deepEqual(await look(t, '5', -3), { said: 'healthy: the number 5', weight: add(-15) });
  t.deepEqual(await look(t, null, -3), {
    said: 'healthy: the number 0, for there is no such file',
    weight: add(0),
  });
  t.deepEqual(await look(t, '2147483648', 2147483647), {
    said: 'healthy: the number 2147483648',
    weight: add(2147483647),
  });
});

test('a sum of -2147483648 or less is a failure, as in keepalived', async (t) => {
  t.deepEqual((await look(t, '-2147483647')).weight, add(-2147483647));
  t.is((await look(t, '-2147483648')).said, 'status: the number -2147483648, times the weight 1');
  t.is((await look(t, '2147483647', -2)).said, 'status: the number 2147483647, times the weight -2');
});

test('with weight 0 any number but 0 is a failure, and nothing is said of the weight', async (t) => {
  t.deepEqual(await look(t, '0', 0), { said: 'healthy: the number 0', weight: undefined });
  t.is((await look(t, '-1', 0)).said, 'status: the number -1');
  t.deepEqual(await look(t, null, 0), {
    said: 'healthy: the number 0, for there is no such file',
    weight: undefined,
  });
});

test('a file whose file system hangs says nothing of the backend', async (t) => {
  const context = { ...testContext, readFile: async () => ({ kind: 'late', why: 'it hangs' }) as const };
  const outcome = await probeOnce(() => createFileChecker(context), { port: 80 }, { ...fileCheck, path: '/x' });
  t.is(summary(outcome), 'error: /x: it hangs');
});

test('whoever probes hears of each change, the number that was there goes on while a write is under way, and none is heard after the end', async (t) => {
  const path = fileOf(t, '5');
  const checker = createFileChecker(testContext);
  t.teardown(() => checker.close());
  // Its watch keeps no process from ending.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  let heard: () => void = () => {};
  let ended: (outcome: Outcome) => void = () => {};
  let late = 0;
  const spec = { host: '10.0.0.1', port: 80, check: { ...fileCheck, path }, mark: null };
  const other = checker.prepare(spec, { ended: () => {}, news: () => (late += 1) });
  const prepared = checker.prepare(spec, { ended: (outcome) => ended(outcome), news: () => heard() });
  const probe = () =>
    new Promise<Outcome>((resolve) => {
      ended = resolve;
      prepared.start();
    });
  const change = async (write: () => void) => {
    const news = new Promise<void>((resolve) => {
      heard = resolve;
    });
    write();
    await news;
    return probe();
  };
  other.release?.();
  t.like(await probe(), { kind: 'healthy', weight: add(5) });
  t.like(await change(() => writeFileSync(path, '')), {
    kind: 'healthy',
    message: 'the number 5, for it holds no whole number',
    weight: add(5),
  });
  const replace = () => {
    writeFileSync(`${path}.new`, '7');
    renameSync(`${path}.new`, path);
  };
  t.like(await change(replace), { kind: 'healthy', message: 'the number 7', weight: add(7) });
  t.like(await change(() => rmSync(path)), { kind: 'healthy', weight: add(0) });
  t.false(existsSync(path));
  t.is(late, 0, 'one that was let go hears nothing');
});
