/**
 * Two nodes with VRRP and IPVS, nginx backends and clients, each a network namespace. The cases are the steps of one story:
 *
 *   far client -- br1 -- node1, node2 -- br0 -- backends b1, b2, near client
 *
 * The far client comes by NAT; the near one by direct server return and through IPIP, GUE and GRE tunnels, for the backends
 * answer it themselves.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { GuestCases } from '../../support/rigs/guest.js';
import { addBridge, addHost, inHost, run, startNginx, startOn, until } from '../../support/rigs/vrrp/lab.js';

const NAT_VIP = '192.168.0.100';
const DSR_VIP = '10.0.0.100';
const TUN_VIP = '10.0.0.101';
const GUE_VIP = '10.0.0.102';
const GRE_VIP = '10.0.0.103';
const GUE_PORT = 6080;
/** The near client, 10.0.0.50. */
const NEAR_HEX = '0x0a000032';
const INSIDE = [DSR_VIP, TUN_VIP, GUE_VIP, GRE_VIP] as const;
const GATEWAY = '10.0.0.254';
const NODES = ['node1', 'node2'] as const;
type Node = (typeof NODES)[number];

const daemons = new Map<Node, ChildProcess>();
const nginx = new Map<string, { readonly stop: () => void }>();

const config = (node: Node): string => `
node: { name: ${node}, state_dir: /run/${node} }
control: { socket: /run/${node}/socket, http: null }
dataplane: { driver: ipvs, on_stop: keep, sync: { instance: inside, interface: eth0, sync_id: 7 } }
runtime: { monitor_shards: 1 }
vrrp:
  startup_delay: 0s
  instances:
    - { name: inside, interface: eth0, vrid: 60, priority: ${node === 'node1' ? 200 : 100}, advert_interval: 1s,
        addresses: [${[GATEWAY, ...INSIDE].map((address) => `${address}/24`).join(', ')}] }
    - { name: outside, interface: eth1, vrid: 61, priority: ${node === 'node1' ? 200 : 100}, advert_interval: 1s,
        addresses: [${NAT_VIP}/24] }
services:
  - name: nat
    address: ${NAT_VIP}
    port: 80
    scheduler: rr
    forwarding: nat
    drain_timeout: 60s
    checks: [{ type: tcp, interval: 1s, timeout: 1s }]
    backends: [{ name: a, address: 10.0.0.11, port: 8080 }, { name: b, address: 10.0.0.12, port: 8080 }]
  - name: dsr
    address: ${DSR_VIP}
    port: 80
    scheduler: rr
    forwarding: dsr
    checks: [{ type: http, mode: dsr, interval: 1s, timeout: 1s }]
    backends: [{ name: a, address: 10.0.0.11, port: 80 }, { name: b, address: 10.0.0.12, port: 80 }]
${tunnelService('tun', TUN_VIP, '{ type: ipip }')}
${tunnelService('gue', GUE_VIP, `{ type: gue, port: ${GUE_PORT} }`)}
${tunnelService('gre', GRE_VIP, '{ type: gre }')}
`;

function tunnelService(name: string, vip: string, tunnel: string): string {
  return `
  - name: ${name}
    address: ${vip}
    port: 80
    scheduler: rr
    forwarding: tun
    checks: [{ type: http, mode: tun, interval: 1s, timeout: 1s }]
    backends:
      - { name: a, address: 10.0.0.11, port: 80, tunnel: ${tunnel} }
      - { name: b, address: 10.0.0.12, port: 80, tunnel: ${tunnel} }`;
}

function addBackend(name: string, address: string): void {
  addHost(name, { eth0: ['br0', `${address}/24`] });
  inHost(name, 'sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2');
  run(`ip -n ${name} link add dummy0 type dummy`);
  run(`ip -n ${name} addr add ${DSR_VIP}/32 dev dummy0`);
  run(`ip -n ${name} link set dummy0 up`);
  // The ends of the tunnels: what is unpacked comes from a client that is elsewhere by the routes. What was in GUE goes on as
  // IP in IP.
  inHost(name, 'sysctl -qw net.ipv4.conf.all.rp_filter=0');
  for (const [device, type, vips] of [
    ['ipip0', 'ipip', [TUN_VIP, GUE_VIP]],
    ['gre1', 'gre', [GRE_VIP]],
  ] as const) {
    run(`ip -n ${name} link add ${device} type ${type} local ${address}`);
    for (const vip of vips) run(`ip -n ${name} addr add ${vip}/32 dev ${device}`);
    run(`ip -n ${name} link set ${device} up`);
    inHost(name, `sysctl -qw net.ipv4.conf.${device}.rp_filter=0`);
  }
  unwrapGue(name, true);
  run(`ip -n ${name} route add default via ${GATEWAY}`);
  nginx.set(name, startNginx(name, [80, 8080]));
}

const unwrapGue = (name: string, on: boolean) =>
  run(`ip -n ${name} fou ${on ? 'add' : 'del'} port ${GUE_PORT} ${on ? 'gue' : ''}`);

function startNode(node: Node, number: number): void {
  addHost(node, { eth0: ['br0', `10.0.0.${number}/24`], eth1: ['br1', `192.168.0.${number}/24`] });
  // The replies to DSR checks come from the virtual IP, which is this node's own while it is master.
  inHost(node, 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.accept_local=1');
  run(`mkdir -p /run/${node}`);
  writeFileSync(`/run/${node}/config.yaml`, config(node));
  const command = [process.execPath, 'bin/fulcrum.js', 'run', '-c', `/run/${node}/config.yaml`];
  daemons.set(node, startOn(node, command, `/run/${node}/log`));
}

const entry = (service: string, line: string): string => `-a -t ${service}:80 -r ${line} -w 1`;
const NAT = (backend: number) => entry(NAT_VIP, `10.0.0.1${backend}:8080 -m`);
const DSR = (backend: number) => entry(DSR_VIP, `10.0.0.1${backend}:80 -g`);
const TUN = (backend: number) => `${entry(TUN_VIP, `10.0.0.1${backend}:80 -i`)} --tun-type ipip`;
const GUE = (backend: number) =>
  `${entry(GUE_VIP, `10.0.0.1${backend}:80 -i`)} --tun-type gue --tun-port ${GUE_PORT} --tun-nocsum`;
const GRE = (backend: number) => `${entry(GRE_VIP, `10.0.0.1${backend}:80 -i`)} --tun-type gre --tun-nocsum`;
const services = [NAT_VIP, ...INSIDE].map((vip) => `-A -t ${vip}:80 -s rr`);
const linesOf = (backend: number) => [NAT, DSR, TUN, GUE, GRE].map((line) => line(backend));
const whole = [...services, ...linesOf(1), ...linesOf(2)];
const without = (...gone: readonly string[]) => whole.filter((line) => !gone.includes(line));

/** ipvsadm's view, without the services for marked probes. */
const table = (node: Node): readonly string[] =>
  inHost(node, 'ipvsadm -S -n')
    .split('\n')
    .filter((line) => line !== '' && !line.includes(' -f '))
    .toSorted();
const tableIs = (node: Node, lines: readonly string[]) =>
  until(
    `the table of ${node}`,
    () => table(node),
    (seen) => seen.join('\n') === lines.toSorted().join('\n'),
    150_000,
  );

const fetch = (client: string, vip: string): string => inHost(client, `curl -s --max-time 5 http://${vip}/`).trim();
/** Who answered, over a few requests. */
const answering = (client: string, vip: string, requests = 6): readonly string[] =>
  [...new Set(Array.from({ length: requests }, () => fetch(client, vip)))].toSorted();
const hasAddress = (node: Node, address: string): boolean => run(`ip -n ${node} addr`).includes(`inet ${address}/`);
const ask = (node: Node, method: string, path: string): string =>
  run(`curl -s --max-time 20 --unix-socket /run/${node}/socket -X ${method} http://fulcrum/api/v1${path}`);

/** A download of /slow, which takes some 8 s. */
function download(): { readonly body: () => Promise<Buffer> } {
  const child = spawn('ip', ['netns', 'exec', 'far', 'curl', '-s', '--max-time', '100', `http://${NAT_VIP}/slow`]);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    body: async () => {
      await ended;
      return Buffer.concat(chunks);
    },
  };
}

/** What tcpdump says of the first packet of that kind that a host sends. */
async function captured(host: string, filter: string, act: () => void): Promise<string> {
  const tcpdump = spawn('ip', ['netns', 'exec', host, 'tcpdump', '-n', '-c', '1', '-i', 'eth0', '-Q', 'out', filter]);
  let [heard, said] = ['', ''];
  tcpdump.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  const ended = new Promise((resolve) => tcpdump.once('close', resolve));
  await new Promise<void>((resolve) => {
    tcpdump.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening on')) resolve();
    });
  });
  act();
  await ended;
  return heard;
}

const storyOf = (node: Node): string => readFileSync(`/run/${node}/log`, 'utf8').split('\n').slice(-25).join('\n');
/** Tells what the daemons logged where a step fails. */
const step = (body: () => Promise<void>) => () =>
  body().catch((error: unknown) => {
    const logs = [...daemons.keys()].map((node) => `--- ${node}\n${storyOf(node)}`).join('\n');
    throw new Error(`${error instanceof Error ? error.stack : String(error)}\n${logs}`);
  });

export const cases: GuestCases = {
  'a node becomes master, its table is the configuration’s, and DSR and TUN checks find the backends while it has the VIP':
    step(async () => {
      addBridge('br0');
      addBridge('br1');
      addHost('far', { eth0: ['br1', '192.168.0.50/24'] });
      addHost('near', { eth0: ['br0', '10.0.0.50/24'] });
      addBackend('b1', '10.0.0.11');
      addBackend('b2', '10.0.0.12');
      startNode('node1', 1);
      await until(
        'node1 is master',
        () => hasAddress('node1', NAT_VIP) && hasAddress('node1', GATEWAY),
        Boolean,
        150_000,
      );
      await tableIs('node1', whole);
      assert.match(inHost('node1', 'ipvsadm -S -n'), /-A -f \d+ -s rr/);
    }),

  'NAT, DSR, IPIP, GUE and GRE traffic flows through the kernel to both backends': step(async () => {
    assert.deepEqual(answering('far', NAT_VIP), ['b1 192.168.0.50', 'b2 192.168.0.50']);
    for (const vip of INSIDE) assert.deepEqual(answering('near', vip), ['b1 10.0.0.50', 'b2 10.0.0.50'], vip);
  }),

  'each tunnel wraps a client’s packets in its own way, as tcpdump sees them': step(async () => {
    // Where the client's address is, behind the outer IP header and the tunnel's own. GUE's first word is version 0, no
    // flags, and IP in IP as what follows.
    for (const [vip, filter, words] of [
      [TUN_VIP, `ip proto 4 and ip[32:4] = ${NEAR_HEX}`, /10\.0\.0\.1 > 10\.0\.0\.1[12]: .*10\.0\.0\.101\.80/],
      [
        GUE_VIP,
        `udp dst port ${GUE_PORT} and ip[28:4] = 0x00040000 and ip[44:4] = ${NEAR_HEX}`,
        /10\.0\.0\.1\.\d+ > 10\.0\.0\.1[12]\.6080: UDP/,
      ],
      [GRE_VIP, `ip proto 47 and ip[36:4] = ${NEAR_HEX}`, /10\.0\.0\.1 > 10\.0\.0\.1[12]: GREv0, .*10\.0\.0\.103\.80/],
    ] as const) {
      assert.match(await captured('node1', filter, () => fetch('near', vip)), words);
    }
  }),

  'a killed backend leaves the table and no new connection reaches it; it comes back when it answers again': step(
    async () => {
      nginx.get('b1')?.stop();
      await tableIs('node1', without(...linesOf(1)));
      assert.deepEqual(answering('far', NAT_VIP), ['b2 192.168.0.50']);
      assert.deepEqual(answering('near', DSR_VIP), ['b2 10.0.0.50']);
      nginx.set('b1', startNginx('b1', [80, 8080]));
      await tableIs('node1', whole);
      assert.deepEqual(answering('far', NAT_VIP), ['b1 192.168.0.50', 'b2 192.168.0.50']);
    },
  ),

  'a backend that lost the virtual IP leaves the DSR service, as a check of its own address would not have seen': step(
    async () => {
      run(`ip -n b2 addr del ${DSR_VIP}/32 dev dummy0`);
      await tableIs('node1', without(DSR(2)));
      assert.deepEqual(answering('near', DSR_VIP), ['b1 10.0.0.50']);
      run(`ip -n b2 addr add ${DSR_VIP}/32 dev dummy0`);
      await tableIs('node1', whole);
    },
  ),

  'a backend whose end of a tunnel is down leaves the services of that tunnel alone, and its checks went through it':
    step(async () => {
      const unpacked = (): number => Number(inHost('b2', 'cat /sys/class/net/ipip0/statistics/rx_packets'));
      const before = unpacked();
      await until('checks come out of the tunnel', unpacked, (seen) => seen > before);
      run('ip -n b2 link set ipip0 down');
      // What was in GUE comes out there too.
      await tableIs('node1', without(TUN(2), GUE(2)));
      assert.deepEqual(answering('near', TUN_VIP), ['b1 10.0.0.50']);
      run('ip -n b2 link set ipip0 up');
      await tableIs('node1', whole);
      assert.deepEqual(answering('near', TUN_VIP), ['b1 10.0.0.50', 'b2 10.0.0.50']);
      unwrapGue('b2', false);
      run('ip -n b1 link set gre1 down');
      await tableIs('node1', without(GUE(2), GRE(1)));
      assert.deepEqual(answering('near', GUE_VIP), ['b1 10.0.0.50']);
      assert.deepEqual(answering('near', GRE_VIP), ['b2 10.0.0.50']);
      unwrapGue('b2', true);
      run('ip -n b1 link set gre1 up');
      await tableIs('node1', whole);
    }),

  'a weight that an operator sets is the kernel’s, until the file’s is set again': step(async () => {
    const setWeight = (weight: number) =>
      ask('node1', 'PUT', `/backends/a/weight?service=nat -H content-type:application/json -d {"weight":${weight}}`);
    setWeight(0);
    await tableIs(
      'node1',
      whole.map((line) => (line === NAT(1) ? line.replace('-w 1', '-w 0') : line)),
    );
    assert.deepEqual(answering('far', NAT_VIP), ['b2 192.168.0.50']);
    setWeight(1);
    await tableIs('node1', whole);
  }),

  'a drained backend keeps its running download to the end, and then goes': step(async () => {
    const downloads = [download(), download()];
    await until(
      'both backends serve a download',
      () => inHost('node1', 'ipvsadm -L -n -t 192.168.0.100:80'),
      (seen) => (seen.match(/Masq +1 +1 /g) ?? []).length === 2,
    );
    ask('node1', 'POST', '/backends/a/drain?service=nat');
    const drained = whole.map((line) => (line === NAT(1) ? line.replace('-w 1', '-w 0') : line));
    await tableIs('node1', drained);
    assert.deepEqual(answering('far', NAT_VIP), ['b2 192.168.0.50']);
    const bodies = await Promise.all(downloads.map((one) => one.body()));
    assert.deepEqual(
      bodies.map((body) => body.byteLength),
      [65_536, 65_536],
    );
    assert.deepEqual(bodies.map((body) => body.subarray(0, 2).toString()).toSorted(), ['b1', 'b2']);
    await tableIs('node1', without(NAT(1)));
    ask('node1', 'POST', '/backends/a/enable?service=nat');
    await tableIs('node1', whole);
  }),

  'a failover moves the VIPs; traffic goes on, and so does a download whose connection was synchronised': step(
    async () => {
      startNode('node2', 2);
      await tableIs('node2', whole);
      await until(
        'node2 is backup',
        () => storyOf('node2'),
        // The data plane's lines speak of backups too, and sooner.
        (seen) => ['inside', 'outside'].every((instance) => seen.includes(`"message":"${instance} is backup`)),
        150_000,
      );
      assert.equal(hasAddress('node2', NAT_VIP), false);
      await until(
        'node2 receives',
        () => inHost('node2', 'ipvsadm -L --daemon'),
        (seen) => seen.includes('backup sync'),
      );
      const running = download();
      await until(
        'node2 knows the connection',
        () => inHost('node2', 'ipvsadm -L -n -c'),
        (seen) => /TCP .* ESTABLISHED 192\.168\.0\.50:\d+ +192\.168\.0\.100:80/.test(seen),
      );
      ask('node1', 'POST', '/vrrp/inside/failover');
      ask('node1', 'POST', '/vrrp/outside/failover');
      await until(
        'the VIPs moved',
        () => NODES.map((node) => [NAT_VIP, ...INSIDE, GATEWAY].filter((vip) => hasAddress(node, vip)).length),
        (seen) => seen.join() === '0,6',
      );
      assert.equal((await running.body()).byteLength, 65_536);
      assert.deepEqual(answering('far', NAT_VIP), ['b1 192.168.0.50', 'b2 192.168.0.50']);
      for (const vip of INSIDE) assert.deepEqual(answering('near', vip), ['b1 10.0.0.50', 'b2 10.0.0.50'], vip);
      assert.match(inHost('node2', 'ipvsadm -L --daemon'), /master sync daemon \(mcast=eth0, syncid=7/);
    },
  ),
};
