/** What several values say together: errors, warnings, and what is allowed although it looks odd. */
import test from 'ava';
import { addressed, parse, problems, serviceYaml, warnings } from '../support.js';

const two = (first: string, second: string): string => `services: [{ name: a, ${first} }, { name: b, ${second} }]`;
const vrrp = (...instances: readonly string[]): string =>
  `vrrp: { instances: [${instances.map((options) => `{ ${options} }`).join(', ')}] }`;
const V1 = 'name: a, interface: eth0, vrid: 5, addresses: [10.0.0.1]';

const v6 = (...addresses: readonly string[]) =>
  `name: a, interface: eth0, vrid: 5, addresses: ${JSON.stringify(addresses)}`;
const many = (count: number) => Array.from({ length: count }, (_, index) => `2001:db8::${(index + 1).toString(16)}`);

const errors: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  [
    'two virtual MAC addresses on interfaces of one name',
    vrrp(`${V1}, vmac: true`, 'name: b, interface: eth1, vrid: 5, addresses: [10.0.1.1], vmac: { interface: vrrp.5 }'),
    /instances\[1\]\.vmac: the interface vrrp\.5 is already made for vrrp\.instances\[0\]\.vmac: name another one here$/,
  ],
  [
    'a virtual MAC address on the interface itself',
    vrrp(`${V1}, vmac: { interface: eth0 }`),
    /instances\[0\]\.vmac: eth0 is the interface of the instance: name one that is made over it$/,
  ],
  [
    'unicast adverts by the interface of the virtual MAC address',
    vrrp(`${V1}, mode: unicast, peers: [10.0.0.3], vmac: { transmit: vmac }`),
    /instances\[0\]\.vmac\.transmit: .*: 'base' is allowed with mode unicast$/,
  ],
  [
    'a virtual MAC address of an address owner',
    vrrp(`${V1}, priority: 255, vmac: true`),
    /instances\[0\]\.vmac: the owner \(priority 255\) has its addresses on the interface itself: /,
  ],
  [
    'a name of an interface that is too long',
    vrrp(`${V1}, vmac: { interface: vrrp-instance.60 }`),
    /vmac\.interface: .*up to 15 characters/,
  ],
  [
    'two services on one address, port and protocol',
    two('address: 10.0.0.1, port: 80', 'address: 10.0.0.1, port: 80'),
    /services\[1\]\.port: 10\.0\.0\.1:80\/tcp is already served by services\[0\]$/,
  ],
  [
    'the same in another spelling of IPv6',
    two('address: "2001:db8::1", port: 80', 'address: "2001:DB8:0::1", port: 80'),
    /\[2001:db8::1\]:80\/tcp is already served/,
  ],
  [
    'two services on one mark',
    two('fwmark: 7, port: 80', 'fwmark: 7, port: 81'),
    /fwmark 7 \(ipv4\) is already served by services\[0\]/,
  ],
  [
    'two services of one name',
    'services: [{ name: a, address: 10.0.0.1, port: 1 }, { name: a, address: 10.0.0.1, port: 2 }]',
    /services\[1\]\.name: the name 'a' is taken by services\[0\]\.name/,
  ],
  ['a service without address and mark', serviceYaml('port: 80'), /services\[0\]: missing: a service needs an address/],
  [
    'a service with address and mark',
    addressed('fwmark: 1'),
    /services\[0\]\.fwmark: a service has an address or a fwmark, not both/,
  ],
  [
    'an address without a port',
    serviceYaml('address: 10.0.0.1'),
    /services\[0\]: missing: a service with an address needs a port/,
  ],
  ['a family beside an address', addressed('family: ipv4'), /only a service with a fwmark has a family/],
  [
    'a marked backend without any port',
    serviceYaml('fwmark: 1'),
    /services\[0\]\.backends\[0\]: missing: a backend of a fwmark service needs a port/,
  ],
  [
    'a backend twice by its name',
    addressed('', '{ name: x, address: 10.0.0.1 }, { name: x, address: 10.0.0.2 }'),
    /backends\[1\]\.name: the name 'x' is taken by services\[0\]\.backends\[0\]\.name/,
  ],
  [
    'a backend twice by its place',
    addressed('', '{ name: x, address: 10.0.0.1 }, { name: y, address: 10.0.0.1, port: 80 }'),
    /backends\[1\]: 10\.0\.0\.1:80 is already a backend here/,
  ],
  [
    "a name that is another backend's default name",
    addressed('', '{ address: 10.0.0.1 }, { name: "10.0.0.1:80", address: 10.0.0.2 }'),
    /the name '10\.0\.0\.1:80' is taken/,
  ],
  [
    'a reference to an unknown check',
    `checks: { web-ok: { type: tcp } }\n${addressed('checks: [web-okk]')}`,
    /checks\[0\]: there is no check 'web-okk' under checks: the nearest known check is 'web-ok'/,
  ],
  [
    'a reference where there are no checks',
    addressed('checks: [x]'),
    /there is no check 'x' under checks: there are no named checks/,
  ],
  [
    'a timeout above the interval',
    addressed('checks: [{ type: tcp, interval: 1s, timeout: 2s }]'),
    /checks\[0\]\.timeout: 2s is longer than the interval: at most the interval, 1s, is allowed/,
  ],
  [
    'a timeout above the default interval',
    addressed('checks: [{ type: tcp, timeout: 11s }]'),
    /11s is longer than the interval/,
  ],
  [
    'a retry interval above the interval',
    addressed('checks: [{ type: tcp, interval: 1s, retries: 1, retry_interval: 2s }]'),
    /retry_interval: 2s is longer than the interval: at most the interval, 1s, is allowed/,
  ],
  [
    'a longest backoff below the interval',
    addressed('checks: [{ type: tcp, interval: 5s, backoff: { max: 1s } }]'),
    /backoff\.max: 1s is shorter than the interval/,
  ],
  [
    'a client certificate without its key',
    addressed('checks: [{ type: tcp, tls: true, cert_file: a }]'),
    /key_file is missing: a client certificate needs both/,
  ],
  [
    'a key without its certificate',
    addressed('checks: [{ type: grpc, tls: true, key_file: a }]'),
    /cert_file is missing/,
  ],
  [
    'STARTTLS in TLS',
    addressed('checks: [{ type: smtp, tls: true, starttls: true }]'),
    /starttls: after tls: true, TLS is there: leave one out/,
  ],
  [
    'mail servers of their own for a probe through the virtual address',
    addressed('checks: [{ type: smtp, mode: dsr, hosts: [10.0.0.1:25] }]'),
    /hosts: mode: dsr probes the virtual address: leave hosts out/,
  ],
  [
    'an HTTP/2 proxy',
    addressed('checks: [{ type: http, proxy: true, http2: true }]'),
    /a proxy is spoken to in HTTP\/1\.1/,
  ],
  [
    'a header twice in two spellings',
    addressed('checks: [{ type: http, headers: { A: x, a: y } }]'),
    /headers\.a: the header 'a' is given twice/,
  ],
  [
    'an IPv6 answer to an A query',
    addressed('checks: [{ type: dns, query: a.example, expected: ["::1"] }]'),
    /expected\[0\]: '::1' is not an IPv4 address, which A records hold/,
  ],
  [
    'a check from the other family',
    addressed('checks: [{ type: tcp, source: "::1" }]', '{ address: 10.0.0.11 }'),
    /the check's source ::1 cannot reach 10\.0\.0\.11/,
  ],
  [
    'an IPv6 backend behind an IPv4 service',
    addressed('', '{ address: "2001:db8::1" }'),
    /an IPv6 backend of an IPv4 service needs forwarding: tun, and this is nat/,
  ],
  [
    'an IPv4 backend behind an IPv6 service with dsr',
    serviceYaml('address: "::1"\nport: 80\nforwarding: dsr'),
    /an IPv4 backend of an IPv6 service needs forwarding: tun, and this is dsr/,
  ],
  [
    'mixed families with connection synchronisation',
    `dataplane: { sync: { instance: a, interface: eth0 } }\n${vrrp(V1)}\n${addressed('forwarding: tun', '{ address: "2001:db8::1" }')}`,
    /IPVS joins IPv4 and IPv6 in one service only without dataplane\.sync/,
  ],
  [
    'another port behind dsr',
    addressed('forwarding: dsr', '{ address: 10.0.0.1, port: 81 }'),
    /backends\[0\]\.port: forwarding: dsr cannot change the port: only 80 is allowed/,
  ],
  [
    'a tunnel with nat',
    addressed('', '{ address: 10.0.0.1, tunnel: { type: gre } }'),
    /only forwarding: tun has a tunnel, and this is nat/,
  ],
  [
    'a gue tunnel without a port',
    addressed('forwarding: tun', '{ address: 10.0.0.1, tunnel: { type: gue } }'),
    /a gue tunnel needs the port/,
  ],
  [
    'an ipip tunnel with a port',
    addressed('forwarding: tun', '{ address: 10.0.0.1, tunnel: { port: 5 } }'),
    /tunnel\.port: only a gue tunnel has a port, and this is ipip/,
  ],
  [
    'one-packet scheduling of tcp',
    addressed('one_packet: true'),
    /one_packet: only udp is scheduled packet by packet, and this service is tcp/,
  ],
  [
    "another scheduler's flag",
    addressed('scheduler: sh\nscheduler_flags: [mh-port]'),
    /scheduler_flags\[0\]: 'mh-port' is a flag of the scheduler mh, not of sh/,
  ],
  [
    'a dsr check of a nat service',
    addressed('checks: [{ type: tcp, mode: dsr }]', '{ address: 10.0.0.1 }'),
    /mode: dsr probes as forwarding: dsr delivers, and this is nat/,
  ],
  [
    'a dsr check of a marked service',
    serviceYaml('fwmark: 1\nport: 80\nforwarding: dsr', '{ address: 10.0.0.1, checks: [{ type: tcp, mode: dsr }] }'),
    /a fwmark service has none/,
  ],
  [
    'a scheduler that the proxy lacks',
    `dataplane: { driver: proxy }\n${addressed('scheduler: lblc')}`,
    /the driver proxy does not know 'lblc': one of rr, wrr, lc, wlc, sh, mh/,
  ],
  [
    'sctp with the proxy',
    `dataplane: { driver: proxy }\n${addressed('protocol: sctp')}`,
    /the driver proxy does tcp and udp only/,
  ],
  [
    'a mark with the proxy',
    `dataplane: { driver: proxy }\n${serviceYaml('fwmark: 1\nport: 80')}`,
    /the driver proxy knows no firewall marks/,
  ],
  [
    "a scheduler flag of the kernel's with the proxy",
    `dataplane: { driver: proxy }\n${addressed('scheduler: sh\nscheduler_flags: [sh-port, flag-1]')}`,
    /scheduler_flags\[1\]: the driver proxy does not know 'flag-1'/,
  ],
  [
    'a dsr check with the proxy',
    `dataplane: { driver: proxy }\n${addressed('forwarding: dsr\nchecks: [{ type: tcp, mode: dsr }]', '{ address: 10.0.0.1 }')}`,
    /mode: dsr needs IPVS, and the driver is proxy/,
  ],
  [
    'one VRID twice on an interface',
    vrrp(V1, 'name: b, interface: eth0, vrid: 5, addresses: [10.0.0.2]'),
    /instances\[1\]\.vrid: VRID 5 is already used on eth0: vrrp\.instances\[0\]\.vrid/,
  ],
  [
    'more addresses than an advert has room for',
    vrrp(v6('fe80::1', ...many(255))),
    /addresses: 256 addresses: an advert has room for 255; make two instances/,
  ],
  [
    'no room for the link-local address that is added',
    vrrp(v6(...many(255))),
    /addresses: 255 addresses: an advert has room for 254 beside the link-local address that is added/,
  ],
  [
    'one virtual address twice',
    vrrp(V1, 'name: b, interface: eth1, vrid: 5, addresses: [10.0.0.1/24]'),
    /10\.0\.0\.1 is already at vrrp\.instances\[0\]\.addresses\[0\]/,
  ],
  [
    'two instances of one name',
    vrrp(V1, 'name: a, interface: eth1, vrid: 6, addresses: [10.0.0.2]'),
    /the name 'a' is taken/,
  ],
  [
    'two families in one instance',
    vrrp('name: a, interface: eth0, vrid: 5, addresses: [10.0.0.1, "fe80::1"]'),
    /one instance has addresses of one family/,
  ],
  ['no addresses', vrrp('name: a, interface: eth0, vrid: 5'), /missing: an instance needs addresses/],
  [
    'a source of the other family',
    vrrp(`${V1}, source: "fe80::1"`),
    /source: the source must be of the addresses' family/,
  ],
  ['unicast without peers', vrrp(`${V1}, mode: unicast`), /missing: mode unicast needs peers/],
  [
    'a peer of the other family',
    vrrp(`${V1}, mode: unicast, peers: ["fe80::1"]`),
    /peers\[0\]: a peer must be of the addresses' family/,
  ],
  [
    'a virtual address as the source',
    vrrp(`${V1}, source: 10.0.0.1`),
    /source: 10\.0\.0\.1 is one of the virtual addresses, which a backup does not have/,
  ],
  [
    'a virtual address as a peer',
    vrrp(`${V1}, mode: unicast, peers: [10.0.0.1]`),
    /peers\[0\]: 10\.0\.0\.1 is one of the virtual addresses/,
  ],
  ['a node as its own peer', vrrp(`${V1}, source: 10.0.0.2, peers: [10.0.0.2]`), /a node is not its own peer/],
  ...(
    [
      ['224.0.0.18', 'a multicast address'],
      ['239.255.255.255', 'a multicast address'],
      ['255.255.255.255', 'the broadcast address'],
      ['0.0.0.0', 'the unspecified address'],
      ['127.0.0.1', 'a loopback address'],
    ] as const
  ).flatMap(([address, what]) => {
    const says = `${address} is ${what}: an address of`.replaceAll('.', '\\.');
    return [
      [
        `${what} as a peer: ${address}`,
        vrrp(`${V1}, mode: unicast, peers: [10.0.0.2, ${address}]`),
        new RegExp(`\\.peers\\[1\\]: ${says} the other node's own`, 'u'),
      ],
      [
        `${what} as the source: ${address}`,
        vrrp(`${V1}, source: ${address}`),
        new RegExp(`\\.source: ${says} this node's own`, 'u'),
      ],
    ] as const;
  }),
  ...(
    [
      ['ff02::12', 'a multicast address'],
      ['::', 'the unspecified address'],
      ['::1', 'the loopback address'],
      ['::ffff:10.0.0.2', 'an IPv4 address written as IPv6'],
    ] as const
  ).map(
    ([address, what]) =>
      [
        `${what} as an IPv6 peer: ${address}`,
        vrrp(`${v6('fe80::1')}, mode: unicast, peers: ["${address}"]`),
        new RegExp(`\\.peers\\[0\\]: ${address.replaceAll('.', '\\.')} is ${what}`, 'u'),
      ] as const,
  ),
  ['a peer twice', vrrp(`${V1}, peers: [10.0.0.2, 10.0.0.2]`), /peers\[1\]: the peer 10\.0\.0\.2 is given twice/],
  [
    'an unknown service to track',
    `${vrrp(`${V1}, track: [{ service: wbe }]`)}\nservices: [{ name: web, address: 10.0.0.1, port: 1 }]`,
    /there is no service 'wbe': the nearest known service is 'web'/,
  ],
  [
    'an unknown script to track',
    `vrrp: { scripts: { chk: { command: [/bin/true] } }, instances: [{ ${V1}, track: [{ script: chkk }] }] }`,
    /there is no script 'chkk': the nearest known script is 'chk'/,
  ],
  [
    'an unknown process to track',
    vrrp(`${V1}, track: [{ process: web }]`),
    /there is no process 'web': there are no processes/,
  ],
  [
    'a script without a path',
    'vrrp: { scripts: { chk: { command: [check, fast] } } }',
    /'check' is no absolute path: write one/,
  ],
  [
    'an unknown instance to synchronise with',
    `dataplane: { sync: { instance: b, interface: eth0 } }\n${vrrp(V1)}`,
    /there is no VRRP instance 'b': the nearest known one is 'a'/,
  ],
  [
    'two listeners on one port',
    'control: { http: "127.0.0.1:9080", grpc: "127.0.0.1:9080" }',
    /control\.grpc: port 9080 is already taken by control\.http/,
  ],
  [
    'a listener under a wildcard',
    'control: { http: "127.0.0.1:9080" }\nmetrics: { listen: "0.0.0.0:9080" }',
    /metrics\.listen: port 9080 is already taken by control\.http/,
  ],
  [
    "a proxied service on a listener's port",
    `dataplane: { driver: proxy }\ncontrol: { http: "0.0.0.0:80" }\n${addressed('')}`,
    /services\[0\]\.port: port 80 is already taken by control\.http/,
  ],
  [
    'a socket path beyond 107 bytes',
    `control: { socket: /${'x'.repeat(107)} }`,
    /the path has 108 bytes: a unix socket's has at most 107/,
  ],
  [
    'one socket for two servers',
    'control: { socket: /run/a }\nhealthcheck_server: { socket: /run/a }',
    /this is the socket of control already/,
  ],
  [
    'two components of one name',
    'health: { components: [{ name: a, type: redis, url: "redis://h" }, { name: a, type: redis, url: "redis://i" }] }',
    /components\[1\]\.name: the name 'a' is taken/,
  ],
];
for (const [title, text, expected] of errors) {
  test(`refuses ${title}`, (t) => {
    const found = problems(text);
    t.true(
      found.some((line) => expected.test(line)),
      `found:\n${found.join('\n')}`,
    );
  });
}

const warned: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  [
    'a service whose backends have no checks',
    addressed('', '{ name: x, address: 10.0.0.1 }'),
    /services\[0\]: a backend has no check, so it is never up: 'x'$/,
  ],
  [
    'an emptied list of checks',
    addressed('checks: [{ type: tcp }]', '{ name: x, address: 10.0.0.1, checks: [] }'),
    /a backend has no check, so it is never up: 'x'/,
  ],
  [
    'many backends without checks, in one line',
    addressed('', Array.from({ length: 9 }, (_, index) => `{ address: 10.0.0.${index} }`).join(', ')),
    /9 backends have no checks, so they are never up: '10\.0\.0\.0:80', '10\.0\.0\.1:80', '10\.0\.0\.2:80' and 6 more$/,
  ],
  [
    'a service without backends',
    'services: [{ name: a, address: 10.0.0.1, port: 1 }]',
    /services\[0\]: the service has no backends/,
  ],
  [
    'a check that nothing uses',
    'checks: { c: { type: tcp } }',
    /checks\.c: no service and no backend uses the check 'c'/,
  ],
  [
    'high below low',
    addressed('watermarks: { low: 50%, high: 40% }'),
    /watermarks\.high: high is below low: taken as equal to low/,
  ],
  [
    'a watermark beyond the backends',
    addressed('watermarks: { low: 2 }'),
    /watermarks\.low: 2 is more than the 1 backends: never reached/,
  ],
  [
    'TLS options without TLS',
    addressed('checks: [{ type: tcp, server_name: a }]'),
    /server_name: without 'tls: true' this has no effect/,
  ],
  [
    'dsr with the proxy',
    `dataplane: { driver: proxy }\n${addressed('forwarding: dsr')}`,
    /the driver proxy always forwards as nat does: 'dsr' has no effect/,
  ],
  [
    'more IPv6 addresses than a packet carries',
    vrrp(v6('fe80::1', ...many(90))),
    /addresses: 91 addresses make adverts of 1504 bytes, which are never split: the interface needs an MTU/,
  ],
  [
    'a delay of what is off',
    vrrp(`${V1}, preempt_delay: 5s`),
    /^\d+:\d+ vrrp\.instances\[0\]\.preempt_delay: without 'preempt: true' this has no effect$/,
  ],
  [
    'synchronisation without IPVS',
    `dataplane: { driver: dry-run, sync: { instance: a, interface: eth0 } }\n${vrrp(V1)}`,
    /with the driver dry-run this has no effect/,
  ],
];
for (const [title, text, expected] of warned) {
  test(`warns of ${title}`, (t) => {
    const found = warnings(text);
    t.true(
      found.some((line) => expected.test(line)),
      `found:\n${found.join('\n')}`,
    );
  });
}

const allowed: readonly (readonly [title: string, text: string])[] = [
  [
    "a scheduler's own flags with the proxy",
    `dataplane: { driver: proxy }\n${addressed('scheduler: mh\nscheduler_flags: [mh-port, mh-fallback]')}`,
  ],
  [
    'one address and port for two protocols',
    two('address: 10.0.0.1, port: 53', 'address: 10.0.0.1, port: 53, protocol: udp'),
  ],
  ['one mark for two families', two('fwmark: 7', 'fwmark: 7, family: ipv6')],
  ['one VRID for two families', vrrp(V1, 'name: b, interface: eth0, vrid: 5, addresses: ["fe80::1"]')],
  ['one VRID on two interfaces', vrrp(V1, 'name: b, interface: eth1, vrid: 5, addresses: [10.0.0.2]')],
  ['as many addresses as an advert has room for', vrrp(v6(...many(254)))],
  ['the same with a link-local address', vrrp(v6(...many(254), 'fe80::1'))],
  ['any number of addresses that are not advertised', vrrp(`${v6(...many(300))}, dialect: seesaw`)],
  ['the Seesaw dialect without addresses', vrrp('name: a, interface: eth0, vrid: 5, dialect: seesaw')],
  ['an IPv6 backend in a tunnel', addressed('forwarding: tun', '{ address: "2001:db8::1" }')],
  [
    'a backend of the other family behind the proxy',
    `dataplane: { driver: proxy }\n${addressed('', '{ address: "::1" }')}`,
  ],
  ['a backend by its name', addressed('', '{ address: Web-1.Example.COM }')],
  [
    'one backend twice in two services',
    two(
      'address: 10.0.0.1, port: 1, backends: [{ name: x, address: 10.0.0.9 }]',
      'address: 10.0.0.1, port: 2, backends: [{ name: x, address: 10.0.0.9 }]',
    ),
  ],
  ['port 0 for two listeners', 'control: { http: "127.0.0.1:0", grpc: "127.0.0.1:0" }'],
  ['peers beside multicast', vrrp(`${V1}, peers: [10.0.0.3]`)],
  ['a document of nothing', '{}'],
  ['a document of remarks alone', '# later\n'],
];
for (const [title, text] of allowed) test(`allows ${title}`, (t) => t.deepEqual(problems(text), []));

test('says nothing of a preempt delay that has an effect, or of none', (t) => {
  for (const options of ['preempt: true, preempt_delay: 5s', 'preempt_delay: 0s', '']) {
    t.deepEqual(warnings(vrrp(`${V1}, ${options}`)), [], options);
  }
});

for (const [place, addresses] of [
  ['nowhere', ['2001:db8::1']],
  ['last', ['2001:db8::1', 'fe80::1']],
  ['one of as many as a packet carries', ['fe80::1', ...many(89)]],
] as const) {
  test(`says nothing of a link-local address that is ${place}: it is added, and advertised first`, (t) => {
    t.deepEqual(warnings(vrrp(v6(...addresses))), []);
  });
}

test('an error in one place hides none of another, and makes none', (t) => {
  const text = [
    'checks: { ok: { type: http, path: nope } }',
    'vrrp: { instances: [{ name: v, interface: eth0, vrid: 999, addresses: [10.0.0.1], track: [{ service: web }] }] }',
    'services:',
    '  - { name: web, address: bad, port: 80, checks: [ok], backends: [{ address: 10.0.0.1, port: 0 }, { name: x }] }',
    '  - { name: web, address: 10.0.0.1, port: 80, checks: [{ type: tcp, interval: x, timeout: 1h }] }',
  ].join('\n');
  t.deepEqual(
    problems(text).map((line) => line.replace(/^(\d+):\d+ (\S+): .*$/u, '$1 $2')),
    [
      '1 checks.ok.path',
      '2 vrrp.instances[0].vrid',
      '4 services[0].address',
      '4 services[0].backends[0].port',
      '4 services[0].backends[1].address',
      '5 services[1].name',
      '5 services[1].checks[0].interval',
    ],
  );
});

test('warnings do not keep a configuration from being used', (t) => {
  const { config, warnings: found } = parse(addressed('', '{ address: 10.0.0.1 }'));
  t.is(config.services.length, 1);
  t.is(found.length, 1);
});
