import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const program = fileURLToPath(new URL('../../support/programs/hanging-thread-main.js', import.meta.url));

test('a process ends with its exit code though one of its threads hangs in a system call', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-leave-'));
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const child = spawn(process.execPath, [program, pipe], { stdio: ['ignore', 'inherit', 'inherit'] });
  t.teardown(() => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  t.deepEqual(await once(child, 'exit'), [7, null]);
});
