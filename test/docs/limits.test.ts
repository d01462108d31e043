import { spawnSync } from 'node:child_process';
import test from 'ava';

test('docs/limits.md lists the limits of the code, as scripts/limits-docs.mjs writes it', (t) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/limits-docs.mjs', '--check'], { encoding: 'utf8' });
  t.is(status, 0, stderr);
});
