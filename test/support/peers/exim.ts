import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../fixtures/ports.js';
import type { TestCertificate } from './certificates.js';
import { LOOPBACK, type Place, type ServerProcess, startServer } from './server-process.js';

/** A name in EHLO that it refuses. */
export const refusedName = 'stranger.example';

/**
 * Exim with STARTTLS, which greets a second late in two lines and refuses whoever speaks before that; gone when the test ends.
 * Needs root and `exim4`.
 */
export async function startExim(
  t: ExecutionContext,
  { cert, key }: Pick<TestCertificate, 'cert' | 'key'>,
  { namespace, address, port: known }: Place = LOOPBACK,
): Promise<ServerProcess & { readonly port: number; readonly tlsPort: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-exim-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [port, tlsPort] = [known ?? (await freePort()), await freePort()];
  // Its own user reads and writes here.
  mkdirSync(join(folder, 'spool'));
  for (const path of ['', 'spool']) chmodSync(join(folder, path), 0o777);
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const file = join(folder, 'exim.conf');
  writeFileSync(
    file,
    `primary_hostname = mail.example.com
spool_directory = ${folder}/spool
log_file_path = ${folder}/spool/log-%s
pid_file_path = ${folder}/spool/pid
keep_environment =
local_interfaces = ${address}
daemon_smtp_ports = ${port} : ${tlsPort}
tls_on_connect_ports = ${tlsPort}
tls_advertise_hosts = *
pipelining_connect_advertise_hosts =
tls_certificate = ${folder}/cert.pem
tls_privatekey = ${folder}/key.pem
smtp_banner = $smtp_active_hostname ESMTP\\nbe patient
host_lookup =
acl_smtp_connect = slow
acl_smtp_helo = names
begin acl
slow:
  accept delay = 1s
names:
  deny condition = \${if eq{$sender_helo_name}{${refusedName}}}
  accept
`,
    { mode: 0o644 },
  );
  const args = ['-bdf', '-v', '-C', file];
  const server = await startServer({ command: 'exim4', args, ready: /daemon started/, namespace });
  t.teardown(() => server.stop());
  return { ...server, port, tlsPort };
}
