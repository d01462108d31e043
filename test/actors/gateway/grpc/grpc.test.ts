import { credentials, loadPackageDefinition, type ServiceClientConstructor, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import test, { type ExecutionContext } from 'ava';
import type { RuntimeEdit } from '../../../../src/actors/dataplane/calls.js';
import { SYSTEM_RESOLVER } from '../../../../src/checks/probing/system-names.js';
import type { VrrpInstanceConfig } from '../../../../src/model/config.js';
import { CommandError, ConfigError } from '../../../../src/model/errors.js';
import type { DataplaneView } from '../../../../src/model/observing/dataplane-views.js';
import type { VrrpView } from '../../../../src/model/observing/views.js';
import { ns, nsFromMs, vrid } from '../../../../src/model/units.js';
import type { FromSubscriber } from '../../../../src/wire/links/subscriptions.js';
import type { TargetStatus } from '../../../../src/wire/links/targets.js';
import { gratuitous } from '../../../support/fixtures/vrrp-config.js';
import { type GrpcRig, messagesOf, type Plain, startGrpcRig } from '../../../support/rigs/grpc-rig.js';
import { until } from '../../../support/until.js';

const IPVS = 'seesaw.ipvs.IPVSManager';
const VRRP = 'seesaw.vrrp.VRRPNode';
const CHECKS = 'seesaw.healthcheck.HealthCheckService';
const HEALTH = 'grpc.health.v1.Health';

async function withRig(
  t: ExecutionContext,
  rig: Promise<GrpcRig>,
  body: (rig: GrpcRig) => Promise<void>,
): Promise<void> {
  t.timeout(20_000);
  const started = await rig;
  try {
    await body(started);
  } finally {
    await started.close();
  }
}
const refused = async (t: ExecutionContext, call: Promise<unknown>, code: status, details: RegExp) => {
  const error = await t.throwsAsync(call);
  t.like(error, { code });
  t.regex((error as unknown as { details: string }).details, details);
};

const flow = { connections: 7, packets_in: 1, packets_out: 2, bytes_in: 3, bytes_out: 4 };
const traffic = { ...flow, per_second: { ...flow, connections: 0 } };
const table: DataplaneView = {
  driver: 'ipvs',
  why: 'test',
  services: [
    {
      name: 'web',
      address: '10.0.0.1',
      port: 80,
      fwmark: null,
      family: 'ipv4',
      protocol: 'tcp',
      scheduler: 'mh',
      scheduler_flags: ['mh-port'],
      persistence_s: 300,
      persistence_granularity: null,
      one_packet: false,
      extra: null,
      traffic,
      destinations: [
        {
          backend: 'a',
          address: '10.0.0.11',
          port: 80,
          weight: 3,
          forwarding: 'tun',
          tunnel: 'gue:6080',
          max_connections: 9,
          extra: null,
          active_connections: 1,
          inactive_connections: 2,
          connections: 7,
          bytes_in: 3,
          bytes_out: 4,
          traffic,
        },
      ],
    },
    {
      name: null,
      address: '',
      port: 0,
      fwmark: 256,
      family: 'ipv6',
      protocol: 'tcp',
      scheduler: 'rr',
      scheduler_flags: [],
      persistence_s: null,
      persistence_granularity: null,
      one_packet: false,
      extra: null,
      traffic: null,
      destinations: [],
    },
    {
      name: 'six',
      address: '2001:db8::80',
      port: 80,
      fwmark: null,
      family: 'ipv6',
      protocol: 'tcp',
      scheduler: 'rr',
      scheduler_flags: [],
      persistence_s: null,
      persistence_granularity: null,
      one_packet: false,
      extra: null,
      traffic: null,
      destinations: [],
    },
  ],
};

test('GetServices answers with the table, and one service by its key', (t) =>
  withRig(t, startGrpcRig({ table: async () => table }), async (rig) => {
    const all = await rig.call(IPVS, 'GetServices', {}, null);
    t.is(all['driver'], 'ipvs');
    const [web, mark] = all['services'] as Plain[];
    t.like(web, { name: 'web', port: 80, flags: 0x11, timeout: 300, fwmark: 0, family: '' });
    const [backend] = (web?.['destinations'] ?? []) as Plain[];
    t.like(backend, {
      address: '10.0.0.11',
      weight: 3,
      tunnel_type: 'gue',
      tunnel_port: 6080,
      active_connections: '1',
      statistics: { ...flow, connections: '7', packets_in: '1', packets_out: '2', bytes_in: '3', bytes_out: '4' },
    } as Plain);
    t.like(mark, { fwmark: 256, family: 'ipv6', statistics: null });
    const one = await rig.call(IPVS, 'GetServices', { service: { fwmark: 256, family: 'ipv6' } }, null);
    t.is((one['services'] as Plain[]).length, 1);
    for (const address of ['2001:db8::80', '2001:DB8:0:0::80']) {
      const found = await rig.call(IPVS, 'GetServices', { service: { address, port: 80 } }, null);
      t.like(found, { services: [{ address: '2001:db8::80' }] }, address);
    }
  }));

test('services and destinations are edited beside the configuration', (t) => {
  const edits: RuntimeEdit[] = [];
  const editRuntime = async (edit: RuntimeEdit) => {
    edits.push(edit);
    return 'done';
  };
  return withRig(t, startGrpcRig({ editRuntime }), async (rig) => {
    const service = { address: '10.0.0.1', port: 80, protocol: 'udp', scheduler: 'sh', flags: 1 | 4 | 8, timeout: 60 };
    t.deepEqual(await rig.call(IPVS, 'AddService', service), { success: true, message: 'done' });
    await rig.call(IPVS, 'UpdateService', { fwmark: 300, flags: 1 });
    const key = { address: '2001:db8::1', port: 443 };
    const destination = { address: '2001:db8::11', port: 443, weight: 5, forwarding: 'tun', tunnel_type: 'gre' };
    await rig.call(IPVS, 'AddDestination', { service: key, destination });
    await rig.call(IPVS, 'UpdateDestination', { service: key, destination: { address: '::2', port: 443 } });
    await rig.call(IPVS, 'DeleteDestination', { service: key, destination });
    await rig.call(IPVS, 'DeleteService', key);
    const match = { kind: 'address', address: '2001:db8::1', port: 443, protocol: 'tcp' };
    const plain = { weight: 0, forwarding: 'nat', maxConnections: 0, tunnel: null };
    t.deepEqual<unknown, unknown>(edits, [
      {
        edit: 'add-service',
        service: {
          match: { kind: 'address', address: '10.0.0.1', port: 80, protocol: 'udp' },
          scheduler: 'sh',
          schedulerFlags: ['sh-fallback'],
          persistenceNs: 60e9,
          onePacket: true,
        },
      },
      {
        edit: 'update-service',
        service: {
          match: { kind: 'fwmark', fwmark: 300, family: 'ipv4', protocol: 'tcp' },
          scheduler: 'wlc',
          schedulerFlags: [],
          persistenceNs: 300e9,
          onePacket: false,
        },
      },
      {
        edit: 'add-destination',
        match,
        destination: {
          ...plain,
          address: '2001:db8::11',
          port: 443,
          weight: 5,
          forwarding: 'tun',
          tunnel: { type: 'gre', port: 0 },
        },
      },
      { edit: 'update-destination', match, destination: { ...plain, address: '::2', port: 443 } },
      { edit: 'delete-destination', match, address: '2001:db8::11', port: 443 },
      { edit: 'delete-service', match },
    ]);
  });
});

test('what is wrong with a request is said by the field', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const { INVALID_ARGUMENT } = status;
    const add = (service: object) => rig.call(IPVS, 'AddService', service);
    await refused(t, add({ address: 'web', port: 80 }), INVALID_ARGUMENT, /address: an IPv4 or IPv6 address/);
    await refused(t, add({ address: '10.0.0.1', port: 70_000 }), INVALID_ARGUMENT, /port: a port is at most 65535/);
    await refused(t, add({ port: 80 }), INVALID_ARGUMENT, /either address and port, or fwmark alone/);
    await refused(t, add({ fwmark: 1, port: 80 }), INVALID_ARGUMENT, /either address and port, or fwmark alone/);
    await refused(t, add({ fwmark: 1, protocol: 'icmp' }), INVALID_ARGUMENT, /protocol: one of tcp, udp, sctp/);
    const untimely = /^timeout: a timeout is of persistence: set flag 1 \(persistent\) too, or leave the timeout 0$/;
    await refused(t, add({ fwmark: 1, flags: 4, timeout: 60 }), INVALID_ARGUMENT, untimely);
    await refused(t, rig.call(IPVS, 'UpdateService', { fwmark: 1, timeout: 60 }), INVALID_ARGUMENT, untimely);
    await refused(t, rig.call(IPVS, 'AddDestination', {}), INVALID_ARGUMENT, /service: service is missing/);
    const put = (destination: object) =>
      rig.call(IPVS, 'AddDestination', {
        service: { fwmark: 1 },
        destination: { address: '10.0.0.2', port: 80, ...destination },
      });
    await refused(t, put({ weight: 65_536 }), INVALID_ARGUMENT, /^destination\.weight: a weight is at most 65535/);
    const most = /^destination\.max_connections: max_connections is at most 2147483647/;
    await refused(t, put({ max_connections: 2_147_483_648 }), INVALID_ARGUMENT, most);
  }));

test('refusals of the data plane have statuses of their own', (t) => {
  const errors = [
    new CommandError('ERR_EXISTS', 'there already'),
    new CommandError('ERR_CONFLICT', 'in the configuration'),
    new CommandError('ERR_NOT_FOUND', 'no such'),
    new ConfigError([{ file: 'request', line: 0, column: 0, path: '', message: 'no scheduler' }]),
    new CommandError('ERR_UNAVAILABLE', 'restarted'),
    new TypeError('a secret of ours'),
  ];
  const editRuntime = async () => {
    throw errors.shift();
  };
  return withRig(t, startGrpcRig({ editRuntime }), async (rig) => {
    const mark = { fwmark: 1 };
    await refused(t, rig.call(IPVS, 'AddService', mark), status.ALREADY_EXISTS, /^there already$/);
    await refused(t, rig.call(IPVS, 'UpdateService', mark), status.FAILED_PRECONDITION, /^in the configuration$/);
    await refused(t, rig.call(IPVS, 'DeleteService', mark), status.NOT_FOUND, /^no such$/);
    await refused(t, rig.call(IPVS, 'AddService', mark), status.INVALID_ARGUMENT, /^no scheduler$/);
    await refused(t, rig.call(IPVS, 'AddService', mark), status.UNAVAILABLE, /^restarted$/);
    await refused(t, rig.call(IPVS, 'AddService', mark), status.INTERNAL, /^an internal error; see the log$/);
  });
});

test('changes need the token, reading needs none', async (t) => {
  await withRig(t, startGrpcRig({ table: async () => table }), async (rig) => {
    await refused(
      t,
      rig.call(IPVS, 'DeleteService', { fwmark: 1 }, null),
      status.UNAUTHENTICATED,
      /authorization: Bearer/,
    );
    await refused(t, rig.call(IPVS, 'DeleteService', { fwmark: 1 }, 'wrong'), status.UNAUTHENTICATED, /not the token/);
    const stream = messagesOf(rig.stream(CHECKS, 'StreamChecks', null, null));
    await refused(t, stream.next(), status.UNAUTHENTICATED, /authorization: Bearer/);
    await t.notThrowsAsync(rig.call(IPVS, 'GetServices', {}, null));
  });
  await withRig(t, startGrpcRig({}, { token: null }), async (rig) => {
    const call = rig.call(VRRP, 'TriggerFailover', { instance: 'vi1' });
    await refused(t, call, status.PERMISSION_DENIED, /none is configured: set control.token_file/);
  });
});

const view = (name: string, state: VrrpView['state']): VrrpView => ({
  name,
  vrid: 60,
  version: 3,
  authentication: null,
  interface: 'eth0',
  vmac: null,
  addresses: ['10.0.0.1/24'],
  state,
  sync_group: null,
  priority: 200,
  effective_priority: 150,
  tracked: [],
  held: [],
  why: 'because',
  master_down_interval_ms: 321.5,
  adverts: { sent: 1, received: 2, rejected: 3 },
  lateness_us: { p50: 1, p99: 2, p999: 3, max: 4 },
  lateness_last_hour_us: { p50: 0.5, p99: 1, p999: 1.5, max: 2 },
  transitions: 5,
  peer: { address: '10.0.0.2', priority: 100, resigned: true, authenticated: false, interval_ms: 100, jitter_us: 5 },
  realtime: 'SCHED_FIFO',
});

const instance = (name: string, more: Partial<VrrpInstanceConfig> = {}): VrrpInstanceConfig => ({
  name,
  version: 3,
  interface: 'eth0',
  vrid: vrid(60),
  priority: 100,
  advertIntervalNs: nsFromMs(100),
  preempt: false,
  preemptDelayNs: nsFromMs(0),
  addresses: [{ address: '10.0.0.100', prefixLength: 24 }],
  extraAddresses: [],
  routes: [],
  rules: [],
  mode: 'multicast',
  source: null,
  peers: [],
  checksum: 'auto',
  dialect: 'rfc',
  vmac: false,
  authentication: null,
  gratuitous: gratuitous(),
  track: [],
  ...more,
});

test('VRRP: status, failover and the stream of states', (t) => {
  const failed: string[] = [];
  const played = {
    vrrp: async (name: string | null) => (name === null || name === 'vi1' ? [view('vi1', 'master')] : []),
    vrrpInstances: async () => [instance('vi1')],
    failover: async (name: string) => {
      failed.push(name);
      return 'stepping down';
    },
  };
  return withRig(t, startGrpcRig(played), async (rig) => {
    const { instances } = await rig.call(VRRP, 'GetStatus', {}, null);
    t.like((instances as Plain[])[0], {
      instance: 'vi1',
      state: 'master',
      why: 'because',
      lateness_us: { p50: 1, p99: 2, p999: 3, max: 4 },
      lateness_last_hour_us: { p50: 0.5, p99: 1, p999: 1.5, max: 2 },
      peer: { address: '10.0.0.2', priority: 100, resigned: true, interval_ms: 100, jitter_us: 5 },
    });
    t.like((instances as Plain[])[0], {
      effective_priority: 150,
      adverts_received: '2',
      master_down_interval_ms: 321.5,
    });
    await refused(t, rig.call(VRRP, 'GetStatus', { instance: 'vi9' }), status.NOT_FOUND, /no VRRP instance vi9/);
    t.deepEqual(await rig.call(VRRP, 'TriggerFailover', {}), { accepted: true, message: 'stepping down' });
    t.deepEqual(failed, ['vi1']);

    rig.tell({ kind: 'state', item: { type: 'vrrp', key: 'vrrp/vi1', view: view('vi1', 'backup') } });
    const stream = rig.stream(VRRP, 'StreamStatus', {}, null);
    const messages = messagesOf(stream);
    t.like((await messages.next())['status'], { instance: 'vi1', state: 'backup' });
    const alone = { ...view('vi1', 'master'), peer: null };
    rig.tell({ kind: 'state', item: { type: 'vrrp', key: 'vrrp/vi1', view: alone } });
    t.like((await messages.next())['status'] as Plain, { state: 'master', peer: null } as Plain);
    rig.tell({ kind: 'state-gone', key: 'vrrp/vi1' });
    t.like(await messages.next(), { removed: true });
    stream.on('error', () => undefined);
    stream.cancel();
  });
});

test('VRRP: a configuration is changed in part, taken out and brought back', (t) => {
  let now: readonly VrrpInstanceConfig[] = [
    instance('vi1'),
    instance('vi2', { vrid: vrid(61), addresses: [{ address: '10.0.0.101', prefixLength: 24 }] }),
  ];
  const played = {
    vrrpInstances: async () => now,
    applyVrrp: async (instances: readonly VrrpInstanceConfig[]) => {
      now = instances;
      return ['changed'];
    },
  };
  return withRig(t, startGrpcRig(played), async (rig) => {
    const update = (config: object) => rig.call(VRRP, 'UpdateConfig', config);
    const vi1 = () => now.find(({ name }) => name === 'vi1');
    t.deepEqual(await update({ instance: 'vi1', priority: 250, remote_addr: '10.0.0.3', advert_interval_ms: 50 }), {
      success: true,
      message: 'changed',
    });
    t.like(vi1(), {
      priority: 250,
      vrid: 60,
      mode: 'unicast',
      peers: ['10.0.0.3'],
      advertIntervalNs: 50e6,
      preempt: false,
    } as object);
    await update({ instance: 'vi1', remote_addr: '224.0.0.18', preempt: true, local_addr: '10.0.0.2' });
    t.like(vi1(), { mode: 'multicast', peers: [], preempt: true, source: '10.0.0.2', priority: 250 } as object);
    await update({ instance: 'vi1', enabled: false });
    t.is(vi1(), undefined);
    await refused(t, update({ instance: 'vi1', priority: 1 }), status.NOT_FOUND, /vi1 is taken out: enable it first/);
    await update({ instance: 'vi1', enabled: true, priority: 7 });
    t.like(vi1(), { priority: 7, source: '10.0.0.2' });
    t.deepEqual(now.map(({ name }) => name).toSorted(), ['vi1', 'vi2']);
    await refused(
      t,
      update({ instance: 'vi1', vrid: 61 }),
      status.INVALID_ARGUMENT,
      /vrid: VRID 61 is already used on eth0/,
    );
    await refused(t, update({ priority: 1 }), status.NOT_FOUND, /there are vi2, vi1|there are vi1, vi2/);
    await refused(t, update({ instance: 'vi1', vrid: 300 }), status.INVALID_ARGUMENT, /vrid: a vrid is 1-255/);
    const before = now;
    const wrong = (config: object, details: RegExp) =>
      refused(t, update({ instance: 'vi1', ...config }), status.INVALID_ARGUMENT, details);
    await wrong({ advert_interval_ms: 5 }, /^advert_interval_ms: 10-255000 ms/);
    await wrong({ advert_interval_ms: 41_000 }, /^advert_interval_ms: '41s' is too long: 10ms to 40s 950ms/);
    await wrong({ advert_interval_ms: 1005 }, /steps of 10 ms/);
    await wrong({ local_addr: '10.0.0.100' }, /^local_addr: 10\.0\.0\.100 is one of the virtual addresses/);
    await wrong({ remote_addr: '10.0.0.100' }, /^remote_addr: 10\.0\.0\.100 is one of the virtual addresses/);
    await wrong({ remote_addr: 'fe80::1' }, /^remote_addr: a peer must be of the addresses' family/);
    await wrong({ remote_addr: '239.0.0.1' }, /^remote_addr: 239\.0\.0\.1 is a multicast address: an address of/);
    await wrong({ local_addr: '127.0.0.1' }, /^local_addr: 127\.0\.0\.1 is a loopback address/);
    await wrong({ remote_addr: '10.0.0.2' }, /^remote_addr: a node is not its own peer/);
    t.is(now, before);
  });
});

const targetStatus = (state: TargetStatus['state'], message: string): TargetStatus => ({
  key: 'k',
  state,
  failures: 0,
  successes: 3,
  probes: 3,
  passed: 3,
  lastCheckMs: 1_700_000_000_000,
  durationNs: ns(1_500_000),
  cause: null,
  message,
});

test('checks are run for a stream, with 64-bit ids, and end with it', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const stream = rig.stream(CHECKS, 'StreamChecks', null);
    const messages = messagesOf(stream);
    const id = '18446744073709551615';
    stream.write({ id, interval: '1s', retries: 2, tcp: { ip: '10.0.0.1', port: 80, send: Buffer.from([0, 255]) } });
    stream.write({ id: 2, http: { ip: '10.0.0.2', port: 443, expected_codes: [0], secure: true, path: '/x' } });
    await until(() => rig.asked.filter(({ kind }) => kind === 'subscribe').length === 2);
    const subscribed = rig.asked.flatMap((message) => (message.kind === 'subscribe' ? message.subscriptions : []));
    const [tcp, http] = subscribed;
    t.like(tcp?.spec, { host: '10.0.0.1', port: 80, mark: null });
    t.like(tcp?.spec.check, { type: 'tcp', intervalNs: 1e9, timeoutNs: 1e9, retries: 2, rise: 1, mode: 'plain' });
    t.like(tcp?.spec.check, { send: Uint8Array.of(0, 255) });
    t.like(http?.spec.check, {
      type: 'http',
      expectedCodes: [],
      tls: true,
      tlsVerify: true,
      path: '/x',
      intervalNs: 10e9,
    } as object);
    rig.engine.next({ kind: 'statuses', statuses: [{ id: tcp?.id ?? '', status: targetStatus('healthy', 'fine') }] });
    t.deepEqual(await messages.next(), {
      id,
      state: 'HEALTHY',
      last_check_ms: '1700000000000',
      duration_ms: 1.5,
      failures: 0,
      successes: 3,
      message: 'fine',
      error: '',
    });
    stream.write({ id: 2, remove: true });
    await until(() => rig.asked.some((message) => message.kind === 'unsubscribe' && message.ids[0] === http?.id));
    stream.on('error', () => undefined);
    stream.cancel();
    await until(() => rig.asked.some((message) => message.kind === 'unsubscribe' && message.ids[0] === tcp?.id));
  }));

test('a DNS check without a name server asks the system', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const stream = rig.stream(CHECKS, 'StreamChecks', null);
    const messages = messagesOf(stream);
    stream.write({ id: 1, dns: { query: 'localhost' } });
    // The answer to this one comes after the first was taken or refused.
    stream.write({ id: 2 });
    t.is((await messages.next())['id'], '2');
    const [dns] = rig.asked.flatMap((message) => (message.kind === 'subscribe' ? message.subscriptions : []));
    t.like(dns?.spec, { host: SYSTEM_RESOLVER, port: 53, check: { type: 'dns', query: 'localhost' } } as object);
    stream.on('error', () => undefined);
    stream.cancel();
  }));

test('a wrong check is answered by its id, and the stream goes on', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const stream = rig.stream(CHECKS, 'StreamChecks', null);
    const messages = messagesOf(stream);
    const wrong: readonly [object, RegExp][] = [
      [{ id: 1 }, /one checker of tcp, http, dns, udp, icmp, radius, grpc is expected/],
      [{ id: 2, tcp: { ip: 'web', port: 80 } }, /ip: an IPv4 or IPv6 address/],
      [{ id: 3, tcp: { ip: '10.0.0.1' } }, /port: a port is 1-65535/],
      [{ id: 4, interval: 'soon', tcp: { ip: '10.0.0.1', port: 80 } }, /interval: /],
      [{ id: 5, http: { ip: '10.0.0.1', port: 80, path: 'x' } }, /path: /],
      [{ id: 6, radius: { ip: '10.0.0.1', username: '' } }, /username: /],
    ];
    for (const [message, error] of wrong) {
      stream.write(message);
      const result = await messages.next();
      t.is(result['state'], 'UNKNOWN');
      t.regex(String(result['error']), error);
      t.is(result['id'], String((message as { id: number }).id));
    }
    t.true(rig.asked.every(({ kind }) => kind === 'unsubscribe-all'));
    stream.on('error', () => undefined);
    stream.cancel();
  }));

test('UpdateConfig replaces the shared checks, whose results every stream gets', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const tcp = (id: number, port: number) => ({ id, tcp: { ip: '10.0.0.1', port } });
    t.deepEqual(await rig.call(CHECKS, 'UpdateConfig', { configs: [tcp(1, 80), tcp(2, 0), tcp(1, 81)] }), {
      accepted: 1,
      refused: [
        { id: '2', message: 'port: a port is 1-65535' },
        { id: '1', message: 'this id comes twice' },
      ],
    });
    await until(() => rig.asked.some(({ kind }) => kind === 'subscribe'));
    const [first] = rig.asked.flatMap((message) => (message.kind === 'subscribe' ? message.subscriptions : []));
    rig.engine.next({ kind: 'statuses', statuses: [{ id: first?.id ?? '', status: targetStatus('unhealthy', 'no') }] });
    const early = rig.stream(CHECKS, 'StreamChecks', null);
    t.like(await messagesOf(early).next(), { id: '1', state: 'UNHEALTHY' });
    await rig.call(CHECKS, 'UpdateConfig', { configs: [] });
    await until(() => rig.asked.some((message) => message.kind === 'unsubscribe' && message.ids[0] === first?.id));
    early.on('error', () => undefined);
    early.cancel();
  }));

test('a large UpdateConfig is taken whole, a slice after the other', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const configs = Array.from({ length: 2000 }, (_, id) => ({ id, tcp: { ip: '10.0.0.1', port: 1 + id } }));
    t.deepEqual(await rig.call(CHECKS, 'UpdateConfig', { configs }), { accepted: 2000, refused: [] });
    await until(() => subscribedTo(rig.asked) === 2000);
    t.is(rig.received.held, 0);
  }));

const subscribedTo = (asked: readonly FromSubscriber[]): number =>
  asked.reduce((sum, message) => sum + (message.kind === 'subscribe' ? message.subscriptions.length : 0), 0);

test('a new engine is told all checks again', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    await rig.call(CHECKS, 'UpdateConfig', { configs: [{ id: 1, icmp: { ip: '10.0.0.1' } }] });
    await until(() => rig.asked.length === 2);
    rig.reconnect();
    await until(() => rig.asked.length === 4);
    t.deepEqual(
      rig.asked.map(({ kind }) => kind),
      ['unsubscribe-all', 'subscribe', 'unsubscribe-all', 'subscribe'],
    );
  }));

test('grpc.health.v1: the daemon, a service, an unknown one, a list, and a watch', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const service = (healthy: boolean) =>
      ({ type: 'service', key: 'service/web', name: 'web', enabled: true, healthy, why: '' }) as const;
    rig.tell({ kind: 'state', item: service(true) });
    const check = (name: string) => rig.call(HEALTH, 'Check', { service: name }, null);
    t.deepEqual(await check(''), { status: 'SERVING' });
    t.deepEqual(await check('web'), { status: 'SERVING' });
    t.deepEqual(await check(IPVS), { status: 'SERVING' });
    await refused(t, check('nosuch'), status.NOT_FOUND, /no service nosuch/);
    t.deepEqual(await rig.call(HEALTH, 'List', {}, null), {
      statuses: { '': { status: 'SERVING' }, web: { status: 'SERVING' } },
    });
    const stream = rig.stream(HEALTH, 'Watch', { service: 'web' }, null);
    const messages = messagesOf(stream);
    t.deepEqual(await messages.next(), { status: 'SERVING' });
    rig.tell({ kind: 'state', item: service(false) });
    t.deepEqual(await messages.next(), { status: 'NOT_SERVING' });
    rig.tell({ kind: 'state-gone', key: 'service/web' });
    t.deepEqual(await messages.next(), { status: 'SERVICE_UNKNOWN' });
    stream.on('error', () => undefined);
    stream.cancel();
  }));

test('reflection lists the services', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const file = new URL(
      '../../../../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
      import.meta.url,
    );
    const loaded = loadPackageDefinition(loadSync(file.pathname)) as unknown as {
      grpc: { reflection: { v1: { ServerReflection: ServiceClientConstructor } } };
    };
    const client = new loaded.grpc.reflection.v1.ServerReflection(rig.door.address, credentials.createInsecure());
    const stream = (
      client as unknown as { ServerReflectionInfo: () => Parameters<typeof messagesOf>[0] }
    ).ServerReflectionInfo();
    const messages = messagesOf(stream);
    stream.write({ listServices: '' });
    const answer = (await messages.next()) as { listServicesResponse?: { service: { name: string }[] } };
    const names = answer.listServicesResponse?.service.map(({ name }) => name) ?? [];
    for (const name of [IPVS, VRRP, CHECKS, HEALTH]) t.true(names.includes(name), name);
    stream.on('error', () => undefined);
    stream.cancel();
    client.close();
  }));

test('a port that is taken is named', (t) =>
  withRig(t, startGrpcRig(), async (rig) => {
    const { startGrpc } = await import('../../../../src/actors/gateway/grpc/index.js');
    const port = Number(rig.door.address.split(':')[1]);
    const deps = {
      subscriptions: {
        in$: { subscribe: () => ({ unsubscribe: () => undefined }) },
        connected$: { subscribe: () => ({ unsubscribe: () => undefined }) },
        out: { next: () => undefined },
      },
      holds: () => undefined,
    };
    await t.throwsAsync(startGrpc({ host: '127.0.0.1', port }, deps as unknown as Parameters<typeof startGrpc>[1]), {
      message: new RegExp(`control.grpc cannot listen on 127.0.0.1:${port}`),
    });
  }));
