/** Small HTTP backends in processes of their own: they live on while the test's thread is blocked, and can be killed or stopped. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { freePort } from '../fixtures/ports.js';

export type BackendProcess = { readonly port: number; readonly process: ChildProcess };

export async function startBackend(t: ExecutionContext): Promise<BackendProcess> {
  const port = await freePort();
  const program = fileURLToPath(new URL('../../../src/cli/demo/backend.js', import.meta.url));
  const child = fork(program, ['127.0.0.1', String(port)]);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return { port, process: child };
}
