import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { takesColour } from '../../../src/wire/text/colour.js';

test('colour is for a terminal whose user has not asked for plain text', (t) => {
  t.true(takesColour(true, { TERM: 'xterm', NO_COLOR: '' }));
  t.true(takesColour(true, {}));
  t.false(takesColour(false, { TERM: 'xterm' }));
  t.false(takesColour(true, { TERM: 'xterm', NO_COLOR: '1' }));
  t.false(takesColour(true, { TERM: 'dumb' }));
});

test('nothing else in the program decides on colour', (t) => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const deciding = files.filter((name) => readFileSync(join('src', name), 'utf8').includes('NO_COLOR'));
  t.deepEqual(deciding, [join('wire', 'text', 'colour.ts')]);
});
