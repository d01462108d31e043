import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** What the program printed. It ends with the test: one that outlives a failed test would keep the whole run. */
export async function runInTest(t: ExecutionContext, program: string, args: readonly string[]): Promise<string> {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const options = { signal: stop.signal, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES } as const;
  return (await promisify(execFile)(program, args, options)).stdout;
}
