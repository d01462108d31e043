import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const program = fileURLToPath(new URL('../../support/programs/warm-up-main.js', import.meta.url));

type Left = { readonly before: number; readonly after: number; readonly opened: readonly string[] };

/** Sockets before and after, of a process that does nothing else. */
async function rehearsed(which: 'vrrp' | 'hedge'): Promise<Left> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, which]);
  return JSON.parse(stdout) as Left;
}

test('the rehearsal of VRRP hands the second thread nothing, and leaves no socket behind', async (t) => {
  const { before, after, opened } = await rehearsed('vrrp');
  t.is(after, before);
  t.deepEqual(opened, []);
});

test('the rehearsal of the second thread leaves no socket behind', async (t) => {
  const { before, after } = await rehearsed('hedge');
  t.is(after, before);
});
