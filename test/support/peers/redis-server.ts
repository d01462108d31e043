import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../fixtures/ports.js';
import type { TestCertificate } from './certificates.js';
import { type ServerProcess, startServer } from './server-process.js';

export type RedisServer = ServerProcess & { readonly port: number; readonly url: string; restart(): Promise<void> };

export const redisPassword = 'redis-Secret-82';

/** A server of its own, with a password and nothing on disk; gone when the test ends. Needs `redis-server`. */
export async function startRedis(
  t: ExecutionContext,
  /** Then it speaks TLS alone. */
  certificate: TestCertificate | null = null,
): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-redis-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const port = await freePort();
  const listen =
    certificate === null
      ? ['--port', String(port)]
      : [
          ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
          ...['--tls-cert-file', certificate.certFile, '--tls-key-file', certificate.keyFile],
        ];
  const args = [...listen, '--bind', '127.0.0.1', '--save', '', '--dir', directory];
  const start = (): Promise<ServerProcess> =>
    startServer({
      command: 'redis-server',
      args: [...args, '--requirepass', redisPassword],
      ready: /Ready to accept connections/,
    });
  let running = await start();
  t.teardown(() => running.stop());
  return {
    port,
    url: `${certificate === null ? 'redis' : 'rediss'}://:${redisPassword}@127.0.0.1:${port}`,
    get pid() {
      return running.pid;
    },
    freeze: () => running.freeze(),
    thaw: () => running.thaw(),
    stop: () => running.stop(),
    async restart() {
      running = await start();
    },
  };
}
