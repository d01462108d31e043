/** What a single value, key or text may be, and how it is refused. */
import test from 'ava';
import { addressed, problems } from './support.js';

const check = (options: string): string => `checks: { c: { ${options} } }`;
const vrrp = (options: string): string => `vrrp: { instances: [{ name: v, interface: eth0, ${options} }] }`;

const cases: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  ['an empty text', '', /^1:1 : the document is empty: write \{\} for a configuration of nothing but defaults$/],
  ['a text of nothing but space', '\ufeff \n\t\n', /^1:1 : the document is empty/],
  ['an unknown key names the nearest', 'lgo: {}', /^1:1 lgo: unknown key 'lgo': the nearest known key is 'log'$/],
  [
    'an unknown key deep down',
    'log:\n  levl: info',
    /^2:3 log\.levl: unknown key 'levl': the nearest known key is 'level'$/,
  ],
  ['a key that no map of ours has', '"__proto__": { x: 1 }', /^1:1 __proto__: unknown key '__proto__'/],
  ['a key with odd characters', 'log: { "a b": 1 }', /^1:8 log\["a b"\]: unknown key 'a b'/],
  [
    'a key of another type of check',
    check('type: icmp, send: a'),
    /'send' \(it is an option of tcp, udp checks\): the nearest known key/,
  ],
  [
    'a missing key, at its parent',
    'services:\n  - { address: 10.0.0.1, port: 80 }',
    /^2:5 services\[0\]\.name: missing: a name of a service is needed/,
  ],
  ['a key without a value', 'log:\n  level:\n', /^2:9 log\.level: there is no value: one of trace, debug/],
  ['a section without a value', 'log:\n', /^1:5 log: there is no value: a map is needed here, or no key/],
  ['a list for a map', 'log: []', /^1:6 log: a list is not a map/],
  ['a map for a list', 'services: {}', /^1:11 services: a map is not a list of services/],
  [
    'a word that is none',
    'log: { level: loud }',
    /^1:15 log\.level: 'loud' is not allowed: one of trace, debug, info, warn, error, fatal, silent$/,
  ],
  ['a bare number for a duration', 'vrrp: { startup_delay: 5 }', /a bare number is refused: write 5s or 5ms$/],
  ['a duration without a unit', 'vrrp: { startup_delay: "5" }', /the number 5 has no unit/],
  [
    'a duration that is too short',
    'dataplane: { reconcile_interval: 1ms }',
    /'1ms' is too short: 100ms to 24days are allowed$/,
  ],
  ['a duration that is too long', 'vrrp: { startup_delay: 25d }', /'25d' is too long/],
  [
    'port 70000',
    addressed('').replace('port: 80', 'port: 70000'),
    /^5:9 services\[0\]\.port: 70000 is not a port: 1 to 65535 are allowed$/,
  ],
  ['port 0', addressed('').replace('port: 80', 'port: 0'), /0 is not a port/],
  ['a port in quotes', addressed('').replace('port: 80', 'port: "80"'), /'80' is not a port/],
  ['half a port', addressed('').replace('port: 80', 'port: 80.5'), /80\.5 is not a port/],
  ['a number that is none', addressed('').replace('port: 80', 'port: .nan'), /NaN is not a port/],
  ['true for a number', addressed('').replace('port: 80', 'port: true'), /true is not a port/],
  ['yes for a boolean', addressed('enabled: yes'), /'yes' is not true or false/],
  [
    'an address that is none',
    addressed('').replace('10.0.0.100', '10.0.0.256'),
    /'10\.0\.0\.256' is not a virtual address/,
  ],
  ['an address with a zone', addressed('').replace('10.0.0.100', '"fe80::1%eth0"'), /is not a virtual address/],
  [
    'a name for a virtual address',
    addressed('').replace('10.0.0.100', 'localhost'),
    /'localhost' is not a virtual address/,
  ],
  ['a mistyped IPv4 backend', addressed('', '{ address: 10.0.0.300 }'), /'10\.0\.0\.300' is not a backend's address/],
  ['a backend with a wrong name', addressed('', '{ address: -x.example }'), /is not a backend's address/],
  [
    'a listener without a port',
    'control: { http: 127.0.0.1 }',
    /'127\.0\.0\.1' is not an address to listen on: HOST:PORT, such as/,
  ],
  ['an IPv6 listener without brackets', 'control: { http: "::1:9080" }', /is not an address to listen on/],
  ['a listener with IPv4 in brackets', 'control: { http: "[127.0.0.1]:80" }', /is not an address to listen on/],
  ['a listener on port 65536', 'control: { http: "127.0.0.1:65536" }', /is not an address to listen on/],
  ['a sorry server with a name', addressed('sorry: "localhost:80"'), /'localhost:80' is not a sorry server: IP:PORT/],
  ['a name with a space', addressed('').replace('name: web', 'name: "my web"'), /'my web' is not a name of a service/],
  ['a path with a zero byte', 'node: { state_dir: "a\\0b" }', /is not a path/],
  ['an unknown scheduler', addressed('scheduler: wwr'), /'wwr' is not allowed: one of rr, wrr, lc, wlc/],
  [
    "a weight above the kernel's",
    addressed('', '{ address: 10.0.0.1, weight: 65536 }'),
    /65536 is not a weight: 0 to 65535 are allowed/,
  ],
  [
    "more connections than the kernel's int holds",
    addressed('', '{ address: 10.0.0.1, max_connections: 2147483648 }'),
    /^\d+:\d+ services\[0\]\.backends\[0\]\.max_connections: 2147483648 is not a number of connections: 0 to 2147483647 are allowed$/,
  ],
  [
    'a watermark above 100%',
    addressed('watermarks: { low: 120% }'),
    /'120%' is not a watermark: a number of backends \(by: weight: a weight\), or 0% to 100%/,
  ],
  ['a watermark below 0', addressed('watermarks: { low: -1 }'), /-1 is not a watermark/],
  ['half a backend as a watermark', addressed('watermarks: { low: 1.5 }'), /1\.5 is not a watermark/],
  ['persistence of half a second', addressed('persistence: 1500ms'), /'1500ms' is not a whole number of 1s steps/],
  [
    'a VRID of 256',
    vrrp('vrid: 256, addresses: [10.0.0.1]'),
    /256 is not a virtual router identifier: 1 to 255 are allowed/,
  ],
  ['a priority of 0', vrrp('vrid: 1, priority: 0, addresses: [10.0.0.1]'), /0 is not a priority: 1 to 255/],
  [
    "an advert interval off the wire's grid",
    vrrp('vrid: 1, advert_interval: 15ms, addresses: [10.0.0.1]'),
    /'15ms' is not a whole number of 10ms steps/,
  ],
  [
    'an advert interval above 12 bits',
    vrrp('vrid: 1, advert_interval: 41s, addresses: [10.0.0.1]'),
    /'41s' is too long: 10ms to 40s 950ms are allowed/,
  ],
  ['a prefix of 33 bits', vrrp('vrid: 1, addresses: [10.0.0.1/33]'), /wrong prefix length: 0 to 32 are allowed/],
  [
    'an interface of 16 characters',
    vrrp('vrid: 1, addresses: [10.0.0.1], track: [{ interface: abcdefghijklmnop }]'),
    /is not a network interface: up to 15 characters/,
  ],
  [
    'a thing to track that is none',
    vrrp('vrid: 1, addresses: [10.0.0.1], track: [eth1]'),
    /'eth1' is not a thing to track/,
  ],
  [
    'a tracked thing with a wrong weight',
    vrrp('vrid: 1, addresses: [10.0.0.1], track: [{ service: 5 }]'),
    /track\[0\]\.service: 5 is not a name of a service/,
  ],
  ['a check without a type', check('interval: 1s'), /missing: a check needs a type: one of tcp, udp/],
  ['a check of an unknown type', check('type: htp'), /^1:22 checks\.c\.type: 'htp' is not a type of check: one of tcp/],
  ['a check that is text', 'checks: { c: tcp }', /'tcp' is not a check: a map with the key type/],
  ['an entry of checks that is a number', addressed('checks: [5]'), /5 is not a check: the name of one under checks:/],
  [
    'an inline check with an error',
    addressed('checks: [{ type: tcp, interval: 1 }]'),
    /services\[0\]\.checks\[0\]\.interval: 1 is not a duration/,
  ],
  [
    'an HTTP path without a slash',
    check('type: http, path: healthz'),
    /'healthz' is not a path: a path beginning with '\/'/,
  ],
  ['an HTTP path with a line break', check('type: http, path: "/a\\r\\nX: y"'), /is not a path/],
  [
    'a status code above 599',
    check('type: http, expected_codes: [200, 600]'),
    /expected_codes\[1\]: 600 is not an HTTP status code/,
  ],
  [
    'a range of codes upside down',
    check('type: http, expected_codes: ["299-200"]'),
    /'299-200' is not an HTTP status code/,
  ],
  ['a header with a space', check('type: http, headers: { "a b": c }'), /headers\["a b"\]: 'a b' is not a header name/],
  [
    'a header that smuggles another',
    check('type: http, headers: { A: "b\\r\\nC: d" }'),
    /headers\.A: a header value has no line breaks/,
  ],
  [
    'a header of our own',
    check('type: http, headers: { HOST: x }'),
    /the header 'HOST' cannot be set: use the option 'host'/,
  ],
  ['a method in small letters', check('type: http, method: get'), /'get' is not an HTTP method/],
  [
    'a wrong regular expression',
    check('type: http, receive_regex: "("'),
    /not a regular expression of JavaScript: .*Unterminated group/,
  ],
  ['a wrong escape', check("type: tcp, send: 'a\\q'"), /unknown escape '\\q' at character 2/],
  [
    'a text that is too long to send',
    check(`type: tcp, send: ${'x'.repeat(65_537)}`),
    /at most 65536 characters are allowed/,
  ],
  ['a jitter above a half', check('type: tcp, jitter: 60%'), /'60%' is no fraction of the interval/],
  ['a backoff below 1', check('type: tcp, backoff: { factor: 0.5 }'), /0\.5 is not a factor: 1 to 10 are allowed/],
  ['a DNS name that is none', check('type: dns, query: "a..b"'), /'a\.\.b' is not a domain name/],
  [
    'a RADIUS check without a secret',
    check('type: radius, username: u, password: p'),
    /checks\.c\.secret: missing: a shared secret is needed/,
  ],
  [
    'a URL of another scheme',
    check('type: redis, url: "http://h/"'),
    /this is not a URL: redis:\/\/HOST\[:PORT\] or rediss:\/\/HOST/,
  ],
  [
    'a component without a type',
    'health: { components: [{ name: a, url: "redis://h" }] }',
    /a component is a map with a type/,
  ],
  ['a network that is none', 'agent: { allow_targets: [10.0.0.0/40] }', /'10\.0\.0\.0\/40' is not an address rule/],
  [
    'a multicast group that is none',
    'dataplane: { sync: { instance: v, interface: eth0, group: 10.0.0.1 } }',
    /'10\.0\.0\.1' is not a multicast address: one of 224\.0\.0\.0\/4 or ff00::\/8 is allowed/,
  ],
  [
    'a multicast group that only begins like one',
    "dataplane: { sync: { instance: v, interface: eth0, group: 'ff::1' } }",
    /'ff::1' is not a multicast address/,
  ],
];
for (const [title, text, expected] of cases) {
  test(`refuses ${title}`, (t) => {
    const found = problems(text);
    t.true(
      found.some((line) => expected.test(line)),
      `found:\n${found.join('\n')}`,
    );
  });
}

test('every error is told in one pass, in the order of the file', (t) => {
  const text = [
    'node: { nam: x }',
    'services:',
    '  - { name: web, address: 10.0.0.1, port: 70000, backends: [] }',
    '  - { name: web, address: 10.0.0.1, port: 80, scheduler: x, checks: [nope] }',
    'log: { level: 5 }',
  ].join('\n');
  t.deepEqual(
    problems(text).map((line) => line.replace(/^(\d+):\d+ (\S+): .*$/u, '$1 $2')),
    [
      '1 node.nam',
      '3 services[0].port',
      '4 services[1].name',
      '4 services[1].scheduler',
      '4 services[1].checks[0]',
      '5 log.level',
    ],
  );
});

test('no message shows a credential', (t) => {
  const secrets = [
    check('type: radius, username: u, password: [hunter2], secret: [hunter2]'),
    check('type: postgres, url: "postgres://u:hunter2@h:99999/db"'),
    check('type: http, headers: { Authorization: "hunter2\\n" }'),
    'health: { components: [{ name: a, type: redis, url: "http://u:hunter2@h" }] }',
    'checks: { c: { type: radius, password: "hunter2 } }',
    'checks: { c: { type: radius, password: hunter2: hunter2 ] } }',
    'a: 1\n] hunter2\n"hunter2',
  ];
  for (const text of secrets) {
    const found = problems(text).join('\n');
    t.not(found, '');
    t.notRegex(found, /hunter2/u);
  }
});

test('a message cuts what is long', (t) => {
  const [found = ''] = problems(`log: { level: ${'x'.repeat(1e6)} }`);
  t.true(found.length < 300, found.slice(0, 300));
  const [key = ''] = problems(`"${'k'.repeat(1000)}": 1`);
  t.true(key.length < 400, key.slice(0, 400));
});

test('no more errors are told than anyone reads', (t) => {
  const backends = Array.from({ length: 1000 }, (_, index) => `{ name: b${index}, address: 10.0.0.1, port: 0 }`).join(
    ', ',
  );
  const found = problems(addressed('', backends));
  t.is(found.length, 201);
  t.regex(found.at(-1) ?? '', /800 more, not shown/);
});
