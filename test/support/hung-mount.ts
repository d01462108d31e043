/** A file system whose server never answers, as a network file system does when its server is gone. Needs root. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A directory in which whatever looks at a file hangs, until the test ends or `release` is called. */
export function hungMount(t: ExecutionContext): { readonly directory: string; readonly release: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-hung-'));
  const fd = openSync('/dev/fuse', 'r+');
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
  const { status, stderr } = spawnSync('mount', ['-i', '-t', 'fuse', 'none', directory, '-o', options], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    encoding: 'utf8',
  });
  let held = true;
  const release = () => {
    if (!held) return;
    held = false;
    // Whoever hangs there is told that the connection has ended.
    closeSync(fd);
    if (status === 0) spawnSync('umount', ['-l', directory]);
    rmdirSync(directory);
  };
  t.teardown(release);
  if (status !== 0) throw new Error(`no file system of FUSE can be mounted: ${stderr}`);
  return { directory, release };
}

/** Whether a thread of the process waits for such a server. */
export const hangs = (pid: number): boolean => waitsIn(pid, /fuse|request_wait_answer/);

/** Whether a thread of the process waits in a function of the kernel. */
export const waitsIn = (pid: number, where: RegExp): boolean =>
  readdirSync(`/proc/${pid}/task`).some((task) => {
    try {
      return where.test(readFileSync(`/proc/${pid}/task/${task}/wchan`, 'utf8'));
    } catch {
      // It has just ended.
      return false;
    }
  });
