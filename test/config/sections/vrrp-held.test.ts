/** What an instance has as master beside its adverted addresses. */
import test from 'ava';
import { diffConfig } from '../../../src/config/diff.js';
import { effectiveDocument } from '../../../src/config/document.js';
import { parse, problems, warnings } from '../support.js';

const vrrp = (...options: readonly string[]): string =>
  `vrrp: { instances: [{ name: a, interface: eth0, vrid: 5, ${options.join(', ')} }] }`;
const OWN = 'addresses: [10.0.0.1/24]';
const instanceOf = (...options: readonly string[]) => parse(vrrp(...options)).config.vrrp.instances[0];

test('an address is text, or says where it is', (t) => {
  const instance = instanceOf(
    'addresses: [10.0.0.1/24, { address: 10.0.0.2/24, interface: eth1, label: "eth1:1", scope: link }]',
    'extra_addresses: [{ address: "2001:DB8::1/64", interface: eth2 }, { address: 10.0.0.3 }]',
  );
  t.deepEqual(instance?.addresses, [
    { address: '10.0.0.1', prefixLength: 24 },
    { address: '10.0.0.2', prefixLength: 24, interface: 'eth1', label: 'eth1:1', scope: 'link' },
  ]);
  t.deepEqual(instance?.extraAddresses, [
    { address: '2001:db8::1', prefixLength: 64, interface: 'eth2' },
    { address: '10.0.0.3', prefixLength: 32 },
  ]);
});

test('the effective document says as much of an address as there is to say', (t) => {
  const held = '[10.0.0.1/24, { address: 10.0.0.2/24, interface: eth1 }]';
  const document = effectiveDocument(parse(vrrp(`addresses: ${held}`)).config);
  t.like(document, {
    vrrp: { instances: [{ addresses: ['10.0.0.1/24', { address: '10.0.0.2/24', interface: 'eth1' }] }] },
  });
});

const ROUTE = '{ to: 10.9.0.0/16, via: 10.0.0.254, table: 100 }';
const RULE = '{ from: 10.0.0.1/32, table: 100 }';

test('a route and a rule have defaults', (t) => {
  const instance = instanceOf(OWN, `routes: [${ROUTE}]`, `rules: [${RULE}]`);
  t.deepEqual(instance?.routes, [
    {
      to: { address: '10.9.0.0', prefixLength: 16 },
      type: 'unicast',
      via: '10.0.0.254',
      interface: null,
      onLink: false,
      table: 100,
      metric: 0,
      source: null,
      scope: null,
      mtu: null,
    },
  ]);
  t.like(instance?.rules[0], { from: { address: '10.0.0.1', prefixLength: 32 }, type: 'lookup', priority: 16_384 });
});

test('a change of a route is told', (t) => {
  const [one, other] = [ROUTE, ROUTE.replace('254', '253')].map(
    (route) => parse(vrrp(OWN, `routes: [${route}]`)).config,
  );
  t.is(one === undefined || other === undefined ? 0 : diffConfig(one, other).length, 1);
});

for (const [title, options, expected] of [
  ['an address twice', ['addresses: [10.0.0.1, 10.0.0.1/24]'], /10\.0\.0\.1 is already at/],
  [
    'an adverted address that is an extra one too',
    [OWN, 'extra_addresses: [10.0.0.1/24]'],
    /is already at .*addresses\[0\]/,
  ],
  [
    'the source that is an extra address',
    [OWN, 'extra_addresses: [10.0.0.9/24]', 'source: 10.0.0.9'],
    /10\.0\.0\.9 is one of the virtual addresses/,
  ],
  ['an address with an unknown key', ['addresses: [{ address: 10.0.0.1, dev: eth1 }]'], /unknown key 'dev'/],
  ['an address that is none', ['addresses: [{ address: 10.0.0 }]'], /'10\.0\.0' is not an IP address/],
  ['a list as an address', ['addresses: [[10.0.0.1]]'], /is not an address: 10\.0\.0\.100\/24 or \{ address/],
  ['a label for IPv6', ['addresses: [{ address: "fe80::1/64", label: x }]'], /the kernel has none for IPv6/],
  [
    'a route twice',
    [OWN, `routes: [${ROUTE}, ${ROUTE.replace('254', '253')}]`],
    /the route to 10\.9\.0\.0\/16 of table 100 with metric 0 is already at/,
  ],
  ['a rule twice', [OWN, `rules: [${RULE}, ${RULE}]`], /this rule is already at/],
  [
    'a network with host bits',
    [OWN, 'routes: [{ to: 10.9.1.0/16 }]'],
    /bits behind its prefix: 10\.9\.0\.0\/16 is the network/,
  ],
  [
    'a route to a word',
    [OWN, 'routes: [{ to: default }]'],
    /'default' is not a network: .* 0\.0\.0\.0\/0 or ::\/0 for all/,
  ],
  [
    'a gateway of another family',
    [OWN, 'routes: [{ to: 10.9.0.0/16, via: "fe80::1" }]'],
    /via: fe80::1 is not of the family of `to`/,
  ],
  [
    'a blackhole with a gateway',
    [OWN, 'routes: [{ to: 10.9.0.0/16, type: blackhole, via: 10.0.0.2 }]'],
    /goes nowhere: leave it out/,
  ],
  ['on_link without a gateway', [OWN, 'routes: [{ to: 10.9.0.0/16, on_link: true }]'], /on_link: it is said of 'via'/],
  ['a rule without a table', [OWN, 'rules: [{ from: 10.0.0.1/32 }]'], /a rule needs a table to look into/],
  [
    'a rule that looks nothing up, with a table',
    [OWN, 'rules: [{ type: prohibit, table: 9 }]'],
    /table: a rule of type prohibit looks nothing up/,
  ],
  [
    'a rule of two families',
    [OWN, 'rules: [{ from: 10.0.0.1/32, to: "::/0", table: 9 }]'],
    /of one family: write two rules/,
  ],
  ['a mask without a mark', [OWN, 'rules: [{ fwmask: 3, table: 9 }]'], /fwmask: it is said of 'fwmark'/],
  ['a mark that no packet can have', [OWN, 'rules: [{ fwmark: 4, fwmask: 3, table: 9 }]'], /no packet would match/],
  ['a burst that is never', [OWN, 'gratuitous: { repeat_after: 5s }'], /without 'repeat_count' this has no effect/],
  ['a burst that has no time', [OWN, 'gratuitous: { repeat_count: 5 }'], /without 'repeat_after' this has no effect/],
] as const) {
  test(`${title} is told`, (t) => {
    const text = vrrp(...options);
    const errors = problems(text);
    t.regex((errors.length > 0 ? errors : warnings(text)).join('\n'), expected);
  });
}

test('extra addresses are of any family', (t) => {
  t.deepEqual(problems(vrrp(OWN, 'extra_addresses: ["2001:db8::1/64", 10.1.0.1]')), []);
});
