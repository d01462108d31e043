import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { startServer } from './server-process.js';

/** nginx with these server blocks; gone when the test ends. Needs `nginx`. */
export async function startNginx(t: ExecutionContext, servers: string, namespace: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-nginx-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const file = join(folder, 'nginx.conf');
  const head = `user root; daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr notice;`;
  const http = `access_log off; ${paths.join(' ')} default_type application/json; ${servers}`;
  writeFileSync(file, `${head}\nevents { worker_connections 64; }\nhttp { ${http} }\n`);
  const args = ['-p', folder, '-c', file];
  const server = await startServer({ command: 'nginx', args, ready: /start worker process/, namespace });
  t.teardown(() => server.stop());
}
