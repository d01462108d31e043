/** `fulcrum doctor` on a host where much is wrong: it finds it, and what it says mends it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Diagnosis } from '../../src/doctor/index.js';
import { needs } from '../support/needs.js';
import { Keepalived } from '../support/peers/keepalived.js';
import { runFulcrum } from '../support/rigs/run-fulcrum.js';
import { createLan, type Host } from '../support/rigs/vrrp/lan.js';

const program = fileURLToPath(new URL('../../../bin/fulcrum.js', import.meta.url));

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-doctor-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Its exit code is 1 where there is an error. */
async function doctor(host: Host, ...args: readonly string[]): Promise<readonly Diagnosis[]> {
  const line = `'${process.execPath}' '${program}' doctor --json ${args.join(' ')} || [ $? = 1 ]`;
  const { findings } = JSON.parse(await host.run('sh', '-c', line)) as { readonly findings: readonly Diagnosis[] };
  return findings;
}

needs(
  'root',
  'keepalived',
  'nft',
)('what is wrong on a host is found, and the commands that are told mend it', async (t) => {
  await using lan = await createLan(3);
  const [here, there, third] = [lan.host(1), lan.host(2), lan.host(3)];
  const folder = folderOf(t);
  const file = join(folder, 'fulcrum.yaml');
  writeFileSync(
    file,
    `node: { name: lb1, state_dir: ${folder}/state }
control: { socket: null, http: null, grpc: null }
dataplane: { driver: ipvs }
vrrp: { instances: [{ name: vi1, interface: eth0, vrid: 60, addresses: [10.77.0.100/24] }] }
services:
  - { name: web, address: 10.77.0.100, port: 80, backends: [{ address: 10.77.0.3, port: 80, checks: [{ type: tcp }] }] }
`,
  );
  await here.run('sysctl', '-qw', 'net.ipv4.ip_forward=0');
  await here.run('nft', 'add table inet guard');
  await here.run('nft', 'add chain inet guard input { type filter hook input priority 0; policy accept; }');
  await here.run('nft', 'add rule inet guard input ip protocol 112 counter drop');
  await third.run('ip', 'addr', 'add', '10.77.0.100/24', 'dev', 'eth0');
  await using local = new Keepalived(here, { priority: 50, interval: 0.5, vips: ['10.77.0.201'], vrid: 61 });
  await using other = new Keepalived(there, { priority: 90, interval: 0.5, vips: ['10.77.0.200'], vrid: 60 });
  await Promise.all([local.becomes('MASTER'), other.becomes('MASTER')]);

  const found = await doctor(here, '-c', file);
  const wrong = ['forwarding', 'firewall', 'programs', 'vrids', 'duplicates'];
  for (const probe of wrong) {
    const one = found.find((each) => each.probe === probe);
    t.is(one?.severity, 'error', `${probe}: ${JSON.stringify(found)}`);
    const where = probe === 'duplicates' ? third : here;
    await where.run('sh', '-c', one?.command ?? 'false');
  }
  t.regex(found.find(({ probe }) => probe === 'vrids')?.what ?? '', /VRID 60 is spoken on eth0 by 10\.77\.0\.2 /);
  t.regex(found.find(({ probe }) => probe === 'duplicates')?.where ?? '', /02:77:00:00:00:03/);
  t.regex(readFileSync(file, 'utf8'), /vrid: 61/);
  t.deepEqual(
    (await third.addresses()).filter((address) => address.startsWith('10.77.0.100')),
    [],
  );

  const left = await doctor(here, '-c', file);
  t.deepEqual(
    left.filter(({ probe }) => wrong.includes(probe)),
    [],
  );
});

needs('root', 'keepalived')('without a configuration it tells which VRIDs are in use, and by whom', async (t) => {
  await using lan = await createLan(2);
  await using peer = new Keepalived(lan.host(2), { priority: 90, interval: 0.5, vips: ['10.77.0.200'], vrid: 7 });
  await peer.becomes('MASTER');
  const heard = (await doctor(lan.host(1))).find(({ probe }) => probe === 'vrids');
  t.is(heard?.severity, 'info');
  t.regex(heard?.what ?? '', /VRID 7 is spoken on eth0 by 10\.77\.0\.2 \(version 3, priority 90, 10\.77\.0\.200\)/);
});

needs('root')('a port that is taken is told with its holder, and what a running host has is no finding', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'fulcrum.yaml');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const bound = server.address();
  const taken = typeof bound === 'object' && bound !== null ? bound.port : 0;
  writeFileSync(file, `node: { state_dir: ${folder}/state }\ncontrol: { socket: null, http: "127.0.0.1:${taken}" }\n`);
  const { code, stdout } = await runFulcrum(['doctor', '-c', file]);
  t.is(code, 1);
  t.regex(stdout, new RegExp(`control\\.http: cannot listen on 127\\.0\\.0\\.1:${taken}: process ${process.pid} `));
  t.regex(stdout, new RegExp(`\\$ (?:kill ${process.pid}|systemctl disable)`));
  writeFileSync(file, `node: { state_dir: ${folder}/state }\ncontrol: { socket: null, http: null }\n`);
  t.like(await runFulcrum(['doctor', '-c', file]), { code: 0, stdout: 'nothing found\n' });
});
