/** What a master of keepalived has beside its adverted addresses. */
import test from 'ava';
import { configFromValue } from '../../../src/config/load.js';
import { importKeepalived } from '../../../src/import/keepalived/index.js';

const files = { list: () => null, read: () => '' };
const imported = (inside: string, globals = '') => {
  const text = `global_defs {\n${globals}\n}
vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1/24\n }\n${inside}\n}`;
  const { document, notes } = importKeepalived({ file: 'k.conf', text, files }, { host: 'main', env: {} });
  t0(document);
  const told = notes.map(({ at, keyword, why }) => `${at.line} ${keyword}: ${why}`);
  return { instance: document.vrrp?.instances?.[0] ?? null, document, told };
};
/** What an import writes is valid. */
const t0 = (document: object) => void configFromValue(document);

test('addresses on other interfaces, with labels and scopes', (t) => {
  const { instance, told } = imported(`virtual_ipaddress {
    10.0.0.2/24 dev eth0 scope link
    10.0.0.3/24 brd 10.0.0.255 dev eth1 label eth1:vip
    10.0.0.4 scope 254 no_track
  }`);
  t.deepEqual(instance?.addresses, [
    '10.0.0.1/24',
    { address: '10.0.0.2/24', scope: 'link' },
    { address: '10.0.0.3/24', interface: 'eth1', label: 'eth1:vip' },
    { address: '10.0.0.4/32', scope: 'host' },
  ]);
  t.deepEqual(told, [
    "12 10.0.0.3/24: it has the kernel's defaults instead of brd",
    '13 10.0.0.4: what someone removes is put back here, and the instance stays master',
  ]);
});

test('addresses that adverts do not list', (t) => {
  const { instance, told } = imported('virtual_ipaddress_excluded {\n 2001:db8::1/64 dev eth1\n 10.0.9.1\n }');
  t.deepEqual(instance?.addresses, ['10.0.0.1/24']);
  t.deepEqual(instance?.extra_addresses, [{ address: '2001:db8::1/64', interface: 'eth1' }, '10.0.9.1/32']);
  t.deepEqual(told, []);
});

test('routes as the manual of keepalived has them', (t) => {
  const { instance, told } = imported(`virtual_routes {
    src 192.168.100.1 to 192.168.109.0/24 via 192.168.200.254 dev eth1
    192.168.111.0/24 dev eth2 no_track
    192.168.112.0/24 gw 192.168.100.254 metric 7 table 100 mtu 1400 onlink
    blackhole 192.168.114.0/24
    default via 2001:db8::1 dev eth1 table main
    10.9.0.0/16 dev eth0 scope link hoplimit 100
    192.168.113.0/24 via 192.168.200.254 or 192.168.100.254 dev eth1
    10.8.0.0/16 via 10.0.0.9 table small
    10.7.0.0/16 tos 4 via 10.0.0.9
  }`);
  t.deepEqual(instance?.routes, [
    { to: '192.168.109.0/24', via: '192.168.200.254', interface: 'eth1', source: '192.168.100.1' },
    { to: '192.168.111.0/24', interface: 'eth2', scope: 'global' },
    { to: '192.168.112.0/24', via: '192.168.100.254', on_link: true, table: 100, metric: 7, mtu: 1400 },
    { to: '192.168.114.0/24', type: 'blackhole' },
    { to: '::/0', via: '2001:db8::1', interface: 'eth1', table: 254 },
    { to: '10.9.0.0/16', interface: 'eth0', scope: 'link' },
  ]);
  t.deepEqual(told, [
    '12 192.168.111.0/24: what someone removes is put back here, and the instance stays master',
    '16 10.9.0.0/16: the route is without hoplimit',
    '17 192.168.113.0/24: a route here has one gateway',
    "18 10.8.0.0/16: 'small' is the name of a table: write its number, which is in rt_tables of iproute2",
    "19 10.7.0.0/16: a route here has no 'tos'",
  ]);
});

test('rules have the priorities that keepalived gives them', (t) => {
  const { instance, told } = imported(`virtual_rules {
    from 192.168.2.0/24 table 1
    to 192.168.2.0/24 lookup main no_track
    from 10.1.0.0/16 to 10.2.0.0/16 iif eth1 oif eth0 fwmark 0x18/0xff tos 16 table 6909 preference 39
    from 2001:db8::/64 table 5
    not from 10.3.0.0/16 blackhole
    from all table 7 suppress_prefixlength 0
    from 10.4.0.0/16 goto 40
  }`);
  t.deepEqual(instance?.rules, [
    { from: '192.168.2.0/24', table: 1, priority: 16_384 },
    { to: '192.168.2.0/24', table: 254, priority: 16_383 },
    {
      from: '10.1.0.0/16',
      to: '10.2.0.0/16',
      iif: 'eth1',
      oif: 'eth0',
      fwmark: 0x18,
      fwmask: 0xff,
      table: 6909,
      tos: 16,
      priority: 39,
    },
    { from: '2001:db8::/64', table: 5, priority: 16_384 },
    { from: '10.3.0.0/16', not: true, type: 'blackhole', priority: 16_382 },
    { table: 7, suppress_prefix_length: 0, priority: 16_381 },
  ]);
  t.deepEqual(told, [
    '12 to: what someone removes is put back here, and the instance stays master',
    "17 from: a rule here has no 'goto'",
  ]);
});

test('the second burst is as keepalived sends it', (t) => {
  const burst = (inside: string, globals = '') => imported(inside, globals).instance?.gratuitous;
  t.like(burst(''), { count: 5, repeat_after: '5s', repeat_count: 5 });
  t.like(burst('garp_master_delay 10\n garp_master_repeat 2'), { count: 2, repeat_after: '10s', repeat_count: 2 });
  t.like(burst('garp_master_delay 0'), { count: 5, repeat_after: '0s', repeat_count: 0 });
  t.like(burst('', 'vrrp_garp_master_delay 1'), { repeat_after: '1s', repeat_count: 5 });
  t.like(burst('', 'vrrp_min_garp'), { count: 1, repeat_after: '0s', repeat_count: 0 });
  t.like(burst('garp_master_refresh 60\n garp_master_refresh_repeat 2'), { refresh: '1m', refresh_count: 2 });
  t.deepEqual(imported('garp_master_delay 10\n garp_master_refresh_repeat 2').told, []);
});
