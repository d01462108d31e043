/**
 * The files of examples/ run as they are written, with the servers they are meant for. Two network namespaces are the node
 * and everything around it, so each address is the one in the file. Only the kernel's IPVS is missing: `--set` takes the dry
 * run, and routing rules send the probes of `mode: tun` where IPVS would; test/system/ipvs has the kernel's part.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { needsSerial } from '../../support/needs.js';
import { createAuthority } from '../../support/peers/authority.js';
import { startBind } from '../../support/peers/bind.js';
import { startExim } from '../../support/peers/exim.js';
import { startNginx } from '../../support/peers/nginx.js';
import { startPostgres } from '../../support/peers/postgres-server.js';
import { startRadius } from '../../support/peers/radius-server.js';
import { startServer } from '../../support/peers/server-process.js';
import { OperatorHost } from '../../support/rigs/operator-host.js';
import { createLan, type Host } from '../../support/rigs/vrrp/lan.js';
import { until } from '../../support/until.js';

const LIMIT_MS = 900_000;
const example = (name: string) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));
const serversMain = fileURLToPath(new URL('../../support/programs/example-servers-main.js', import.meta.url));

type Check = { readonly type: string; readonly target: string; readonly state: string; readonly message: string };
type Service = {
  readonly name: string;
  readonly backends: readonly { readonly name: string; readonly state: string }[];
};
type Vrrp = { readonly name: string; readonly state: string };
type Table = {
  readonly services: readonly {
    readonly fwmark: number | null;
    readonly destinations: readonly { readonly address: string }[];
  }[];
};

/** The node, and the host where everything else is; the addresses of each, in the order of their interfaces. */
async function createHosts(
  t: ExecutionContext,
  own: readonly (readonly string[])[],
  others: readonly (readonly string[])[],
): Promise<{ readonly node: OperatorHost; readonly host: Host; readonly world: Host }> {
  const lan = await createLan(2);
  t.teardown(() => lan.close());
  const [host, world] = [lan.host(1), lan.host(2)];
  await host.run('ip', 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth1', 'netns', world.namespace);
  for (const [each, interfaces] of [
    [host, own],
    [world, others],
  ] as const) {
    const settings = ['all', 'eth0', 'eth1'].map((name) => `net.ipv4.conf.${name}.rp_filter=0`);
    await each.run('sysctl', '-qw', ...settings, 'net.ipv4.conf.all.arp_ignore=1');
    await each.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    for (const [index, addresses] of interfaces.entries()) {
      for (const address of addresses) await each.run('ip', 'addr', 'add', address, 'dev', `eth${index}`);
      await each.run('ip', 'link', 'set', `eth${index}`, 'up');
    }
  }
  const node = await OperatorHost.on(t, host);
  node.write('token', '0123456789abcdef');
  return { node, host, world };
}

const allAre = (state: string) => (checks: readonly Check[]) =>
  checks.length > 0 && checks.every((check) => check.state === state);
const areMasters = (instances: readonly Vrrp[]) => instances.every(({ state }) => state === 'master');

needsSerial(
  ...[
    'root',
    'ip',
    'nft',
    'nsenter',
    'setpriv',
    'nginx',
    'openssl',
    'freeradius',
    'named',
    'exim4',
    'nc',
    'redis-server',
    'initdb',
    'psql',
  ],
)('full.yaml: no check holds while nothing is there, and each holds with its server', async (t) => {
  t.timeout(LIMIT_MS);
  const hundred = [3, 11, 12, 21, 22, 23, 31, 53, 54, 61, 62, 99].map((last) => `10.0.0.${last}/24`);
  const far = ['198.51.100.1/24', '198.51.100.2/24'];
  const { node, host, world } = await createHosts(
    t,
    [['10.0.0.2/24'], ['198.51.100.9/24']],
    // Nothing is there yet.
    [[], []],
  );
  const authority = createAuthority(t);
  const [own, database, client] = ['www.example.com', 'db.example.com', 'lb1.example.com'].map((name) =>
    authority.issue([`DNS:${name}`]),
  );
  if (own === undefined || database === undefined || client === undefined) return t.fail('no certificates');
  node.write('ca.pem', readFileSync(authority.caFile));
  node.write('client.pem', client.cert);
  node.write('client.key', client.key);

  // What IPVS does with a marked packet, routing rules do here. They come before the node's own addresses, of which one is the
  // virtual address.
  await host.run('sysctl', '-qw', 'net.ipv4.conf.all.accept_local=1');
  await host.run('ip', 'rule', 'add', 'pref', '100', 'lookup', 'local');
  await host.run('ip', 'rule', 'del', 'pref', '0');
  // So much less is a failure.
  await node.sh('echo -2147483648 > /run/weight');
  const daemon = node.start(`fulcrum run -c ${example('full.yaml')} --set dataplane.driver=dry-run`, {
    NODE_EXTRA_CA_CERTS: '/etc/fulcrum/ca.pem',
  });
  const { services } = await node.until<Table>('show ipvs', (table) => table.services.length > 5);
  const marks = far.map((address) => {
    const [plain] = address.split('/');
    const probe = services.find(
      ({ fwmark, destinations }) => (fwmark ?? 0) >= 65_536 && destinations[0]?.address === plain,
    );
    return { gateway: plain ?? '', mark: String(probe?.fwmark) };
  });
  for (const { gateway, mark } of marks) {
    await host.run('ip', 'rule', 'add', 'pref', '10', 'fwmark', mark, 'lookup', mark);
    const route = ['10.0.0.101', 'via', gateway, 'dev', 'eth1', 'src', '10.0.0.2'];
    await host.run('ip', 'route', 'add', ...route, 'table', mark);
  }
  const before = await node.until('show checks', allAre('unhealthy'));
  t.deepEqual([...new Set(before.map(({ type }) => type))].sort(), [
    'dns',
    'file',
    'grpc',
    'http',
    'icmp',
    'postgres',
    'qdrant',
    'radius',
    'redis',
    'script',
    'smtp',
    'tcp',
    'udp',
  ]);

  for (const address of hundred) await world.run('ip', 'addr', 'add', address, 'dev', 'eth0');
  for (const address of far) await world.run('ip', 'addr', 'add', address, 'dev', 'eth1');
  // As on the backends of a tunnel: the virtual address answers no ARP.
  await world.run('ip', 'addr', 'add', '10.0.0.101/32', 'dev', 'lo');
  const { namespace } = world;
  const tls = ({ certFile, keyFile }: typeof own) => `ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};`;
  await startNginx(
    t,
    `server { listen 8081 ssl default_server; ssl_reject_handshake on; }
     server {
       listen 8081 ssl; server_name www.example.com; ${tls(own)}
       ssl_client_certificate ${authority.caFile}; ssl_verify_client on;
       location = /healthz {
         if ($request_method != POST) { return 405; }
         if ($arg_full != 1) { return 404; }
         if ($http_x_check != fulcrum) { return 403; }
         if ($http_accept != application/json) { return 406; }
         return 200 '{"status": "ok"}';
       }
     }
     server { listen 8443 ssl default_server; ssl_reject_handshake on; }
     server { listen 8443 ssl; server_name db.example.com; ${tls(database)} }
     server { listen 8088; listen 8080; listen 443; location / { return 200 "ok"; } }`,
    namespace,
  );
  for (const address of ['10.0.0.53', '10.0.0.54']) {
    const zone = '$TTL 60\n@ SOA ns hostmaster 7 3600 600 86400 60\n@ NS ns\nns A 10.0.0.53\nwww A 192.0.2.1\n';
    await startBind(t, 'example.com', zone, { namespace, address, port: 53 });
  }
  await startExim(t, authority.issue(['DNS:mail.example.com']), { namespace, address: '10.0.0.12', port: 25 });
  const account = { username: 'probe', password: 'change-me', secret: 'change-me-too' };
  await startRadius(t, account, { namespace, address: '10.0.0.31', port: 1812 });
  const postgres = await startPostgres(t, null, { namespace, address: '10.0.0.21', port: 5432 });
  for (const sql of ["create role probe login password 'change-me'", 'create database shop']) {
    await world.run('psql', postgres.url, '-qc', sql);
  }
  const redis = ['--bind', '10.0.0.22', '--requirepass', 'change-me', '--save', ''];
  const others = [
    { command: 'redis-server', args: redis, ready: /Ready to accept connections/ },
    { command: process.execPath, args: [serversMain, own.certFile, own.keyFile], ready: /listening/ },
  ];
  for (const server of others) {
    const started = await startServer({ ...server, namespace });
    t.teardown(() => started.stop());
  }

  await node.sh('echo 5 > /run/weight');
  await node.until('show checks', allAre('healthy'));
  await node.until('show vrrp', areMasters);
  await node.until('status', ({ state }: { readonly state: string }) => state === 'healthy');
  const status = await node.sh('fulcrum status');
  t.is(status.code, 0, status.stdout);

  // Each probe through the virtual address goes to its own backend.
  await host.run('ip', 'route', 'replace', 'unreachable', '10.0.0.101', 'table', marks[1]?.mark ?? '');
  const farService = (all: readonly Service[]) => all.find(({ name }) => name === 'far')?.backends ?? [];
  const states = await node.until<readonly Service[]>('show services', (all) =>
    farService(all).some(({ name, state }) => name === 'far-b' && state === 'unhealthy'),
  );
  t.deepEqual(
    farService(states).map(({ state }) => state),
    ['healthy', 'unhealthy', 'healthy'],
  );
  t.is((await daemon.stop()).code, 0);
});

needsSerial(
  'root',
  'ip',
  'nft',
  'nsenter',
  'nginx',
  'openssl',
)('ipvs-vrrp.yaml: a node of the pair is master inside and outside, and its backends are healthy', async (t) => {
  t.timeout(LIMIT_MS);
  const { node, host, world } = await createHosts(
    t,
    [['192.0.2.2/24'], ['10.0.1.2/24']],
    [['192.0.2.3/24'], ['10.0.1.3/24', '10.0.1.11/24', '10.0.1.12/24', '10.0.1.13/24']],
  );
  const authority = createAuthority(t);
  const { certFile, keyFile } = authority.issue(['DNS:www.example.com']);
  node.write('ca.pem', readFileSync(authority.caFile));
  await startNginx(
    t,
    `server { listen 8080; location = /healthz { return 200 "ok"; } location / { return 404; } }
       server { listen 8443 ssl default_server; ssl_reject_handshake on; }
       server { listen 8443 ssl; server_name www.example.com; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; }`,
    world.namespace,
  );
  const daemon = node.start(`fulcrum run -c ${example('ipvs-vrrp.yaml')} --set dataplane.driver=dry-run`, {
    NODE_EXTRA_CA_CERTS: '/etc/fulcrum/ca.pem',
  });
  await node.until('show checks', allAre('healthy'));
  await node.until('show vrrp', areMasters);
  // A master is told of before the kernel has answered for its addresses.
  await until(async () => (await host.addresses()).includes('192.0.2.100/24'));
  await until(async () => (await host.run('ip', 'addr', 'show', 'dev', 'eth1')).includes('10.0.1.1/24'));
  t.is((await daemon.stop()).code, 0);
  t.false((await host.addresses()).includes('192.0.2.100/24'));
});

needsSerial(
  'root',
  'ip',
  'nft',
  'nsenter',
  'nginx',
  'curl',
)('proxy.toml: the proxy carries a client to two servers that answer their checks', async (t) => {
  t.timeout(LIMIT_MS);
  const { node, world } = await createHosts(t, [['10.0.0.2/24']], [['10.0.0.11/24', '10.0.0.12/24']]);
  await startNginx(
    t,
    'server { listen 8080; location = /healthz { return 204; } location / { return 200 "$server_addr\\n"; } }',
    world.namespace,
  );
  node.start(`fulcrum run -c ${example('proxy.toml')}`);
  await node.until('show checks', allAre('healthy'));
  const seen = new Set<string>();
  while (seen.size < 2) seen.add((await node.sh('curl -s http://127.0.0.1:8088/')).stdout.trim());
  t.deepEqual([...seen].sort(), ['10.0.0.11', '10.0.0.12']);
});

needsSerial(
  'root',
  'ip',
  'nft',
  'nsenter',
  'curl',
)('demo.yaml: three backends that the daemon starts itself answer through the proxy', async (t) => {
  t.timeout(LIMIT_MS);
  const { node } = await createHosts(t, [], []);
  node.start(`fulcrum run -c ${example('demo.yaml')}`);
  await node.until('show checks', allAre('healthy'));
  const { stdout } = await node.sh('for i in 1 2 3 4; do curl -s http://127.0.0.1:8080/; done');
  const ports = [...stdout.matchAll(/hello from the backend on port (\d+) \(pid \d+\)\n/g)].map(([, port]) => port);
  t.is(ports.length, 4);
  t.deepEqual([...new Set(ports)].sort(), ['8091', '8092', '8093']);
});
