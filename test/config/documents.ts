/** Random valid documents. */
import fc from 'fast-check';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const ipv4 = fc.nat(65_535).map((host) => `10.7.${host >> 8}.${host & 255}`);
const port = fc.integer({ min: 1, max: 65_535 });
const seconds = (max: number) => fc.integer({ min: 1, max }).map((count) => `${count}s`);
const optional: { requiredKeys: ['type'] } = { requiredKeys: ['type'] };
const common = { interval: seconds(60), retries: fc.nat(9), jitter: fc.constantFrom(0, 0.1, '20%'), port };
const escaped = fc.constantFrom('', 'PING\\r\\n', '\\x00\\xff', '\u00e9 \\\\', "it's");

export const check = fc.oneof(
  fc.record({ type: fc.constant('tcp'), ...common, send: escaped, receive: escaped, tls: fc.boolean() }, optional),
  fc.record({ type: fc.constant('udp'), ...common, send: escaped, receive: escaped }, optional),
  fc.record(
    {
      type: fc.constant('http'),
      ...common,
      path: fc.webPath().map((path) => `/${path.replace(/^\/+/u, '')}`),
      headers: fc.dictionary(name, fc.stringMatching(/^[ -~]{0,20}$/), { maxKeys: 3, noNullPrototype: false }),
      expected_codes: fc.array(fc.constantFrom(200, 204, '300-399'), { maxLength: 3 }),
      receive_regex: fc.constantFrom('ok', '^a+$'),
    },
    optional,
  ),
  fc.record({ type: fc.constant('icmp'), ...common, payload_size: fc.nat(1000) }, optional),
  fc.record(
    {
      type: fc.constant('dns'),
      ...common,
      query: fc.domain(),
      record: fc.constantFrom('TXT', 'MX'),
      tcp: fc.boolean(),
    },
    { requiredKeys: ['type', 'query'] },
  ),
  fc.record({ type: fc.constant('grpc'), ...common, service: name, watch: fc.boolean() }, optional),
  fc.record(
    { type: fc.constant('smtp'), ...common, helo: name, hosts: fc.array(ipv4.map((address) => `${address}:25`)) },
    optional,
  ),
  fc.record({ type: fc.constant('redis'), ...common, keep_alive: fc.boolean() }, optional),
);

const watermark = fc.oneof(
  fc.nat(20),
  fc.nat(100).map((percent) => `${percent}%`),
);

const service = fc.record(
  {
    name,
    address: ipv4,
    port,
    protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
    scheduler: fc.constantFrom('rr', 'wlc', 'mh'),
    forwarding: fc.constant('nat'),
    persistence: seconds(1000),
    watermarks: fc.record({ low: watermark, high: watermark }, { requiredKeys: [] }),
    drain_timeout: seconds(1000),
    checks: fc.array(check, { maxLength: 2 }),
    backends: fc.uniqueArray(
      fc.record(
        { address: ipv4, weight: fc.nat(100), enabled: fc.boolean(), checks: fc.array(check, { maxLength: 2 }) },
        { requiredKeys: ['address'] },
      ),
      { maxLength: 4, selector: ({ address }) => address },
    ),
  },
  { requiredKeys: ['name', 'address', 'port'] },
);

export const validDocument = fc.record(
  {
    node: fc.record({ name }, { requiredKeys: [] }),
    control: fc.record({ http: fc.constantFrom(null, '127.0.0.1:9080', '[::1]:0') }, { requiredKeys: [] }),
    dataplane: fc.record(
      { driver: fc.constantFrom('auto', 'ipvs', 'dry-run'), max_removals: fc.constantFrom(null, 3) },
      { requiredKeys: [] },
    ),
    vrrp: fc.record({
      instances: fc.uniqueArray(
        fc.record(
          {
            name,
            interface: fc.constant('eth0'),
            vrid: fc.integer({ min: 1, max: 255 }),
            addresses: fc.tuple(ipv4),
            advert_interval: fc.integer({ min: 1, max: 4095 }).map((count) => `${count * 10}ms`),
          },
          { requiredKeys: ['name', 'interface', 'vrid', 'addresses'] },
        ),
        {
          maxLength: 3,
          comparator: (a, b) => a.name === b.name || a.vrid === b.vrid || a.addresses[0] === b.addresses[0],
        },
      ),
    }),
    services: fc.uniqueArray(service, {
      maxLength: 3,
      comparator: (a, b) => a.name === b.name || (a.address === b.address && a.port === b.port),
    }),
    agent: fc.constantFrom(null, {}, { allow_targets: ['10.0.0.0/8', '::1'] }),
    log: fc.record({ level: fc.constantFrom('info', 'debug') }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

/** Runs of one test are the same on every machine. */
export const SEED = 20_071;
