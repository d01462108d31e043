import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { EngineState } from '../../../../src/actors/engine/state/engine-state.js';
import { loadState, saveState } from '../../../../src/actors/engine/state/state-file.js';
import { parseState } from '../../../../src/actors/engine/state/state-text.js';
import { ns } from '../../../../src/model/units.js';

const state: EngineState = {
  statuses: Array.from({ length: 2500 }, (_, index) => ({
    key: `key-${index}`,
    state: index % 2 === 0 ? ('healthy' as const) : ('unhealthy' as const),
    failures: index,
    successes: 0,
    probes: index,
    passed: 0,
    lastCheckMs: 1_700_000_000_000,
    durationNs: ns(1.5e6),
    cause: index % 2 === 0 ? null : ('refused' as const),
    message: 'connection refused: "x"\n',
  })),
  healthy: ['web'],
  names: new Map([
    ['a.example.net', '192.0.2.7'],
    ['b.example.net', '2001:db8::7'],
  ]),
  overrides: [
    { kind: 'backend', service: 'web', backend: 'a', state: 'disabled', why: 'by an operator' },
    { kind: 'service', service: 'web', enabled: false },
  ],
};

const file = async () => join(await mkdtemp(join(tmpdir(), 'fulcrum-state-')), 'sub', 'state.ndjson');

test('what was saved is loaded', async (t) => {
  const path = await file();
  await saveState(path, state);
  t.deepEqual(await loadState(path), { kind: 'loaded', state });
});

test('no file is no error', async (t) => {
  t.deepEqual(await loadState(await file()), { kind: 'absent' });
});

test('a file cut short at any line, or with a changed byte, is not believed', async (t) => {
  const path = await file();
  await saveState(path, { ...state, statuses: state.statuses.slice(0, 5) });
  const text = await readFile(path, 'utf8');
  t.notThrows(() => parseState(text));
  for (let length = 0; length < text.length; length += 7) t.throws(() => parseState(text.slice(0, length)));
  t.throws(() => parseState(text.replace('key-3', 'key-4')), { message: 'its checksum does not fit' });
  t.throws(() => parseState('\0\0\0\n'));
});

test('a damaged file is set aside, not deleted', async (t) => {
  const path = await file();
  await saveState(path, state);
  await writeFile(path, 'garbage\n');
  const result = await loadState(path);
  t.is(result.kind, 'damaged');
  const left = await readdir(join(path, '..'));
  t.is(left.length, 1);
  t.true(left[0]?.startsWith('state.ndjson.damaged-'));
});

test('a file that cannot be read stays where it is', async (t) => {
  const path = await file();
  await mkdir(path, { recursive: true });
  t.like(await loadState(path), { kind: 'unreadable', why: 'this is a directory: name the file in it' });
  t.deepEqual(await readdir(join(path, '..')), ['state.ndjson']);
});
