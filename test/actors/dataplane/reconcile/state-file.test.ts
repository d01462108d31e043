import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { openStateFile } from '../../../../src/actors/dataplane/reconcile/state-file.js';
import { driverContext } from '../../../support/rigs/driver-context.js';

const schema = async () => z.object({ version: z.literal(1) });

test('a damaged file is set aside with a warning of what follows, and the next one is written in its place', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fulcrum-state-'));
  const path = join(folder, 'state.json');
  const { log, logged } = driverContext();
  const open = () => openStateFile(path, schema, log, 'what is ours', 'all is taken over');
  for (const text of ['{"version":1', '{"version":2}']) {
    await writeFile(path, text);
    const file = await open();
    t.is(file.initial, null);
    t.is(logged.pop(), 'the file of what is ours is damaged: set aside; all is taken over');
    file.save(() => ({ version: 1 }));
    await file.written();
    t.deepEqual((await open()).initial, { version: 1 });
  }
  t.regex((await readdir(folder)).join(' '), /^state\.json state\.json\.damaged-\d+/);
  t.deepEqual(logged, []);
});
