import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../fixtures/ports.js';
import type { TestCertificate } from './certificates.js';
import { LOOPBACK, type Place, type ServerProcess, startServer } from './server-process.js';
import { toolPath } from './tool-path.js';

export type PostgresServer = ServerProcess & {
  readonly port: number;
  readonly url: string;
  /** After `stop`: the same data on the same port. */
  restart(): Promise<void>;
};

export const postgresPassword = 'pg-Secret-81';

export type PostgresTls = {
  readonly certificate: TestCertificate;
  /** Whose client certificates are good. */
  readonly caFile: string;
  /** Lines of pg_hba.conf instead of the default, which takes plain connections too. */
  readonly rules: readonly string[];
};

/** A cluster of its own, with SCRAM passwords and few connections; gone when the test ends. Needs `initdb`. */
export async function startPostgres(
  t: ExecutionContext,
  tls: PostgresTls | null = null,
  { namespace, address, port: known }: Place = LOOPBACK,
): Promise<PostgresServer> {
  // It refuses to run as root.
  const owner = process.getuid?.() === 0 ? accountOf('postgres') : null;
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-pg-'));
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, postgresPassword);
  if (owner !== null) for (const path of [directory, passwordFile]) chownSync(path, owner.uid, owner.gid);
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));

  const data = join(directory, 'data');
  const init = ['-D', data, '-U', 'fulcrum', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync'];
  const made = spawnSync('initdb', init, { ...owner, env: { PATH: toolPath(), LC_ALL: 'C' }, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr}`);

  /** The server takes no key that others could read. */
  const own = (file: string, name: string): string => {
    const copy = join(data, name);
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    if (owner !== null) chownSync(copy, owner.uid, owner.gid);
    return copy;
  };
  if (tls !== null) writeFileSync(join(data, 'pg_hba.conf'), tls.rules.map((rule) => `${rule}\n`).join(''));
  const tlsSettings =
    tls === null
      ? []
      : [
          'ssl=on',
          `ssl_cert_file=${own(tls.certificate.certFile, 'server.pem')}`,
          `ssl_key_file=${own(tls.certificate.keyFile, 'server.key')}`,
          `ssl_ca_file=${own(tls.caFile, 'ca.pem')}`,
        ];
  // Else only this host may log in.
  if (namespace !== undefined) appendFileSync(join(data, 'pg_hba.conf'), 'host all all samenet scram-sha-256\n');
  const port = known ?? (await freePort());
  const settings = [`listen_addresses=${address}`, `unix_socket_directories=${directory}`, 'fsync=off', ...tlsSettings];
  const start = (): Promise<ServerProcess> =>
    startServer({
      command: 'postgres',
      args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      ready: /ready to accept connections/,
      // "Fast": ends the sessions rather than waiting for them.
      stopSignal: 'SIGINT',
      namespace,
      ...owner,
    });
  let running = await start();
  t.teardown(() => running.stop());
  return {
    port,
    url: `postgres://fulcrum:${postgresPassword}@${address}:${port}/postgres`,
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

function accountOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
