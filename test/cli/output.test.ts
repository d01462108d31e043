import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { bounded } from '../support/programs/run-in-test.js';

test('an answer that cannot be written is told, and is no answer', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const child = spawn(process.execPath, ['bin/fulcrum.js', 'schema'], { ...bounded, stdio: ['ignore', full, 'pipe'] });
  const closed = once(child, 'close');
  const stderr = child.stderr === null ? '' : await text(child.stderr);
  const [code] = await closed;
  t.is(code, 2);
  t.regex(stderr, /^fulcrum: the output cannot be written: ENOSPC: [^\n]*\n$/);
});
