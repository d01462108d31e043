import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { needs } from '../support/needs.js';

test('packaging/fulcrum.1 has the commands of the program, as scripts/man-page.mjs writes it', (t) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/man-page.mjs', '--check'], { encoding: 'utf8' });
  t.is(status, 0, stderr);
  t.regex(readFileSync('packaging/fulcrum.1', 'utf8'), /\\-\\-watch\\fR/);
});

needs('man')('man reads the page without a warning', (t) => {
  const args = ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', 'packaging/fulcrum.1'];
  const { status, stdout, stderr } = spawnSync('man', args, { encoding: 'utf8' });
  t.is(status, 0);
  t.is(stderr, '');
  t.true(stdout.length > 10_000);
});
