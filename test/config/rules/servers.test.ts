/** How the servers of a service are reached, and persistence by nets. */
import test from 'ava';
import { diffConfig } from '../../../src/config/diff.js';
import { effectiveDocument } from '../../../src/config/document.js';
import { addressed, fromValue, parse, problems, serviceYaml, warnings } from '../support.js';

const CHECK = 'checks: [{ type: tcp }]';
const one = (lines: string, backend?: string) => problems(addressed(lines, backend)).join('\n');

test('a backend is reached as its service says, or in its own way', (t) => {
  const { services } = parse(
    addressed(
      'forwarding: dsr',
      `{ address: 10.0.0.11, ${CHECK} }, { address: 10.0.0.12, port: 8080, forwarding: nat, ${CHECK} }, { address: 10.0.0.13, forwarding: tun, tunnel: { type: gre }, ${CHECK} }`,
    ),
  ).config;
  t.deepEqual(
    services[0]?.backends.map(({ forwarding }) => forwarding),
    [null, 'nat', 'tun'],
  );
});

const wrong: readonly (readonly [title: string, found: string, expected: RegExp])[] = [
  [
    'another port with a way of its own',
    one('forwarding: nat', `{ address: 10.0.0.11, port: 81, forwarding: dsr, ${CHECK} }`),
    /port: forwarding: dsr cannot change the port: only 80 is allowed$/,
  ],
  [
    'another family with a way of its own',
    one('forwarding: tun', `{ address: "2001:db8::1", forwarding: nat, ${CHECK} }`),
    /address: an IPv6 backend of an IPv4 service needs forwarding: tun, and this is nat$/,
  ],
  [
    'a tunnel without tun',
    one('forwarding: tun', `{ address: 10.0.0.11, forwarding: dsr, tunnel: { type: gre }, ${CHECK} }`),
    /tunnel: only forwarding: tun has a tunnel, and this is dsr$/,
  ],
  [
    'a check of another way',
    one('forwarding: tun', '{ address: 10.0.0.11, forwarding: dsr, checks: [{ type: tcp, mode: tun }] }'),
    /mode: tun probes as forwarding: tun delivers, and this is dsr$/,
  ],
  [
    'one backend without tun, of a service with both families',
    problems(
      serviceYaml(
        'addresses: [10.0.0.1, "2001:db8::1"]\nport: 80\nforwarding: tun',
        `{ address: 10.0.0.11, ${CHECK} }, { address: 10.0.0.12, forwarding: nat, ${CHECK} }`,
      ),
    ).join('\n'),
    /need forwarding: tun, and this is nat/,
  ],
  [
    'a sorry server of another port',
    one('sorry: { address: 10.0.0.99, port: 81, forwarding: dsr }'),
    /sorry\.port: forwarding: dsr cannot change the port/,
  ],
  [
    'a sorry server of another family',
    one('sorry: { address: "2001:db8::9" }'),
    /sorry\.address: an IPv6 sorry server of an IPv4 service needs forwarding: tun/,
  ],
  [
    'a sorry server’s tunnel',
    one('sorry: { address: 10.0.0.99, tunnel: { type: gre } }'),
    /sorry\.tunnel: only forwarding: tun has a tunnel, and this is nat/,
  ],
  ['a sorry server without an address', one('sorry: { port: 81 }'), /sorry\.address: missing: /],
  [
    'a sorry server with an unknown key',
    one('sorry: { address: 10.0.0.99, weight: 1 }'),
    /sorry\.weight: unknown key 'weight'/,
  ],
  ['a sorry server that is no endpoint', one('sorry: nowhere'), /sorry: 'nowhere' is not a sorry server: IP:PORT/],
  [
    'a sorry server that is a number',
    one('sorry: 80'),
    /sorry: 80 is not a sorry server: IP:PORT, .* or a map with an address is allowed/,
  ],
  [
    'a sorry server of a mark without a port',
    problems(
      serviceYaml('fwmark: 7\nsorry: { address: 10.0.0.99 }', `{ address: 10.0.0.11, port: 80, ${CHECK} }`),
    ).join('\n'),
    /sorry: missing: a sorry server of a fwmark service needs a port/,
  ],
  [
    'persistence as a number',
    one('persistence: 300'),
    /persistence: 300 is not a duration: a bare number is refused: write 300s or 300ms/,
  ],
  [
    'persistence of half a second',
    one('persistence: 1500ms'),
    /persistence: '1500ms' is not a whole number of 1s steps/,
  ],
  [
    'a granularity without a time',
    one('persistence: { granularity: 24 }'),
    /persistence\.timeout: missing: a duration is needed here/,
  ],
  [
    'a granularity of all clients',
    one('persistence: { timeout: 5m, granularity: 0 }'),
    /persistence\.granularity: 0 is not a granularity: an IPv4 netmask such as 255\.255\.255\.0/,
  ],
  [
    'a length beyond IPv4',
    one('persistence: { timeout: 5m, granularity: 64 }'),
    /granularity: 64 is of no IPv4 net: a netmask such as 255\.255\.255\.0, or 1 to 32, is allowed/,
  ],
  [
    'a mask of IPv6',
    problems(
      serviceYaml(
        'address: "2001:db8::1"\nport: 80\npersistence: { timeout: 5m, granularity: 255.255.255.0 }',
        `{ address: "2001:db8::11", ${CHECK} }`,
      ),
    ).join('\n'),
    /granularity: '255\.255\.255\.0' is of no IPv6 net: the length of a prefix, 1 to 128, is allowed/,
  ],
];
for (const [title, found, expected] of wrong) test(`refused: ${title}`, (t) => t.regex(found, expected));

test('the driver proxy says what has no effect with it', (t) => {
  const text = `dataplane: { driver: proxy }\n${addressed('sorry: { address: 10.0.0.99, forwarding: dsr }', `{ address: 10.0.0.11, forwarding: tun, ${CHECK} }`)}`;
  t.deepEqual(
    warnings(text).map((warning) => warning.replace(/^\S+ /u, '')),
    [
      "services[0].backends[0].forwarding: the driver proxy always forwards as nat does: 'tun' has no effect",
      "services[0].sorry.forwarding: the driver proxy always forwards as nat does: 'dsr' has no effect",
    ],
  );
});

test('a sorry server is an endpoint, or a map whose port is the service’s where it has none', (t) => {
  const sorryOf = (lines: string) => parse(serviceYaml(lines)).config.services[0]?.sorry;
  const plain = { address: '10.0.0.99', forwarding: 'nat', tunnel: null, inhibit: false };
  t.deepEqual<unknown, unknown>(sorryOf('address: 10.0.0.1\nport: 80\nsorry: 10.0.0.99:81'), { ...plain, port: 81 });
  t.deepEqual<unknown, unknown>(sorryOf('address: 10.0.0.1\nport: 80\nsorry: { address: 10.0.0.99 }'), {
    ...plain,
    port: 80,
  });
  t.deepEqual<unknown, unknown>(
    sorryOf(
      'address: 10.0.0.1\nports: [80, 81]\nsorry: { address: 10.0.0.99, forwarding: tun, tunnel: { type: gue, port: 6080 }, inhibit: true }',
    ),
    { address: '10.0.0.99', port: null, forwarding: 'tun', tunnel: { type: 'gue', port: 6080 }, inhibit: true },
  );
});

test('what is in effect is written as it can be read again, and a change of it is told', (t) => {
  const config = (lines: string) => parse(addressed(lines)).config;
  for (const [lines, sorry, persistence] of [
    ['sorry: 10.0.0.99:81\npersistence: 5m', '10.0.0.99:81', '5m'],
    [
      'sorry: { address: 10.0.0.99, inhibit: true }\npersistence: { timeout: 5m, granularity: 24 }',
      { address: '10.0.0.99', port: 80, forwarding: 'nat', tunnel: null, inhibit: true },
      { timeout: '5m', granularity: 24 },
    ],
  ] as const) {
    const before = config(lines);
    const document = effectiveDocument(before);
    t.like((document['services'] as readonly unknown[])[0], { sorry, persistence });
    t.deepEqual(diffConfig(before, fromValue(document).config), []);
  }
  t.deepEqual(diffConfig(config('persistence: 5m'), config('persistence: { timeout: 5m, granularity: 255.255.0.0 }')), [
    'services.web: persistence 5m -> { timeout: 5m, granularity: 255.255.0.0 }',
  ]);
});
