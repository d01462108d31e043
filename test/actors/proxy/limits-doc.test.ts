import { readFileSync } from 'node:fs';
import test from 'ava';
import * as limits from '../../../src/actors/proxy/proxy-limits.js';

test('docs/dataplane.md lists every limit of the proxy with its value', (t) => {
  const rows = [...readFileSync('docs/dataplane.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];
  const listed = rows.map(([, name, value]) => [name, Number(value)]);
  const constants = Object.entries(limits).filter(([, value]) => typeof value === 'number');
  t.deepEqual(listed.sort(), constants.sort());
});
