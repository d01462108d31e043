/** The checks of examples/ as they are written there, against the servers that they are meant for: only the target is another one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { createDnsChecker } from '../../../src/checks/dns/checker.js';
import { createHttpChecker } from '../../../src/checks/http/checker.js';
import type { BuiltInCheckType } from '../../../src/checks/index.js';
import { createPostgresChecker } from '../../../src/checks/postgres/checker.js';
import { createRedisChecker } from '../../../src/checks/redis/checker.js';
import { createTcpChecker } from '../../../src/checks/tcp/checker.js';
import { loadConfig } from '../../../src/config/load.js';
import { nsFromMs } from '../../../src/model/units.js';
import { type BuiltInCheck, isOf, probeOnce, summary } from '../../support/fixtures/checks.js';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';
import { createAuthority } from '../../support/peers/authority.js';
import { startPostgres } from '../../support/peers/postgres-server.js';
import { startServer } from '../../support/peers/server-process.js';
import { toolPath } from '../../support/peers/tool-path.js';

/** A loaded machine takes longer than an example's own limit, and has not its address. */
const patient = { timeoutNs: nsFromMs(30_000), source: null };

/** The checks of that type in an example, each once. */
function checksOf<T extends BuiltInCheckType>(
  t: ExecutionContext,
  name: string,
  type: T,
): readonly Extract<BuiltInCheck, { type: T }>[] {
  const { config } = loadConfig(fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url)));
  const all = config.services.flatMap(({ backends }) => backends.flatMap(({ checks }) => checks));
  const found = all.filter((check) => isOf(type, check));
  t.true(found.length > 0, `${name} has no ${type} check`);
  return [...new Map(found.map((check) => [JSON.stringify(check), check])).values()];
}

function scratch(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-example-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** nginx with these server blocks. */
async function startNginx(t: ExecutionContext, servers: string): Promise<void> {
  const folder = scratch(t);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const file = join(folder, 'nginx.conf');
  const head = `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr notice;`;
  const http = `access_log off; ${paths.join(' ')} default_type application/json; ${servers}`;
  writeFileSync(file, `${head}\nevents { worker_connections 64; }\nhttp { ${http} }\n`);
  const server = await startServer({
    command: 'nginx',
    args: ['-p', folder, '-c', file],
    ready: /start worker process/,
  });
  t.teardown(() => server.stop());
}

needs('nginx')(
  'the http checks of demo.yaml, proxy.toml and ipvs-vrrp.yaml: nginx with a page of that path',
  async (t) => {
    const [port, without] = [await freePort(), await freePort()];
    await startNginx(
      t,
      `server { listen 127.0.0.1:${port}; location = /healthz { return 200 "ok"; } location / { return 404; } }
     server { listen 127.0.0.1:${without}; location / { return 404; } }`,
    );
    for (const name of ['demo.yaml', 'proxy.toml', 'ipvs-vrrp.yaml']) {
      for (const check of checksOf(t, name, 'http')) {
        const probe = async (at: number) =>
          summary(await probeOnce(createHttpChecker, { port: at }, { ...check, ...patient }));
        t.regex(await probe(port), /^healthy: /, name);
        t.regex(await probe(without), /404/, name);
      }
    }
  },
);

needs('nginx', 'openssl')(
  'the http check of full.yaml: nginx that wants its host, its headers and its certificate',
  async (t) => {
    const authority = createAuthority(t);
    const own = authority.issue(['DNS:www.example.com']);
    const client = authority.issue(['DNS:lb1.example.com']);
    const port = await freePort();
    await startNginx(
      t,
      `server { listen 127.0.0.1:${port} ssl default_server; ssl_reject_handshake on; }
     server {
       listen 127.0.0.1:${port} ssl; server_name www.example.com;
       ssl_certificate ${own.certFile}; ssl_certificate_key ${own.keyFile};
       ssl_client_certificate ${authority.caFile}; ssl_verify_client on;
       location = /healthz {
         if ($arg_full != 1) { return 404; }
         if ($http_x_check != fulcrum) { return 403; }
         if ($http_accept != application/json) { return 406; }
         return 200 '{"status": "ok"}';
       }
     }`,
    );
    const [check, ...others] = checksOf(t, 'full.yaml', 'http');
    if (check === undefined) return;
    t.is(others.length, 0);
    const here = { ...check, ...patient, port: null, caFile: authority.caFile };
    const probe = async (files: { certFile: string | null; keyFile: string | null }) =>
      summary(await probeOnce(createHttpChecker, { port }, { ...here, ...files }));
    t.regex(await probe(client), /^healthy: /);
    t.notRegex(await probe({ certFile: null, keyFile: null }), /^healthy/);
  },
);

needs('nginx', 'openssl')('the tls checks of full.yaml and ipvs-vrrp.yaml: a server of that name alone', async (t) => {
  const authority = createAuthority(t);
  for (const name of ['full.yaml', 'ipvs-vrrp.yaml']) {
    for (const check of checksOf(t, name, 'tcp').filter(({ tls }) => tls)) {
      const { certFile, keyFile } = authority.issue([`DNS:${check.serverName}`]);
      const port = await freePort();
      await startNginx(
        t,
        `server { listen 127.0.0.1:${port} ssl default_server; ssl_reject_handshake on; }
         server { listen 127.0.0.1:${port} ssl; server_name ${check.serverName}; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; }`,
      );
      const probe = async (serverName: string | null) =>
        summary(
          await probeOnce(createTcpChecker, { port }, { ...check, ...patient, caFile: authority.caFile, serverName }),
        );
      t.regex(await probe(check.serverName), /^healthy: /, name);
      t.notRegex(await probe('other.example.com'), /^healthy/, name);
    }
  }
});

needs('named')('the dns check of full.yaml: BIND with that name', async (t) => {
  const [check] = checksOf(t, 'full.yaml', 'dns');
  if (check === undefined) return;
  const start = async (address: string): Promise<number> => {
    const folder = scratch(t);
    const port = await freePort();
    writeFileSync(
      join(folder, 'zone'),
      `$TTL 60\n@ SOA ns hostmaster 7 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\nwww A ${address}\n`,
    );
    const options = [
      `directory "${folder}"; pid-file "${folder}/pid"; session-keyfile "${folder}/session.key";`,
      `listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; notify no;`,
    ];
    writeFileSync(
      join(folder, 'named.conf'),
      `options { ${options.join(' ')} };\ncontrols { };\nzone "example.com" { type primary; file "zone"; };\n`,
    );
    const server = await startServer({
      command: 'named',
      args: ['-g', '-c', join(folder, 'named.conf')],
      ready: /running$/,
    });
    t.teardown(() => server.stop());
    return port;
  };
  const probe = async (port: number) =>
    summary(await probeOnce(createDnsChecker, { port }, { ...check, ...patient, serverPort: null }));
  t.regex(await probe(await start('192.0.2.1')), /^healthy: /);
  t.notRegex(await probe(await start('192.0.2.9')), /^healthy/);
});

needs('redis-server')('the redis check of full.yaml: a server at the backend’s own address', async (t) => {
  const [check] = checksOf(t, 'full.yaml', 'redis');
  if (check === undefined) return;
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', scratch(t)];
  const server = await startServer({ command: 'redis-server', args, ready: /Ready to accept connections/ });
  t.teardown(() => server.stop());
  const probe = async () => summary(await probeOnce(createRedisChecker, { port }, { ...check, ...patient }));
  t.regex(await probe(), /^healthy: /);
  await server.stop();
  t.notRegex(await probe(), /^healthy/);
});

needs('initdb', 'psql')('the postgres check of full.yaml: its user, password and database', async (t) => {
  const [check] = checksOf(t, 'full.yaml', 'postgres');
  if (check?.url == null) return t.fail('the example has no URL');
  const server = await startPostgres(t);
  const url = new URL(check.url);
  url.host = `127.0.0.1:${server.port}`;
  const probe = async () =>
    summary(await probeOnce(createPostgresChecker, { port: 1 }, { ...check, ...patient, url: url.href }));
  t.notRegex(await probe(), /^healthy/);
  for (const command of [
    `create role ${url.username} login password '${url.password}'`,
    `create database ${url.pathname.slice(1)}`,
  ]) {
    const made = spawnSync('psql', [server.url, '-qc', command], { env: { PATH: toolPath() }, encoding: 'utf8' });
    t.is(made.status, 0, made.stderr);
  }
  t.regex(await probe(), /^healthy: /);
});
