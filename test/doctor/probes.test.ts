import test from 'ava';
import { parseConfig } from '../../src/config/load.js';
import type { Facts, HeardAdvert } from '../../src/doctor/facts.js';
import { diagnose } from '../../src/doctor/index.js';
import type { Config } from '../../src/model/config.js';
import { factsWith, link } from '../support/fixtures/facts.js';

const base = `
node: { name: lb1, state_dir: /var/lib/fulcrum }
dataplane: { driver: ipvs }
vrrp:
  instances:
    - { name: vi1, interface: eth0, vrid: 60, priority: 200, addresses: [10.0.0.100/24] }
checks:
  ping: { type: icmp }
services:
  - name: web
    address: 10.0.0.100
    port: 80
    scheduler: wrr
    forwarding: nat
    checks: [ping]
    backends: [{ name: a, address: 10.0.0.11, port: 8080 }]
`;
const configOf = (text: string = base): Config => parseConfig(text, { format: 'yaml', env: {} }).config;
const config = configOf();

const heard: HeardAdvert = {
  interface: 'eth0',
  hardware: '02:00:00:00:00:03',
  family: 'ipv4',
  version: 3,
  vrid: 60,
  priority: 100,
  intervalMs: 1000,
  source: '10.0.0.3',
  addresses: ['10.0.0.100'],
};
const sysctls = (changed: Readonly<Record<string, string>>): Partial<Facts> => ({
  sysctls: new Map([...factsWith().sysctls, ...Object.entries(changed)]),
});

test('nothing is found where everything is well', (t) => {
  t.deepEqual(diagnose(factsWith(), config), []);
  t.deepEqual(diagnose(factsWith(), null), []);
  t.deepEqual(diagnose(factsWith({ heard: [heard] }), config), [], 'the peer is expected');
});

const withMacvlan: Facts['modules'] = { ...factsWith().modules, present: new Set(['ip_vs', 'macvlan']) };

/** What is wrong, and what it is found by. `null`: without a configuration. */
const cases: readonly {
  readonly title: string;
  readonly facts: Partial<Facts>;
  readonly config?: Config | null;
  readonly finds: readonly [probe: string, severity: string, what: RegExp, command: RegExp | string];
}[] = [
  {
    title: 'no macvlan for a virtual MAC address',
    facts: { modules: { present: new Set(['ip_vs']), available: new Set(['ip_vs', 'ip_vs_wrr']), ipvs: true } },
    config: configOf(base.replace('vrid: 60,', 'vrid: 60, vmac: true,')),
    finds: ['virtual_macs', 'error', /no module macvlan/, /linux-modules-extra-6\.1\.0-amd64/],
  },
  {
    title: 'an interface that has the name of a virtual one',
    facts: { links: [...factsWith().links, link('vrrp.60')], modules: withMacvlan },
    config: configOf(base.replace('vrid: 60,', 'vrid: 60, vmac: true,')),
    finds: ['virtual_macs', 'error', /vi1: an interface vrrp\.60 is there already/, /fulcrum\.yaml/],
  },
  {
    title: 'a filter that keeps virtual MAC addresses from answering',
    facts: { ...sysctls({ 'net.ipv4.conf.all.arp_filter': '1' }), modules: withMacvlan },
    config: configOf(base.replace('vrid: 60,', 'vrid: 60, vmac: true,')),
    finds: ['virtual_macs', 'error', /arp_filter is 1/, 'sysctl -w net.ipv4.conf.all.arp_filter=0'],
  },
  {
    title: 'an old Node.js',
    facts: { versions: { node: 'v20.18.3', kernel: '6.1' } },
    finds: ['versions', 'error', /20\.18\.3 is older than 20\.19/, /n lts/],
  },
  {
    title: 'a keepalived under systemd',
    facts: { programs: [{ pid: 77, name: 'keepalived', unit: 'keepalived.service' }] },
    finds: [
      'programs',
      'error',
      /keepalived runs here \(process 77, keepalived\.service\)/,
      'systemctl disable --now keepalived.service',
    ],
  },
  {
    title: 'a keepalived by hand, without a configuration',
    facts: { programs: [{ pid: 77, name: 'keepalived', unit: null }] },
    config: null,
    finds: ['programs', 'warning', /process 77/, 'kill 77'],
  },
  {
    title: 'an interface that is not there',
    facts: { links: [link('eth1', '10.0.0.2/24')] },
    finds: ['interfaces', 'error', /there is no interface eth0/, /fulcrum\.yaml/],
  },
  ...[
    'extra_addresses: [{ address: 10.1.0.1/24, interface: eth7 }]',
    'routes: [{ to: 10.9.0.0/16, interface: eth7 }]',
  ].map((held) => ({
    title: `an interface of ${held} that is not there`,
    facts: {},
    config: configOf(base.replace('priority: 200', `priority: 200, ${held}`)),
    finds: ['interfaces', 'error', /vi1: there is no interface eth7/, /fulcrum\.yaml/] as const,
  })),
  {
    title: 'an interface that is down',
    facts: { links: [{ ...link('eth0', '10.0.0.2/24'), up: false, running: false }] },
    finds: ['interfaces', 'error', /eth0 is down/, 'ip link set eth0 up'],
  },
  {
    title: 'an interface without an address',
    facts: { links: [link('eth0', '10.0.0.100/24')] },
    finds: ['interfaces', 'error', /no IPv4 address of its own/, /ip addr add/],
  },
  {
    title: 'a virtual address in no network of its interface',
    facts: { links: [link('eth0', '192.168.1.2/24')] },
    finds: ['interfaces', 'warning', /10\.0\.0\.100 is in no network of eth0/, /fulcrum\.yaml/],
  },
  {
    title: 'another virtual router with the VRID',
    facts: { heard: [{ ...heard, addresses: ['10.0.0.200'] }] },
    finds: ['vrids', 'error', /VRID 60 is spoken on eth0 by 10\.0\.0\.3/, /sed -Ei .*60.*\\161\/' \/etc\/fulcrum/],
  },
  {
    title: 'a peer of version 2',
    facts: { heard: [{ ...heard, version: 2 }] },
    finds: ['vrids', 'error', /version 2/, /vrrp_version 3/],
  },
  {
    title: 'a peer with fewer addresses',
    facts: { heard: [{ ...heard, addresses: ['10.0.0.100', '10.0.0.101'] }] },
    finds: ['vrids', 'warning', /10\.0\.0\.101/, /fulcrum\.yaml/],
  },
  {
    title: 'a VRID that is in use, without a configuration',
    facts: { heard: [heard] },
    config: null,
    finds: ['vrids', 'info', /VRID 60/, /tcpdump/],
  },
  {
    title: 'a virtual address that a stranger has',
    facts: { claims: [{ interface: 'eth0', family: 'ipv4', address: '10.0.0.100', hardware: '02:00:00:00:00:09' }] },
    finds: ['duplicates', 'error', /10\.0\.0\.100 on eth0 is used by 02:00:00:00:00:09/, /ip addr del/],
  },
  {
    title: 'an address of this host that another one has',
    facts: { claims: [{ interface: 'eth0', family: 'ipv4', address: '10.0.0.2', hardware: '02:00:00:00:00:09' }] },
    config: null,
    finds: ['duplicates', 'error', /10\.0\.0\.2 /, /ip addr del/],
  },
  {
    title: 'a kernel without IPVS',
    facts: { modules: { present: new Set(), available: new Set(), ipvs: false } },
    finds: ['ipvs', 'error', /no module ip_vs/, /linux-modules-extra-6\.1\.0-amd64/],
  },
  {
    title: 'a module that is not loaded',
    facts: { modules: { present: new Set(), available: new Set(['ip_vs', 'ip_vs_wrr']), ipvs: false } },
    finds: ['ipvs', 'info', /ip_vs is not loaded/, /^modprobe ip_vs/],
  },
  {
    title: 'a scheduler that the kernel has not',
    facts: { modules: { present: new Set(['ip_vs']), available: new Set(['ip_vs']), ipvs: true } },
    finds: ['ipvs', 'error', /no module ip_vs_wrr/, /fulcrum\.yaml/],
  },
  {
    title: 'no forwarding for NAT',
    facts: sysctls({ 'net.ipv4.ip_forward': '0' }),
    finds: ['forwarding', 'error', /net\.ipv4\.ip_forward is 0/, 'sysctl -w net.ipv4.ip_forward=1'],
  },
  {
    title: 'clients of a backend that is gone are left alone',
    facts: sysctls({ 'net.ipv4.vs.expire_nodest_conn': '0' }),
    finds: ['ipvs', 'warning', /expire_nodest_conn/, 'sysctl -w net.ipv4.vs.expire_nodest_conn=1'],
  },
  {
    title: 'a backend of direct return that answers ARP',
    facts: {
      ...sysctls({ 'net.ipv4.conf.all.arp_ignore': '0' }),
      links: [link('lo', '127.0.0.1/8', '10.0.0.100/32'), link('eth0', '10.0.0.2/24')],
    },
    finds: [
      'arp',
      'error',
      /10\.0\.0\.100 is on lo/,
      'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
    ],
  },
  {
    title: 'two interfaces in one network',
    facts: {
      ...sysctls({ 'net.ipv4.conf.all.arp_ignore': '0' }),
      links: [link('eth0', '10.0.0.2/24'), link('eth1', '10.0.0.7/24')],
    },
    finds: ['arp', 'warning', /eth0 and eth1 are in one network/, /arp_ignore=1/],
  },
  {
    title: 'strict reverse-path filtering beside direct return',
    facts: {
      ...sysctls({ 'net.ipv4.conf.eth1.rp_filter': '1' }),
      links: [link('eth0', '10.0.0.2/24'), link('eth1', '10.1.0.7/24')],
    },
    config: configOf(base.replace('forwarding: nat', 'forwarding: dsr').replace('port: 8080', 'port: 80')),
    finds: ['rp_filter', 'warning', /strict on eth1/, 'sysctl -w net.ipv4.conf.all.rp_filter=2'],
  },
  {
    title: 'a backend of direct return behind a router',
    facts: {},
    config: configOf(
      base
        .replace('forwarding: nat', 'forwarding: dsr')
        .replace('address: 10.0.0.11, port: 8080', 'address: 10.9.0.11, port: 80'),
    ),
    finds: ['direct_return', 'error', /10\.9\.0\.11 is in no network/, /fulcrum\.yaml/],
  },
  {
    title: 'marked checks on a node that takes answers for forgeries',
    facts: sysctls({ 'net.ipv4.conf.eth0.accept_local': '0', 'net.ipv4.conf.lo.accept_local': '1' }),
    config: configOf(
      base
        .replace('{ type: icmp }', '{ type: tcp, mode: dsr }')
        .replace('forwarding: nat', 'forwarding: dsr')
        .replace('port: 8080', 'port: 80'),
    ),
    finds: ['direct_return', 'error', /accept_local/, 'sysctl -w net.ipv4.conf.all.accept_local=1'],
  },
  {
    title: 'icmp checks of a user who may not ping',
    facts: {
      ...sysctls({ 'net.ipv4.ping_group_range': '1\t0' }),
      rights: {
        ...factsWith().rights,
        gids: [1000],
        capabilities: new Set(['CAP_NET_ADMIN', 'CAP_SYS_NICE', 'CAP_NET_BIND_SERVICE']),
      },
    },
    finds: ['ping', 'error', /ping_group_range is "1 0"/, "sysctl -w net.ipv4.ping_group_range='0 2147483647'"],
  },
  {
    title: 'a full table of connections',
    facts: sysctls({
      'net.netfilter.nf_conntrack_max': '1000',
      'net.netfilter.nf_conntrack_count': '950',
      'net.netfilter.nf_conntrack_buckets': '1000',
    }),
    finds: ['conntrack', 'error', /950 of 1000/, 'sysctl -w net.netfilter.nf_conntrack_max=4000'],
  },
  {
    title: 'a port that is taken',
    facts: {
      blockedListeners: [
        {
          setting: 'control.http',
          host: '127.0.0.1',
          port: 9080,
          code: 'EADDRINUSE',
          holder: { pid: 5, name: 'nginx', unit: 'nginx.service' },
        },
      ],
    },
    finds: ['listeners', 'error', /process 5 \(nginx\)/, 'systemctl disable --now nginx.service'],
  },
  {
    title: 'a listener on the virtual address',
    facts: {
      blockedListeners: [
        { setting: 'control.http', host: '10.0.0.100', port: 9080, code: 'EADDRNOTAVAIL', holder: null },
      ],
    },
    finds: ['listeners', 'error', /no interface has that address/, 'sysctl -w net.ipv4.ip_nonlocal_bind=1'],
  },
  {
    title: 'a low port',
    facts: { blockedListeners: [{ setting: 'control.http', host: '0.0.0.0', port: 80, code: 'EACCES', holder: null }] },
    finds: ['listeners', 'error', /not permitted/, 'sysctl -w net.ipv4.ip_unprivileged_port_start=80'],
  },
  {
    title: 'a state directory of somebody else',
    facts: { stateDir: { path: '/var/lib/fulcrum', problem: 'EACCES' } },
    finds: ['state_dir', 'error', /cannot be written: EACCES/, 'sudo install -d -m 0750 -o 0 /var/lib/fulcrum'],
  },
  {
    title: 'a user who is not there',
    facts: { missingUsers: ['checker'] },
    finds: ['users', 'error', /no user checker/, /useradd --system .* checker/],
  },
  {
    title: 'few open files',
    facts: { rights: { ...factsWith().rights, limits: { rtprio: 0, memlock: 0, nofile: 256 } } },
    finds: ['limits', 'error', /256 files/, 'ulimit -n 262144'],
  },
  {
    title: 'no right to change addresses',
    facts: {
      rights: {
        ...factsWith().rights,
        uid: 1000,
        capabilities: new Set(['CAP_NET_RAW', 'CAP_SYS_NICE', 'CAP_NET_BIND_SERVICE']),
      },
    },
    finds: ['rights', 'error', /no CAP_NET_ADMIN/, /setpriv .*\+net_admin/],
  },
  {
    title: 'no real-time priority',
    facts: {
      rights: {
        ...factsWith().rights,
        capabilities: new Set(['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_NET_BIND_SERVICE']),
      },
    },
    finds: ['rights', 'warning', /RLIMIT_RTPRIO is 0/, /prlimit/],
  },
  {
    title: 'swap',
    facts: { memory: { swapBytes: 1 << 30, swapAllowed: true } },
    finds: ['memory', 'info', /swapped out/, 'swapoff -a'],
  },
  {
    title: 'a slow clock',
    facts: { clock: { source: 'hpet', available: ['tsc', 'hpet'], stolen: 0 } },
    finds: ['clock', 'warning', /hpet/, /echo tsc > /],
  },
  {
    title: 'a hypervisor that takes time',
    facts: { clock: { source: 'tsc', available: ['tsc'], stolen: 0.2 } },
    finds: ['clock', 'warning', /20\.0 %/, /vcpupin/],
  },
  {
    title: 'what could not be looked at',
    facts: { unread: [{ what: 'the firewall', why: 'EPERM', command: 'sudo nft list ruleset' }] },
    finds: ['unread', 'info', /not looked at: the firewall/, 'sudo nft list ruleset'],
  },
];

for (const { title, facts, config: own = config, finds } of cases) {
  test(`finds ${title}`, (t) => {
    const [probe, severity, what, command] = finds;
    const found = diagnose(factsWith(facts), own);
    const one = found.find((each) => each.probe === probe && what.test(each.what) && each.severity === severity);
    t.truthy(one, JSON.stringify(found, null, 1));
    if (typeof command === 'string') t.is(one?.command, command);
    else t.regex(one?.command ?? '', command);
    t.not(one?.why, '');
  });
}

test('a configuration is not told of what it does not use', (t) => {
  const proxy = configOf('dataplane: { driver: proxy }\nservices: []\n');
  const broken = factsWith({
    ...sysctls({ 'net.ipv4.ip_forward': '0', 'net.ipv4.ping_group_range': '1 0' }),
    modules: { present: new Set(), available: new Set(), ipvs: false },
    rights: { ...factsWith().rights, capabilities: new Set() },
    programs: [{ pid: 7, name: 'keepalived', unit: null }],
    clock: { source: 'hpet', available: [], stolen: 0.5 },
  });
  t.deepEqual(diagnose(broken, proxy), []);
});

test('the holder of a virtual address is a master that is heard, by its own or the virtual hardware address', (t) => {
  const claim = { interface: 'eth0', family: 'ipv4' as const, address: '10.0.0.100', hardware: heard.hardware };
  t.deepEqual(diagnose(factsWith({ heard: [heard], claims: [claim] }), config), []);
  const virtual = { ...claim, hardware: '00:00:5e:00:01:3c' };
  t.deepEqual(diagnose(factsWith({ heard: [heard], claims: [virtual] }), config), []);
  const other = { ...claim, hardware: '00:00:5e:00:01:3d' };
  t.is(diagnose(factsWith({ heard: [heard], claims: [other] }), config)[0]?.probe, 'duplicates');
});
