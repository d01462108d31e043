/** What a master has beside its adverted addresses: in the kernel of its host, and taken off again. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importKeepalived } from '../../../src/import/keepalived/index.js';
import type { VrrpRouteConfig, VrrpRuleConfig } from '../../../src/model/routing-config.js';
import type { InstanceInit } from '../../support/fixtures/vrrp-config.js';
import { route, rule } from '../../support/fixtures/vrrp-config.js';
import { needs } from '../../support/needs.js';
import { Keepalived } from '../../support/peers/keepalived.js';
import { capture } from '../../support/rigs/vrrp/capture.js';
import { VrrpDaemon } from '../../support/rigs/vrrp/daemon.js';
import { createLan, type Host } from '../../support/rigs/vrrp/lan.js';
import { VrrpNode } from '../../support/rigs/vrrp/node.js';
import { until } from '../../support/until.js';

const check = needs('root', 'ip', 'tcpdump', 'tshark', 'nft');
const vip = '10.77.0.100/24';
const TABLE = 100;

const routes: readonly VrrpRouteConfig[] = [
  route('10.9.0.0/16', { via: '10.77.0.254', table: TABLE, source: '10.77.0.100' }),
  route('10.8.0.0/16', { interface: 'eth1', metric: 20, mtu: 1400 }),
  route('10.7.0.0/16', { type: 'blackhole' }),
  route('2001:db8:9::/48', { via: 'fe80::99' }),
];
const rules: readonly VrrpRuleConfig[] = [
  rule({ from: { address: '10.77.0.100', prefixLength: 32 }, table: TABLE }),
  rule({ family: 'ipv6', fwmark: 16, fwmask: 255, type: 'prohibit', priority: 77 }),
];
const init = (priority: number, over: InstanceInit = {}) => ({
  instances: [
    {
      intervalMs: 100,
      vips: [vip],
      priority,
      extraAddresses: [
        { address: '10.66.0.1', prefixLength: 24, interface: 'eth1', label: 'eth1:vip', scope: 'link' },
        { address: 'fd77::100', prefixLength: 64 },
      ],
      routes,
      rules,
      ...over,
    } satisfies InstanceInit,
  ],
});

/** A second interface, whose other end goes nowhere. */
const plug = async (host: Host): Promise<void> => {
  await host.run('ip', 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'far1');
  await host.run('ip', 'link', 'set', 'far1', 'up');
  await host.run('ip', 'link', 'set', 'eth1', 'addrgenmode', 'none', 'up');
};

type Json = Readonly<Record<string, unknown>>;
const ask = async (host: Host, ...args: readonly string[]): Promise<readonly Json[]> =>
  JSON.parse((await host.run('ip', '-j', '-N', ...args)) || '[]') as Json[];

/** The routes and rules that bear our mark, and the virtual addresses (this ip(8) does not show theirs), as a line each. */
async function ours(host: Host): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const family of ['-4', '-6']) {
    for (const { type, dst, gateway, dev, table, metric, prefsrc } of await ask(
      host,
      family,
      'route',
      'show',
      'table',
      'all',
      'proto',
      '112',
    )) {
      const parts = { type, dst, gateway, dev, table, metric, prefsrc };
      lines.push(`route ${JSON.stringify(parts)}`);
    }
    for (const { protocol, src, srclen, table, action, fwmark, priority } of await ask(host, '-d', family, 'rule')) {
      if (String(protocol) !== '112') continue;
      lines.push(`rule ${JSON.stringify({ src, srclen, table, action, fwmark, priority })}`);
    }
  }
  for (const link of await ask(host, 'addr')) {
    for (const { local } of (link['addr_info'] ?? []) as readonly Json[]) {
      if (/^(?:10\.77\.0\.100|10\.66\.0\.1|fd77::100)$/u.test(String(local))) lines.push(`address ${String(local)}`);
    }
  }
  return lines.sort();
}

const COUNT = routes.length + rules.length + 3;

check('a master has its addresses, routes and rules; a node that is none has nothing of them', async (t) => {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  for (const host of lan.hosts) await plug(host);
  await using a = await VrrpNode.start(one, init(150));
  await a.becomes('master');
  const view = await a.view(({ held }) => held.length === COUNT && held.every(({ state }) => state === 'set'));
  t.deepEqual(view.addresses, [vip], 'which the adverts tell of');
  const held = await ours(one);
  t.is(held.length, COUNT);
  t.log(held.join('\n'));
  t.true(
    held.some((line) => /"dst":"10\.9\.0\.0\/16","gateway":"10\.77\.0\.254","dev":"eth0","table":"100"/u.test(line)),
  );
  t.regex(await one.run('ip', 'addr', 'show', 'dev', 'eth1'), /inet 10\.66\.0\.1\/24 scope link .*eth1:vip/u);

  // A better one takes over: all of it moves there.
  const mark = a.mark;
  await using b = await VrrpNode.start(two, init(200));
  await b.becomes('master');
  await a.becomes('backup', mark);
  await until(async () => (await ours(one)).length === 0);
  await until(async () => (await ours(two)).length === COUNT);
  await b.stop();
  t.deepEqual(await ours(two), [], 'nothing is left at the stop');
  await until(async () => (await ours(one)).length === COUNT);
});

check('what someone removes, or the kernel with an interface, is put back', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  await plug(host);
  await using a = await VrrpNode.start(host, init(200));
  await a.becomes('master');
  await until(async () => (await ours(host)).length === COUNT);
  const all = await ours(host);
  for (const removal of [
    ['route', 'del', '10.9.0.0/16', 'table', String(TABLE)],
    ['-6', 'route', 'del', '2001:db8:9::/48'],
    ['rule', 'del', 'priority', '16384'],
    ['-6', 'rule', 'del', 'priority', '77'],
    ['addr', 'del', '10.66.0.1/24', 'dev', 'eth1'],
    // Without a word of the routes that go with it.
    ['link', 'set', 'eth1', 'down'],
  ]) {
    await host.run('ip', ...removal);
    if (removal.at(-1) === 'down') await host.run('ip', 'link', 'set', 'eth1', 'up');
    await until(async () => (await ours(host)).length === COUNT);
  }
  t.deepEqual(await ours(host), all);
  t.regex(
    await a.alarm('routing-removed'),
    /^10\.9\.0\.0\/16 via 10\.77\.0\.254 table 100 was gone; it was put back$/u,
  );
});

check('an interface that comes later gets what belongs there, and it is told what is missing', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  await using a = await VrrpNode.start(host, init(200));
  await a.becomes('master');
  const { held } = await a.view((view) => view.held.filter(({ state }) => state === 'set').length === COUNT - 2);
  t.deepEqual(
    held.filter(({ state }) => state === 'absent').map(({ kind, text, why }) => `${kind} ${text}: ${why}`),
    [
      'address 10.66.0.1/24: there is no interface eth1',
      'route 10.8.0.0/16 dev eth1 metric 20: there is no interface eth1',
    ],
  );
  await plug(host);
  await until(async () => (await ours(host)).length === COUNT);
  t.pass();
});

check('what a killed process left is taken off by its next start, and nothing of others', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  await plug(host);
  const stateDir = mkdtempSync(join(tmpdir(), 'fulcrum-vrrp-held-'));
  try {
    await using a = await VrrpNode.start(host, { ...init(200), stateDir });
    await a.becomes('master');
    await until(async () => (await ours(host)).length === COUNT);
    await a.kill();
    t.is((await ours(host)).length, COUNT, 'nobody could take it off');
    // On an interface that keeps an address: with the last one the kernel takes all its routes.
    await host.run('ip', 'route', 'add', '10.5.0.0/16', 'dev', 'eth0');
    await host.run('ip', 'route', 'add', '10.6.0.0/16', 'dev', 'eth0', 'proto', '112');
    // Its new configuration has none of it any more.
    const next = { ...init(100, { extraAddresses: [], routes: [], rules: [] }), stateDir, startupDelayMs: 600_000 };
    await using again = await VrrpNode.start(host, next);
    await again.until(({ what, value }) => what === 'log' && JSON.stringify(value).includes('killed were taken off'));
    const left = await ours(host);
    t.is(left.length, 1);
    t.regex(left[0] ?? '', /10\.6\.0\.0\/16/u, "another Fulcrum's");
    t.regex(await host.run('ip', 'route'), /10\.5\.0\.0\/16 dev eth0/u);
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

check('a route that is in the way is told and stays; when it is gone, ours takes its place', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  await host.run('ip', 'route', 'add', '10.9.0.0/16', 'via', '10.77.0.9', 'table', String(TABLE));
  await using a = await VrrpNode.start(host, init(200, { extraAddresses: [], rules: [], routes: routes.slice(0, 1) }));
  await a.becomes('master');
  t.regex(
    await a.alarm('routing-failed'),
    /^adding 10\.9\.0\.0\/16 .* failed: EEXIST: another route has this destination/u,
  );
  const { held } = await a.view((view) => view.held.some(({ why }) => why === 'EEXIST'));
  t.like(held.at(-1), { kind: 'route', state: 'absent' });
  t.regex(await host.run('ip', 'route', 'show', 'table', String(TABLE)), /via 10\.77\.0\.9/u);
  await host.run('ip', 'route', 'del', '10.9.0.0/16', 'table', String(TABLE));
  // A change of anything around makes it look again at once, and not only in 10 s.
  await host.run('ip', 'link', 'set', 'lo', 'down');
  await a.view((view) => view.held.every(({ state }) => state === 'set'));
  t.regex(await host.run('ip', 'route', 'show', 'table', String(TABLE)), /via 10\.77\.0\.254 .*proto 112/u);
});

check('a new configuration changes only what differs', async (t) => {
  await using lan = await createLan(1);
  const host = lan.host(1);
  await plug(host);
  await using a = await VrrpNode.start(host, init(200));
  await a.becomes('master');
  await until(async () => (await ours(host)).length === COUNT);
  const [first, ...others] = routes;
  if (first === undefined) throw new Error('no routes');
  a.command('configure', init(200, { routes: [{ ...first, via: '10.77.0.253' }, ...others], rules: rules.slice(1) }));
  await until(async () => (await host.run('ip', 'route', 'show', 'table', String(TABLE))).includes('10.77.0.253'));
  await until(async () => (await ours(host)).length === COUNT - 1);
  t.is(a.states().join(), 'backup,master');
});

check('a second burst of announcements follows the take-over', async (t) => {
  await using lan = await createLan(2);
  await using wire = await capture(lan);
  const gratuitous = {
    count: 2,
    intervalNs: 0,
    refreshNs: 0,
    refreshCount: 1,
    repeatAfterNs: 1e9,
    repeatCount: 3,
  } as InstanceInit['gratuitous'];
  const bursts = gratuitous === undefined ? {} : { gratuitous };
  await using a = await VrrpNode.start(
    lan.host(1),
    init(200, { extraAddresses: [], routes: [], rules: [], ...bursts }),
  );
  await a.becomes('master');
  await a.view((view) => view.adverts.sent >= 20);
  const { announcements } = await wire.stop();
  const times = announcements.filter(({ address }) => address === '10.77.0.100').map(({ at }) => at);
  t.is(times.length, 5);
  t.true((times[2] ?? 0) - (times[1] ?? 0) > 0.9, 'they are apart');
});

const keepalivedToo = needs('root', 'ip', 'nft', 'keepalived');
const MORE = `
  virtual_ipaddress {
    10.66.0.1/24 dev eth1 scope link label eth1:vip
  }
  virtual_ipaddress_excluded {
    fd77::100/64
    10.66.1.1/24 dev eth1
  }
  virtual_routes {
    src 10.77.0.100 to 10.9.0.0/16 via 10.77.0.254 table 100
    10.8.0.0/16 dev eth1 metric 20 mtu 1400
    blackhole 10.7.0.0/16
    2001:db8:9::/48 via fe80::99 dev eth0
    10.5.0.0/16 via 10.99.0.1 dev eth1 onlink
  }
  virtual_rules {
    from 10.77.0.100 table 100
    to 10.9.0.0/16 iif eth1 fwmark 0x10/0xff table 100 priority 200
    from fd77::/64 table 100
  }
`;

/** What both make of it, without what tells them apart. */
async function kernelOf(host: Host): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const family of ['-4', '-6']) {
    for (const { protocol: _, flags: __, ...route } of await ask(host, '-d', family, 'route', 'show', 'table', 'all')) {
      // What the kernel makes by itself, and what a host has of its own.
      if (route['table'] === '255' || route['table'] === 'local' || route['type'] === 'multicast') continue;
      lines.push(`route ${JSON.stringify(route)}`);
    }
    for (const { protocol: _, ...rule } of await ask(host, '-d', family, 'rule')) {
      lines.push(`rule ${JSON.stringify(rule)}`);
    }
  }
  for (const link of await ask(host, 'addr')) {
    for (const { local, prefixlen, scope, label } of (link['addr_info'] ?? []) as readonly Json[]) {
      lines.push(`address ${JSON.stringify({ link: link['ifname'], local, prefixlen, scope, label })}`);
    }
  }
  // The two hosts' own addresses differ.
  return lines.filter((line) => !/"(?:10\.77\.0\.[12]|fe80::[12])"|far1|"dst":"fe80::\/64"/u.test(line)).sort();
}

keepalivedToo('an imported configuration makes of the kernel what keepalived makes of it', async (t) => {
  await using lan = await createLan(2);
  const [one, two] = [lan.host(1), lan.host(2)];
  for (const host of lan.hosts) await plug(host);
  const settings = { priority: 150, interval: 0.1, vips: [vip], more: MORE };
  const bare = await kernelOf(one);
  await using peer = new Keepalived(one, settings);
  await peer.becomes('MASTER');
  // Its rules come last.
  const RULES = 3;
  await until(async () => (await kernelOf(one)).filter((line) => /^rule.*"table":"100"/u.test(line)).length === RULES);
  const theirs = await kernelOf(one);
  t.log(theirs.join('\n'));

  const files = { list: () => null, read: () => '' };
  const text = readFileSync(peer.file, 'utf8').replace('priority 150', 'priority 200');
  const { document, notes } = importKeepalived({ file: 'k.conf', text, files }, { host: 'two', env: {} });
  t.deepEqual(
    notes.filter(({ kind }) => kind === 'left-out'),
    [],
  );
  const before = peer.mark;
  await using a = new VrrpDaemon(two, { ...document, dataplane: { driver: 'dry-run' } });
  await a.becomes('master');
  await peer.becomes('BACKUP', before);
  await until(async () => (await kernelOf(two)).length >= theirs.length);
  t.deepEqual(await kernelOf(two), theirs);
  await until(async () => (await kernelOf(one)).length === bare.length);

  // And back: keepalived takes over from a daemon that stops.
  const { mark } = peer;
  t.is(await a.end('SIGTERM'), 0);
  await peer.becomes('MASTER', mark);
  t.deepEqual(await kernelOf(two), bare);
  await until(async () => (await kernelOf(one)).length === theirs.length);
});
