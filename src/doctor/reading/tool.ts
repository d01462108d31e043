/** Runs a program of the system for what it prints. */
import { execFile } from 'node:child_process';

/** A ruleset of tens of thousands of rules. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const LIMIT_MS = 10_000;
/** Not those of a project's node_modules, nor only those that a user has on the path. */
const SYSTEM_PATH = '/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin';

export type Ran =
  | { readonly kind: 'ran'; readonly stdout: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly why: string };

export const runTool = (command: string, ...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const options = {
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      env: { PATH: SYSTEM_PATH, LC_ALL: 'C' },
    } as const;
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: 'ran', stdout });
      else if (error.code === 'ENOENT') resolve({ kind: 'missing' });
      else
        resolve({
          kind: 'failed',
          why: stderr.trim().split('\n')[0] || (error.killed ? `no answer in ${LIMIT_MS / 1000} s` : error.message),
        });
    });
  });
