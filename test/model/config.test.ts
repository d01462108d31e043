/** What a document means: the model's values, and its defaults. */
import test from 'ava';
import { readEnvironment } from '../../src/config/environment.js';
import type { CheckConfig } from '../../src/model/config.js';
import { port as asPort, ns } from '../../src/model/units.js';
import { addressed, fromValue, machine, parse, serviceYaml } from '../config/support.js';

test('a document of nothing is the defaults', (t) => {
  t.deepEqual<unknown, unknown>(parse('{}').config, {
    node: { name: 'testhost', stateDir: '/var/lib/fulcrum' },
    control: { socket: '/run/fulcrum/fulcrum.sock', http: null, grpc: null, tokenFile: null },
    dataplane: {
      driver: 'auto',
      reconcileIntervalNs: 30e9,
      manage: 'own',
      onStop: 'flush',
      maxRemovals: 10,
      sync: null,
    },
    vrrp: {
      realtime: 'auto',
      hedge: 'auto',
      version: 3,
      startupDelayNs: 0,
      scripts: {},
      processes: {},
      files: {},
      syncGroups: [],
      instances: [],
    },
    runtime: { monitorShards: 4, proxyThreads: 2 },
    services: [],
    healthcheckServer: null,
    agent: null,
    health: { timeoutNs: 2e9, components: [] },
    hooks: [],
    log: { level: 'info', format: 'json' },
    metrics: { listen: null },
    demo: { backends: [] },
    secrets: [],
  });
});

test('a service has the defaults of its section', (t) => {
  const [service] = parse('services: [{ name: web, address: 10.0.0.1, port: 80, backends: [{ address: 10.0.0.2 }] }]')
    .config.services;
  t.like(service, {
    name: 'web',
    match: { kind: 'address', address: '10.0.0.1', port: 80, protocol: 'tcp' },
    scheduler: 'wlc',
    schedulerFlags: [],
    forwarding: 'nat',
    persistenceNs: null,
    persistenceGranularity: null,
    onePacket: false,
    watermarks: { low: { kind: 'count', count: 0 }, high: { kind: 'count', count: 0 } },
    onUnhealthy: 'remove',
    drainTimeoutNs: 30e9,
    sorry: null,
    enabled: true,
  });
  t.deepEqual<unknown, unknown>(service?.backends, [
    {
      name: '10.0.0.2:80',
      address: '10.0.0.2',
      port: 80,
      weight: 1,
      maxConnections: 0,
      enabled: true,
      forwarding: null,
      tunnel: null,
      checks: [],
    },
  ]);
});

const onlyCheck = (options: string): CheckConfig | undefined =>
  parse(addressed(`checks: [{ ${options} }]`, '{ address: 10.0.0.1 }')).config.services[0]?.backends[0]?.checks[0];

test("a check has Seesaw's defaults", (t) => {
  t.deepEqual<unknown, unknown>(onlyCheck('type: icmp'), {
    type: 'icmp',
    intervalNs: 10e9,
    timeoutNs: 5e9,
    retries: 0,
    rise: 1,
    retryIntervalNs: null,
    backoff: null,
    jitter: 0,
    mode: 'plain',
    source: null,
    port: null,
    payloadSize: 56,
  });
});

test('a timeout that is not given fits into the interval', (t) => {
  t.is(onlyCheck('type: icmp, interval: 1s')?.timeoutNs, ns(1e9));
  t.is(onlyCheck('type: icmp, interval: 5s')?.timeoutNs, ns(5e9));
});

test('a backoff that is empty has its defaults', (t) => {
  t.deepEqual<unknown, unknown>(onlyCheck('type: icmp, backoff: {}')?.backoff, { factor: 2, maxNs: 60e9 });
  t.deepEqual<unknown, unknown>(onlyCheck('type: icmp, interval: 2m, backoff: {}')?.backoff, {
    factor: 2,
    maxNs: 120e9,
  });
});

test('jitter is a fraction or a percentage', (t) => {
  t.is(onlyCheck('type: icmp, jitter: 0.25')?.jitter, 0.25);
  t.is(onlyCheck('type: icmp, jitter: 25%')?.jitter, 0.25);
});

test('status codes are ranges, and the default is 200', (t) => {
  t.like(onlyCheck('type: http'), { expectedCodes: [{ from: 200, to: 200 }], method: 'GET', path: '/' });
  t.like(onlyCheck('type: http, expected_codes: [201, "204-206", "301"]'), {
    expectedCodes: [
      { from: 201, to: 201 },
      { from: 204, to: 206 },
      { from: 301, to: 301 },
    ],
  });
  t.like(onlyCheck('type: http, expected_codes: []'), { expectedCodes: [] });
});

test('send and receive are bytes', (t) => {
  const check = onlyCheck('type: tcp, send: \'PING\\r\\n\\x00\', receive: "\\u00e9"');
  t.like(check, { send: new Uint8Array(Buffer.from('PING\r\n\0')), receive: new Uint8Array(Buffer.from('\u00e9')) });
  t.like(onlyCheck('type: udp'), { send: new Uint8Array(), receive: new Uint8Array() });
});

test("named checks are resolved, and a backend's list replaces the service's", (t) => {
  const { config } = parse(
    'checks: { one: { type: tcp }, two: { type: icmp } }\n' +
      addressed(
        'checks: [one]',
        '{ name: a, address: 10.0.0.1 }, { name: b, address: 10.0.0.2, checks: [two, { type: dns, query: x.example }] }, { name: c, address: 10.0.0.3, checks: [] }',
      ),
  );
  const types = config.services[0]?.backends.map(({ checks }) => checks.map(({ type }) => type));
  t.deepEqual(types, [['tcp'], ['icmp', 'dns'], []]);
});

test('addresses have one spelling', (t) => {
  const { config } = parse(
    serviceYaml('address: "2001:DB8:0:0::1"\nport: 80', '{ address: "2001:db8:0::2" }, { address: WEB.Example }') +
      'control: { http: "[0:0::1]:80", grpc: "LocalHost:81" }\n',
  );
  const [service] = config.services;
  t.like(service?.match, { address: '2001:db8::1' });
  t.deepEqual(
    service?.backends.map(({ name }) => name),
    ['[2001:db8::2]:80', 'web.example:80'],
  );
  t.deepEqual(config.control.http, { host: '::1', port: 80 });
  t.deepEqual(config.control.grpc, { host: 'localhost', port: 81 });
});

test('watermarks are counts or percentages, and high is at least low', (t) => {
  const marks = (text: string) => parse(addressed(`watermarks: ${text}`)).config.services[0]?.watermarks;
  t.deepEqual(marks('{ low: 40%, high: 50% }'), {
    low: { kind: 'percent', percent: 40 },
    high: { kind: 'percent', percent: 50 },
    by: 'count',
  });
  t.deepEqual(marks('{ low: 1, high: 0, by: weight }'), {
    low: { kind: 'count', count: 1 },
    high: { kind: 'count', count: 1 },
    by: 'weight',
  });
  t.deepEqual(marks('{ low: 50%, high: 12.5% }')?.high, { kind: 'percent', percent: 50 });
});

test('a fwmark service has a family, and gives its port to the backends', (t) => {
  const [service] = parse(serviceYaml('fwmark: 256\nport: 8080')).config.services;
  t.deepEqual(service?.match, { kind: 'fwmark', fwmark: 256, family: 'ipv4', protocol: 'tcp' });
  t.is(service?.backends[0]?.port, asPort(8080));
});

test('a VRRP instance: addresses with and without prefixes, and what it tracks', (t) => {
  const [instance] = parse(
    'vrrp: { instances: [{ name: v, interface: eth0, vrid: 9, addresses: [10.0.0.1, 10.0.0.2/24], track: [{ interface: eth1 }, { service: web, weight: -5 }] }] }\n' +
      addressed(''),
  ).config.vrrp.instances;
  t.like(instance, {
    priority: 100,
    advertIntervalNs: 1e9,
    preempt: false,
    addresses: [
      { address: '10.0.0.1', prefixLength: 32 },
      { address: '10.0.0.2', prefixLength: 24 },
    ],
    mode: 'multicast',
    source: null,
    gratuitous: { count: 5, intervalNs: 0, refreshNs: 10e9 },
    track: [
      { kind: 'interface', interface: 'eth1', weight: null },
      { kind: 'service', service: 'web', weight: -5 },
    ],
  });
});

test("relative paths start at the file's folder", (t) => {
  const { config } = parse(
    'node: { state_dir: state }\ncontrol: { socket: ./a.sock, token_file: /t }\nagent: { ca_file: ../ca.pem }\n' +
      addressed('checks: [{ type: tcp, tls: true, ca_file: ca.pem }]', '{ address: 10.0.0.1 }'),
  );
  t.is(config.node.stateDir, '/etc/fulcrum/state');
  t.is(config.control.socket, '/etc/fulcrum/a.sock');
  t.is(config.control.tokenFile, '/t');
  t.is(config.agent?.caFile, '/etc/ca.pem');
  t.like(config.services[0]?.backends[0]?.checks[0], { caFile: '/etc/fulcrum/ca.pem' });
});

test("a user's defaults are in the user's own folders", (t) => {
  const paths = (env: Readonly<Record<string, string>>) => {
    const { config } = parse('{}', { env, around: { ...machine, uid: 1000 } });
    return [config.node.stateDir, config.control.socket];
  };
  t.deepEqual(paths({}), ['/home/u/.local/state/fulcrum', '/tmp/fulcrum-1000/fulcrum.sock']);
  t.deepEqual(paths({ XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/run/user/1000' }), [
    '/s/fulcrum',
    '/run/user/1000/fulcrum/fulcrum.sock',
  ]);
  t.deepEqual(paths({ XDG_STATE_HOME: 'relative' })[0], '/home/u/.local/state/fulcrum');
});

test("a machine's own surroundings are complete", (t) => {
  const around = readEnvironment();
  t.true(around.processors >= 1);
  t.not(around.hostname, '');
});

test('a JavaScript value means what the same YAML means', (t) => {
  const value = {
    services: [{ name: 'web', address: '10.0.0.1', port: 80, persistence: undefined, backends: [{ address: '::2' }] }],
    dataplane: { driver: 'proxy' },
  };
  t.deepEqual(fromValue(value).config, parse(JSON.stringify(value)).config);
  t.throws(() => fromValue({ log: { level: 'x' } }), { message: /^log\.level: 'x' is not allowed/ });
  t.throws(() => fromValue([]), { message: /^[^:]*\bmap\b/ });
  t.throws(() => fromValue({ log: { level: 'x' } }, { file: 'body' }), { message: /^body:0:0: log\.level/ });
});

test('the same configuration can be sent between threads', (t) => {
  const { config } = parse(addressed("checks: [{ type: tcp, send: 'a' }]", '{ address: 10.0.0.1 }'));
  t.deepEqual(structuredClone(config), config);
});
