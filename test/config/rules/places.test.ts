/** Services with several addresses and ports. */
import test from 'ava';
import { effectiveDocument } from '../../../src/config/document.js';
import { fromValue, parse, problems, serviceYaml } from '../support.js';

const one = (lines: string, backend?: string) => problems(serviceYaml(lines, backend)).join('\n');

const errors: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  [
    'address and addresses',
    one('address: 10.0.0.1\naddresses: [10.0.0.2]\nport: 80'),
    /addresses: a service has address or addresses, not both$/,
  ],
  ['port and ports', one('address: 10.0.0.1\nport: 80\nports: [81]'), /ports: a service has port or ports, not both$/],
  ['no address in the list', one('addresses: []\nport: 80'), /addresses: the list is empty: name at least one$/],
  [
    'addresses and a mark',
    one('addresses: [10.0.0.1]\nport: 80\nfwmark: 1'),
    /fwmark: a service has an address or a fwmark, not both$/,
  ],
  [
    'ports of a mark',
    one('fwmark: 1\nports: [80, 81]', '{ address: 10.0.0.11, port: 80, checks: [{ type: tcp }] }'),
    /ports: a firewall mark has no ports/,
  ],
  [
    'no range',
    one('addresses: [10.0.0.1-300]\nport: 80'),
    /addresses\[0\]: '10\.0\.0\.1-300' is not an address or a range: .*10\.0\.0\.101-110/,
  ],
  ['a range backwards', one('addresses: [10.0.0.9-3]\nport: 80'), /the range '10\.0\.0\.9-3' ends before it begins$/],
  [
    'too many',
    one('addresses: [10.0.0.0-10.0.3.255, 10.1.0.1]\nport: 80'),
    /addresses: 1025 addresses and ports together: at most 1024 of one service are allowed$/,
  ],
  [
    'very many',
    one('addresses: ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]\nport: 80'),
    /addresses: \d.* at most 1024/,
  ],
  [
    'too many ports',
    one(`address: 10.0.0.1\nports: [${Array.from({ length: 1025 }, (_, index) => index + 1).join(', ')}]`),
    /ports: 1025 addresses and ports together/,
  ],
  [
    'an address twice in one service',
    one('addresses: [10.0.0.1-5, 10.0.0.3]\nport: 80'),
    /addresses\[1\]: 10\.0\.0\.3:80\/tcp is already served by services\[0\]$/,
  ],
  ['a port twice', one('address: 10.0.0.1\nports: [80, 80]'), /ports: 10\.0\.0\.1:80\/tcp is already served/],
  [
    'both families with nat',
    one('addresses: [10.0.0.1, "2001:db8::1"]\nport: 80'),
    /addresses\[1\]: IPv4 and IPv6 addresses with the same backends need forwarding: tun, and this is nat/,
  ],
  [
    'both families and connection sync',
    `${problems(`dataplane: { sync: { instance: v, interface: eth0 } }\nvrrp: { instances: [{ name: v, interface: eth0, vrid: 1, addresses: [10.0.0.1] }] }\n${serviceYaml('addresses: [10.0.0.1, "2001:db8::1"]\nport: 80\nforwarding: tun')}`).join('\n')}`,
    /addresses\[1\]: IPVS joins IPv4 and IPv6 in one service only without dataplane\.sync/,
  ],
  [
    'another port with dsr',
    one(
      'address: 10.0.0.1\nports: [80, 81]\nforwarding: dsr',
      '{ address: 10.0.0.11, port: 80, checks: [{ type: tcp }] }',
    ),
    /port: forwarding: dsr cannot change the port: leave it out/,
  ],
  [
    'one backend with and without a port',
    one('address: 10.0.0.1\nports: [80, 81]', '{ address: 10.0.0.11 }, { address: 10.0.0.11 }'),
    /backends\[1\]: 10\.0\.0\.11 is already a backend here/,
  ],
];

test('checks_when: master needs an address that a VRRP instance brings', (t) => {
  const vrrp =
    'vrrp: { instances: [{ name: v, interface: eth0, vrid: 1, addresses: [10.0.0.1/24, 10.0.0.102], extra_addresses: [10.0.0.200] }] }';
  const found = (lines: string) =>
    problems(`${vrrp}\n${serviceYaml(`${lines}\nport: 80\nchecks_when: master`)}`).join('\n');
  t.is(found('addresses: [10.0.0.100-105]'), '');
  t.is(found('address: 10.0.0.200'), '', 'adverted or not');
  t.regex(
    found('address: 10.0.0.9'),
    /checks_when: no VRRP instance has an address of this service.*: always is allowed$/,
  );
  t.regex(
    found('fwmark: 7'),
    /checks_when: master follows the addresses of VRRP instances, and a fwmark service has none/,
  );
});

for (const [title, found, expected] of errors) test(`refused: ${title}`, (t) => t.regex(found, expected));

test('two services cannot share an address of their ranges', (t) => {
  const text =
    'services: [{ name: a, addresses: [10.0.0.1-9], ports: [80, 81] }, { name: b, address: 10.0.0.5, port: 81 }]';
  t.regex(problems(text).join('\n'), /services\[1\]\.port: 10\.0\.0\.5:81\/tcp is already served by services\[0\]$/);
});

test('the proxy joins both families, and listens on none of its own doors at any address', (t) => {
  const both = serviceYaml('addresses: [10.0.0.1, "2001:db8::1"]\nport: 80');
  t.deepEqual(problems(`dataplane: { driver: proxy }\n${both}`), []);
  const door = serviceYaml('addresses: [127.0.0.1-2]\nports: [80, 9080]');
  t.regex(
    problems(`control: { http: "127.0.0.1:9080" }\ndataplane: { driver: proxy }\n${door}`).join('\n'),
    /services\[0\]\.addresses\[0\]: port 9080 is already taken by control\.http/,
  );
});

test('a backend without a port has each port of the service, and is named by its address', (t) => {
  const { config } = parse(
    serviceYaml(
      'addresses: [10.0.0.100, 10.0.0.101-103]\nports: [80, 443]',
      '{ address: 10.0.0.11 }, { address: 10.0.0.12, port: 8080 }',
    ),
  );
  const [service] = config.services;
  t.like(service, {
    match: { kind: 'address', address: '10.0.0.100', port: 80 },
    addresses: ['10.0.0.100', '10.0.0.101-103'],
    ports: [80, 443],
  });
  t.like(service?.backends[0], { name: '10.0.0.11', port: 80, followsPort: true });
  t.like(service?.backends[1], { name: '10.0.0.12:8080', port: 8080 });
  t.is(service?.backends[1]?.followsPort, undefined);
  const written = effectiveDocument(config);
  t.deepEqual(fromValue(written).config.services, config.services, 'what is written is read as the same');
});
