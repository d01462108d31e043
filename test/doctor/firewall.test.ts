import test from 'ava';
import { parseConfig } from '../../src/config/load.js';
import { readIptables } from '../../src/doctor/firewall/iptables.js';
import { readNft } from '../../src/doctor/firewall/nft.js';
import { type Packet, somePacket } from '../../src/doctor/firewall/ruleset.js';
import { isInside, whoDrops } from '../../src/doctor/firewall/walk.js';
import { diagnose } from '../../src/doctor/index.js';
import { factsWith } from '../support/fixtures/facts.js';

const chain = { family: 'inet', table: 'filter', name: 'input', handle: 1, type: 'filter', hook: 'input', prio: 0 };
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
const meta = (key: string) => ({ meta: { key } });
const field = (protocol: string, name: string) => ({ payload: { protocol, field: name } });
const accept = { accept: null };
const drop = { drop: null };

/** As `nft -j list ruleset` prints it. */
const nft = (policy: string, rules: readonly (readonly object[])[], more: readonly object[] = []) =>
  readNft(
    JSON.stringify({
      nftables: [
        { metainfo: { version: '1.0.6' } },
        { chain: { ...chain, policy } },
        ...rules.map((expr) => ({ rule: { family: 'inet', table: 'filter', chain: 'input', handle: 2, expr } })),
        ...more,
      ],
    }),
  );

const advert: Packet = { ...somePacket, protocol: '112', iif: 'eth0', daddr: '224.0.0.18', pkttype: 'multicast' };
const http: Packet = { ...somePacket, protocol: '6', iif: 'eth0', saddr: '10.0.0.9', dport: '80', pkttype: 'host' };
const verdictOf = (chains: ReturnType<typeof nft>, packet: Packet) => {
  const [dropped] = whoDrops(chains, ['input'], packet);
  return dropped === undefined ? 'passes' : dropped.sure ? 'dropped' : 'perhaps';
};

test('a packet goes through the rules of nftables as through the kernel’s', (t) => {
  const vrrp = match(field('ip', 'protocol'), 'vrrp');
  const state = { ct: { key: 'state' } };
  t.is(verdictOf(nft('accept', []), advert), 'passes');
  t.is(verdictOf(nft('drop', []), advert), 'dropped');
  t.is(verdictOf(nft('accept', [[vrrp, drop]]), advert), 'dropped');
  t.is(verdictOf(nft('accept', [[vrrp, drop]]), http), 'passes');
  t.is(verdictOf(nft('accept', [[vrrp, drop]]), { ...advert, family: 'ipv6' }), 'passes');
  t.is(
    verdictOf(nft('accept', [[match(meta('l4proto'), 112), { reject: null }]]), { ...advert, family: 'ipv6' }),
    'dropped',
  );
  t.is(verdictOf(nft('drop', [[match(meta('iifname'), 'lo'), accept]]), advert), 'dropped');
  t.is(verdictOf(nft('drop', [[match(meta('iifname'), 'eth*'), accept]]), advert), 'passes');
  t.is(verdictOf(nft('drop', [[match(meta('l4proto'), { set: ['icmp', 'vrrp'] }), accept]]), advert), 'passes');
  t.is(verdictOf(nft('drop', [[match(state, ['established', 'related'], 'in'), accept]]), http), 'dropped');
  t.is(
    verdictOf(nft('drop', [[match(state, ['established', 'related'], 'in'), accept]]), {
      ...http,
      state: 'established',
    }),
    'passes',
  );
  const ports = match(field('tcp', 'dport'), { set: [22, { range: [80, 90] }] });
  t.is(verdictOf(nft('drop', [[ports, accept]]), http), 'passes');
  t.is(verdictOf(nft('drop', [[ports, accept]]), { ...http, protocol: '17' }), 'dropped');
  const network = match(field('ip', 'saddr'), { prefix: { addr: '10.0.0.0', len: 24 } });
  t.is(verdictOf(nft('drop', [[network, accept]]), http), 'passes');
  t.is(verdictOf(nft('drop', [[match(field('ip', 'saddr'), '10.0.0.9', '!='), accept]]), http), 'dropped');
});

test('what cannot be told makes a verdict doubtful, and never a false one', (t) => {
  t.is(verdictOf(nft('drop', [[match(field('ip', 'saddr'), '@good'), accept]]), http), 'perhaps');
  t.is(verdictOf(nft('drop', [[{ limit: { rate: 5 } }, accept]]), http), 'perhaps');
  t.is(verdictOf(nft('accept', [[match(field('tcp', 'flags'), 'syn', 'in'), drop]]), http), 'passes');
  t.is(verdictOf(nft('drop', [[{ xt: { type: 'match', name: 'addrtype' } }, accept]]), http), 'perhaps');
  t.is(
    verdictOf(
      nft('accept', [
        [{ limit: { rate: 5 } }, accept],
        [match(meta('l4proto'), 6), drop],
      ]),
      http,
    ),
    'perhaps',
  );
});

test('chains are followed, and verdict maps', (t) => {
  const other = { chain: { family: 'inet', table: 'filter', name: 'more', handle: 9 } };
  const inOther = (expr: readonly object[]) => ({ rule: { family: 'inet', table: 'filter', chain: 'more', expr } });
  const jump = [[{ counter: null }, { jump: { target: 'more' } }], [accept]];
  t.is(verdictOf(nft('accept', jump, [other, inOther([drop])]), advert), 'dropped');
  t.is(verdictOf(nft('drop', jump, [other, inOther([{ return: null }]), inOther([drop])]), advert), 'passes');
  t.is(verdictOf(nft('drop', [[{ goto: { target: 'more' } }], [accept]], [other]), advert), 'dropped');
  const vmap = (set: readonly unknown[]) => [{ vmap: { key: meta('l4proto'), data: { set } } }];
  t.is(
    verdictOf(
      nft('accept', [
        vmap([
          ['vrrp', drop],
          ['tcp', accept],
        ]),
      ]),
      advert,
    ),
    'dropped',
  );
  t.is(
    verdictOf(
      nft('drop', [
        vmap([
          ['vrrp', drop],
          ['tcp', accept],
        ]),
      ]),
      http,
    ),
    'passes',
  );
  // A chain that calls itself ends.
  t.is(verdictOf(nft('accept', jump, [other, inOther([{ jump: { target: 'more' } }])]), advert), 'passes');
});

test('rules of iptables are read as iptables-save prints them', (t) => {
  const chains = readIptables(
    'iptables',
    `# Generated by iptables-save
*filter
:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
:guard - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m comment --comment "all of \\"it\\"" -j guard
-A INPUT ! -i eth0 -p 112 -j ACCEPT
-A guard -s 10.0.0.0/24 -p tcp -m tcp --dport 80:90 -j ACCEPT
-A guard -p udp -m multiport --dports 53,123 -j REJECT --reject-with icmp-port-unreachable
-A OUTPUT -d 224.0.0.18/32 -p vrrp -j DROP
COMMIT
`,
  );
  t.is(verdictOf(chains, advert), 'dropped');
  t.is(verdictOf(chains, { ...advert, iif: 'eth1' }), 'passes');
  t.is(verdictOf(chains, http), 'passes');
  t.is(verdictOf(chains, { ...http, saddr: '10.9.0.1' }), 'dropped');
  t.is(verdictOf(chains, { ...http, state: 'established', dport: '9' }), 'passes');
  t.is(verdictOf(chains, { ...somePacket, protocol: '17', iif: 'eth0', dport: '123' }), 'dropped');
  t.is(whoDrops(chains, ['output'], { ...advert, iif: null, oif: 'eth0' }).length, 1);
});

test('an address is in a network by its bits', (t) => {
  t.true(isInside('10.0.1.255', '10.0.0.0', 23));
  t.false(isInside('10.0.2.0', '10.0.0.0', 23));
  t.true(isInside('2001:db8::1', '2001:db8::', 33));
  t.false(isInside('2001:db8:8000::1', '2001:db8::', 33));
  t.false(isInside('10.0.0.1', '2001:db8::', 0));
});

const { config } = parseConfig(
  `
dataplane: { driver: ipvs }
vrrp: { instances: [{ name: vi1, interface: eth0, vrid: 60, addresses: [10.0.0.100/24] }] }
services:
  - name: web
    address: 10.0.0.100
    port: 80
    backends:
      - { name: a, address: 10.0.0.11, port: 8080, checks: [{ type: http }] }
      - { name: b, address: 10.0.0.12, port: 8080, checks: [{ type: http }] }
`,
  { format: 'yaml', env: {} },
);

test('each finding has the rule that lets these packets through', (t) => {
  const firewall = nft('drop', [[match({ ct: { key: 'state' } }, 'established'), accept]]);
  const found = diagnose(factsWith({ firewall }), config).filter(({ probe }) => probe === 'firewall');
  t.deepEqual(
    found.map(({ severity, command }) => [severity, command]),
    [
      ['error', `nft 'insert rule inet filter input iifname "eth0" meta l4proto 112 accept'`],
      ['error', `nft 'insert rule inet filter input ip daddr 10.0.0.100 meta l4proto 6 th dport 80 accept'`],
    ],
  );
  t.regex(found[0]?.what ?? '', /drops VRRP adverts that come in \(protocol 112\) \(vi1\): nft inet filter input/);
});

test('checks that are dropped are told together', (t) => {
  const out = readIptables('iptables', '*filter\n:OUTPUT DROP [0:0]\n-A OUTPUT -p 112 -j ACCEPT\n');
  const found = diagnose(factsWith({ firewall: out }), config).filter(({ probe }) => probe === 'firewall');
  t.is(found.length, 1);
  t.regex(found[0]?.what ?? '', /the checks of service web \(http 10\.0\.0\.11:8080, http 10\.0\.0\.12:8080\)/);
  t.is(
    found[0]?.command,
    'iptables -t filter -I OUTPUT -p 6 -d 10.0.0.11 --dport 8080 -j ACCEPT && iptables -t filter -I OUTPUT -p 6 -d 10.0.0.12 --dport 8080 -j ACCEPT',
  );
});

test('with firewalld, its own command is told', (t) => {
  const text = JSON.stringify({ nftables: [{ chain: { ...chain, table: 'firewalld', policy: 'drop' } }] });
  const [first] = diagnose(factsWith({ firewall: readNft(text) }), config).filter(({ probe }) => probe === 'firewall');
  t.regex(first?.command ?? '', /^firewall-cmd --permanent --add-rich-rule='rule protocol value="vrrp" accept'/);
});
