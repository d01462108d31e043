import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runInTest } from '../../support/programs/run-in-test.js';

const program = fileURLToPath(new URL('../../support/programs/left-thread-main.js', import.meta.url));

test('a killed thread that hangs in a system call is left behind; one that runs JavaScript ends', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-thread-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  t.deepEqual(JSON.parse(await runInTest(t, process.execPath, [program, pipe])), [
    { why: 'its thread hangs in a system call, and was left behind', left: true },
    { why: 'exit code 1', left: false },
  ]);
});
