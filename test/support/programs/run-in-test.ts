import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** For a program that ends by itself: one that does not is killed before its test's own limit, so that nothing is left behind. */
export const bounded = { timeout: 110_000, killSignal: 'SIGKILL' } as const;

/** What the program printed. It ends with the test: one that outlives a failed test would keep the whole run. */
export async function runInTest(t: ExecutionContext, program: string, args: readonly string[]): Promise<string> {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const options = { signal: stop.signal, killSignal: bounded.killSignal, maxBuffer: MAX_OUTPUT_BYTES };
  return (await promisify(execFile)(program, args, options)).stdout;
}
