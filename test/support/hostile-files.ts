/** What a person may name in the place of a file, by mistake or not: none of it may hold a thread up. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** More than any door reads; the file is sparse. */
const HUGE_BYTES = 2 * 1024 * 1024 * 1024;

export type HostileFile = { readonly what: string; readonly path: string; readonly says: RegExp };

/** All of them, in a directory that goes with the test. */
export async function hostileFiles(t: ExecutionContext): Promise<readonly HostileFile[]> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-hostile-'));
  const at = (name: string) => join(directory, name);
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('directory'));
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), HUGE_BYTES);
  const server = createServer().listen(at('socket'));
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return [
    { what: 'a pipe that nobody writes to', path: at('pipe'), says: /this is no regular file/ },
    { what: 'a directory', path: at('directory'), says: /this is a directory/ },
    { what: 'a device without an end', path: '/dev/zero', says: /this is no regular file/ },
    { what: 'a socket', path: at('socket'), says: /cannot be read: it is a socket or a device/ },
    { what: 'a file of 2 GiB', path: at('huge'), says: /the file is too large/ },
    { what: 'no file', path: at('nothing'), says: /cannot be read: there is no such file/ },
  ];
}
