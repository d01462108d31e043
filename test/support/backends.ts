/** Small HTTP backends in processes of their own: they live on while the test's thread is blocked, and can be killed or stopped. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

export type BackendProcess = { readonly port: number; readonly process: ChildProcess };

/** A port that was free a moment ago. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function startBackend(t: ExecutionContext): Promise<BackendProcess> {
  const port = await freePort();
  const program = fileURLToPath(new URL('../../src/cli/demo-backend.js', import.meta.url));
  const child = fork(program, ['127.0.0.1', String(port)]);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return { port, process: child };
}
