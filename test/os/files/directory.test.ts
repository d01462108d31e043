import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeDirectory, makeDirectorySync } from '../../../src/os/files/directory.js';

const ways = { makeDirectory, makeDirectorySync: async (path: string) => makeDirectorySync(path) };

for (const [name, make] of Object.entries(ways)) {
  test(`${name} makes what is missing above, and leaves what is there`, async (t) => {
    const top = mkdtempSync(join(tmpdir(), 'fulcrum-directory-'));
    t.teardown(() => rmSync(top, { recursive: true }));
    const path = join(top, 'a', 'b', 'c');
    await make(path);
    await make(path);
    t.true(statSync(path).isDirectory());
  });

  test(`${name}: a file in the way is an error`, async (t) => {
    const top = mkdtempSync(join(tmpdir(), 'fulcrum-directory-'));
    t.teardown(() => rmSync(top, { recursive: true }));
    writeFileSync(join(top, 'file'), '');
    await t.throwsAsync(make(join(top, 'file')), { code: 'EEXIST' });
    await t.throwsAsync(make(join(top, 'file', 'b')), { code: 'EEXIST' });
  });

  test(`${name} ends where the file system takes no new names`, async (t) => {
    await t.throwsAsync(make('/proc/fulcrum/state'), { code: 'ENOENT' });
  });
}
