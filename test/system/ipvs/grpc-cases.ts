/**
 * seesaw.ipvs.IPVSManager of a whole runtime over the real kernel's table, with ipvsadm as the independent reader and
 * writer. The cases are the steps of one story.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConfigDocument, createRuntime, type Runtime } from '../../../src/index.js';
import { ipvsadm, savedLines } from '../../support/peers/ipvsadm.js';
import { type GrpcClients, grpcClients, type Plain, TOKEN } from '../../support/rigs/grpc-rig.js';
import type { GuestCases } from '../../support/rigs/guest.js';
import { until } from '../../support/rigs/vrrp/lab.js';
import { configuredCases } from './configured-cases.js';

const IPVS = 'seesaw.ipvs.IPVSManager';
const CONFIGURED = ['-A -t 10.0.0.1:80 -s wlc'];
const FOREIGN = ['-A -t 10.9.9.9:80 -s rr', '-a -t 10.9.9.9:80 -r 10.9.9.10:80 -m -w 3'];

const directory = '/run/fulcrum';
const web = { address: '10.0.0.1', port: 80 };
const document = (scheduler: 'rr' | 'wlc'): ConfigDocument => ({
  node: { state_dir: directory },
  control: { socket: null, http: null, grpc: '127.0.0.1:0', token_file: join(directory, 'token') },
  dataplane: { driver: 'ipvs', on_stop: 'keep', reconcile_interval: '1s' },
  runtime: { monitor_shards: 1 },
  services: [{ name: 'web', ...web, scheduler, backends: [] }],
});

let runtime: Runtime;
let clients: GrpcClients;

async function start(): Promise<void> {
  runtime = await createRuntime(document('wlc'));
  const door = runtime.status().listeners.find(({ name }) => name === 'control.grpc');
  clients = grpcClients(door?.address ?? '');
}

async function stop(): Promise<void> {
  clients.close();
  await runtime.stop();
}

const call = async (method: string, request: object): Promise<void> => {
  assert.equal((await clients.call(IPVS, method, request))['success'], true);
};
const services = async (service: object | null = null): Promise<readonly Plain[]> =>
  (await clients.call(IPVS, 'GetServices', { service }))['services'] as Plain[];
const destinationsOf = (service: Plain | undefined) => (service?.['destinations'] ?? []) as Plain[];
/** These fields, whatever others there are. */
const assertHas = (found: Plain | undefined, fields: Plain): void =>
  assert.deepEqual(Object.fromEntries(Object.keys(fields).map((field) => [field, found?.[field]])), fields);
const refused = (method: string, request: object, words: RegExp) =>
  assert.rejects(clients.call(IPVS, method, request), { message: words });

/** An answer comes when the kernel has the change: ipvsadm sees it at once, beside what else there is. */
const tableIs = (...lines: readonly string[]): void =>
  assert.deepEqual(savedLines(), [...CONFIGURED, ...FOREIGN, ...lines].toSorted());

const mail = { address: '10.0.0.2', port: 25 };
const dns = { address: '10.0.0.2', port: 53, protocol: 'udp' };
const signal = { address: '10.0.0.2', port: 9999, protocol: 'sctp' };
const mark = { fwmark: 300 };
const mark6 = { fwmark: 301, family: 'ipv6' };
const web6 = { address: '2001:db8::2', port: 80 };

/** Each kind of destination, with the words that ipvsadm saves for it. */
const destinations: readonly (readonly [service: object, which: string, destination: Plain, saved: string])[] = [
  [mail, '-t 10.0.0.2:25', { address: '10.0.1.1', port: 2525, weight: 4 }, '10.0.1.1:2525 -m -w 4'],
  [mail, '-t 10.0.0.2:25', { address: '10.0.1.2', port: 25, weight: 0, forwarding: 'dsr' }, '10.0.1.2:25 -g -w 0'],
  [
    mail,
    '-t 10.0.0.2:25',
    { address: '10.0.1.3', port: 25, weight: 65_535, forwarding: 'tun' },
    '10.0.1.3:25 -i -w 65535 --tun-type ipip',
  ],
  [
    mail,
    '-t 10.0.0.2:25',
    { address: '10.0.1.4', port: 25, weight: 1, forwarding: 'tun', tunnel_type: 'gue', tunnel_port: 6080 },
    '10.0.1.4:25 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum',
  ],
  [
    mail,
    '-t 10.0.0.2:25',
    { address: '10.0.1.5', port: 25, weight: 1, forwarding: 'tun', tunnel_type: 'gre' },
    '10.0.1.5:25 -i -w 1 --tun-type gre --tun-nocsum',
  ],
  [
    mail,
    '-t 10.0.0.2:25',
    { address: '2001:db8::11', port: 25, weight: 1, forwarding: 'tun' },
    '[2001:db8::11]:25 -i -w 1 --tun-type ipip',
  ],
  [dns, '-u 10.0.0.2:53', { address: '10.0.1.1', port: 53, weight: 1 }, '10.0.1.1:53 -m -w 1'],
  [web6, '-t [2001:db8::2]:80', { address: '2001:db8::12', port: 8080, weight: 1 }, '[2001:db8::12]:8080 -m -w 1'],
  [mark, '-f 300', { address: '10.0.1.6', port: 80, weight: 2, forwarding: 'dsr' }, '10.0.1.6:80 -g -w 2'],
  [
    mark6,
    '-f 301 -6',
    { address: '2001:db8::13', port: 80, weight: 2, forwarding: 'dsr' },
    '[2001:db8::13]:80 -g -w 2',
  ],
];
const destinationLines = destinations.map(([, which, , saved]) => `-a ${which} -r ${saved}`);
const serviceLines = [
  '-A -t 10.0.0.2:25 -s wrr',
  '-A -u 10.0.0.2:53 -s rr -o',
  '-A --sctp-service 10.0.0.2:9999 -s lc',
  '-A -f 300 -s wlc -p 300',
  '-A -f 301 -6 -s mh -b mh-fallback,mh-port',
  '-A -t [2001:db8::2]:80 -s wlc -p 120',
];
const without = (lines: readonly string[], gone: string) => lines.filter((line) => line !== gone);
const instead = (lines: readonly string[], old: string, line: string) => [...without(lines, old), line];

export const cases: GuestCases = {
  'AddService makes each kind of service in the kernel’s table': async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'token'), TOKEN, { mode: 0o600 });
    ipvsadm('-C');
    for (const line of FOREIGN) ipvsadm(line);
    await start();
    await until('the configured service', savedLines, (lines) => lines.includes('-A -t 10.0.0.1:80 -s wlc'));
    await call('AddService', { ...mail, scheduler: 'wrr' });
    await call('AddService', { ...dns, scheduler: 'rr', flags: 4 });
    await call('AddService', { ...signal, scheduler: 'lc' });
    await call('AddService', { ...mark, flags: 1 });
    await call('AddService', { ...mark6, scheduler: 'mh', flags: 8 + 16 });
    await call('AddService', { ...web6, flags: 1, timeout: 120 });
    tableIs(...serviceLines);
  },

  'AddDestination makes each kind of destination: NAT, DSR, IPIP, GUE and GRE, both families, thresholds': async () => {
    for (const [service, , destination] of destinations) await call('AddDestination', { service, destination });
    await call('AddDestination', {
      service: mail,
      destination: { address: '10.0.1.7', port: 25, weight: 1, max_connections: 1000 },
    });
    tableIs(...serviceLines, ...destinationLines, '-a -t 10.0.0.2:25 -r 10.0.1.7:25 -m -w 1');
    assert.match(ipvsadm('-L -n --thresholds'), /10\.0\.1\.7:25 +1000 +0 /);
    await call('DeleteDestination', { service: mail, destination: { address: '10.0.1.7', port: 25 } });
    tableIs(...serviceLines, ...destinationLines);
  },

  'GetServices tells what the kernel holds, as it was asked for, and other programs’ services too': async () => {
    for (const [service, , destination] of destinations) {
      const [found] = await services(service);
      const told = destinationsOf(found).find((one) => one['address'] === destination['address']);
      assertHas(told, destination);
    }
    const [sticky] = await services(mark);
    assertHas(sticky, { fwmark: 300, family: 'ipv4', scheduler: 'wlc', flags: 1, timeout: 300 });
    const [hashed] = await services(mark6);
    assertHas(hashed, { fwmark: 301, family: 'ipv6', scheduler: 'mh', flags: 24, timeout: 0 });
    const [oneByOne] = await services(dns);
    assertHas(oneByOne, { ...dns, scheduler: 'rr', flags: 4, name: 'runtime:udp 10.0.0.2:53' });
    const [theirs] = await services({ address: '10.9.9.9', port: 80 });
    assertHas(theirs, { address: '10.9.9.9', port: 80, scheduler: 'rr', name: '' });
    assert.equal((await services()).length, serviceLines.length + 2);
    assert.deepEqual(await services({ address: '10.8.8.8', port: 80 }), []);
  },

  'UpdateService changes scheduler, flags and persistence in place, and keeps the destinations': async () => {
    await call('UpdateService', { ...mail, scheduler: 'mh', flags: 1 + 16, timeout: 60 });
    tableIs(
      ...instead(serviceLines, '-A -t 10.0.0.2:25 -s wrr', '-A -t 10.0.0.2:25 -s mh -p 60 -b mh-port'),
      ...destinationLines,
    );
    await call('UpdateService', { ...mail, scheduler: 'wrr' });
    tableIs(...serviceLines, ...destinationLines);
  },

  'UpdateDestination changes the weight, the way of forwarding and the tunnel in place': async () => {
    const before = destinationLines[1] ?? '';
    const destination = { address: '10.0.1.2', port: 25 };
    for (const [change, saved] of [
      [{ weight: 0 }, '-m -w 0'],
      [{ weight: 9, forwarding: 'tun' }, '-i -w 9 --tun-type ipip'],
      [
        { weight: 9, forwarding: 'tun', tunnel_type: 'gue', tunnel_port: 6081 },
        '-i -w 9 --tun-type gue --tun-port 6081 --tun-nocsum',
      ],
      [{ weight: 9, forwarding: 'tun', tunnel_type: 'gre' }, '-i -w 9 --tun-type gre --tun-nocsum'],
      [{ weight: 0, forwarding: 'dsr' }, '-g -w 0'],
    ] as const) {
      await call('UpdateDestination', { service: mail, destination: { ...destination, ...change } });
      const line = `-a -t 10.0.0.2:25 -r 10.0.1.2:25 ${saved}`;
      tableIs(...serviceLines, ...instead(destinationLines, before, line));
    }
  },

  'what cannot be is refused with its reason, and the table stays as it is': async () => {
    const destination = { address: '10.0.1.1', port: 2525, weight: 1 };
    await refused('AddService', { ...mail, scheduler: 'rr' }, /^6 ALREADY_EXISTS: service tcp 10\.0\.0\.2:25 /);
    await refused('AddDestination', { service: mail, destination }, /^6 ALREADY_EXISTS: destination 10\.0\.1\.1:2525 /);
    const missing = { address: '10.0.0.3', port: 80 };
    for (const method of ['UpdateService', 'DeleteService']) await refused(method, missing, /^5 NOT_FOUND: /);
    const nowhere = { service: mail, destination: { address: '10.0.1.99', port: 1 } };
    for (const method of ['UpdateDestination', 'DeleteDestination']) await refused(method, nowhere, /^5 NOT_FOUND: /);
    const absent = { service: missing, destination };
    for (const method of ['AddDestination', 'UpdateDestination', 'DeleteDestination']) {
      await refused(method, absent, /^5 NOT_FOUND: /);
    }
    await refused('AddService', { ...missing, scheduler: 'nosuch' }, /^3 INVALID_ARGUMENT: .*modprobe ip_vs_nosuch/);
    await refused('UpdateService', { ...mail, scheduler: 'nosuch' }, /^3 INVALID_ARGUMENT: .*modprobe ip_vs_nosuch/);
    await refused('AddService', web, /^6 ALREADY_EXISTS: service web .*in the configuration/);
    await refused('DeleteService', web, /^9 FAILED_PRECONDITION: service web .*in the configuration/);
    await refused('AddDestination', { service: web, destination }, /^9 FAILED_PRECONDITION: .*in the configuration/);
    const theirs = { address: '10.9.9.9', port: 80 };
    const theirDestination = { service: theirs, destination: { address: '10.9.9.10', port: 80, weight: 1 } };
    for (const method of ['UpdateService', 'DeleteService'])
      await refused(method, theirs, /^9 FAILED_.*another program/);
    await refused('AddService', theirs, /^6 ALREADY_EXISTS: .*another program/);
    for (const method of ['AddDestination', 'UpdateDestination', 'DeleteDestination']) {
      await refused(method, theirDestination, /^9 FAILED_.*another program/);
    }
    const portChange = { address: '10.0.1.8', port: 80, weight: 1, forwarding: 'dsr' };
    await refused('AddDestination', { service: mail, destination: portChange }, /^3 INVALID_ARGUMENT: /);
    tableIs(...serviceLines, ...destinationLines);
  },

  'a refused edit takes nothing with it that was asked for at the same time': async () => {
    const destination = { address: '10.0.1.9', port: 25, weight: 1 };
    const answers = await Promise.allSettled([
      call('UpdateService', { ...mail, scheduler: 'nosuch' }),
      call('AddDestination', { service: mail, destination }),
      call('AddDestination', { service: mail, destination: { ...destination, address: '2001:db8::9' } }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['rejected', 'fulfilled', 'rejected'],
    );
    tableIs(...serviceLines, ...destinationLines, '-a -t 10.0.0.2:25 -r 10.0.1.9:25 -m -w 1');
    await call('DeleteDestination', { service: mail, destination });
  },

  'what another program takes away or changes of these services is repaired': async () => {
    ipvsadm('-D -f 300');
    ipvsadm('-e -t 10.0.0.2:25 -r 10.0.1.1:2525 -m -w 77');
    ipvsadm('-d -u 10.0.0.2:53 -r 10.0.1.1:53');
    await until('the table is repaired', savedLines, (lines) => lines.length === 3 + 6 + destinationLines.length);
    tableIs(...serviceLines, ...destinationLines);
  },

  'statistics count real connections, and these services outlive a reload and a restart': async () => {
    const local = { address: '127.0.0.1', port: 8000 };
    const lines = ['-A -t 127.0.0.1:8000 -s rr', '-a -t 127.0.0.1:8000 -r 127.0.0.1:8080 -m -w 1'];
    const server = createServer((socket) => socket.on('error', () => undefined).end('hello'));
    await new Promise<void>((resolve) => server.listen(8080, '127.0.0.1', resolve));
    await call('AddService', { ...local, scheduler: 'rr' });
    await call('AddDestination', { service: local, destination: { address: '127.0.0.1', port: 8080, weight: 1 } });
    for (let connection = 0; connection < 3; connection += 1) {
      const client = connect(8000, '127.0.0.1').resume();
      await new Promise((resolve) => client.once('end', resolve));
    }
    const counted = async () => {
      const [found] = await services(local);
      const [one] = destinationsOf(found);
      return [found?.['statistics'], one?.['statistics']] as Plain[];
    };
    // The kernel adds its counters up every two seconds.
    for (let looks = 0; (await counted())[1]?.['connections'] !== '3' && looks < 50; looks += 1) await sleep(200);
    for (const statistics of await counted()) {
      assert.equal(statistics['connections'], '3');
      assert.ok(Number(statistics['bytes_out']) > 15);
      assert.ok(Number(statistics['packets_in']) >= 9);
    }
    server.close();
    await runtime.apply(document('rr'));
    const reloaded = ['-A -t 10.0.0.1:80 -s rr', ...FOREIGN, ...serviceLines, ...destinationLines, ...lines];
    await until('the reload', savedLines, (seen) => seen.includes('-A -t 10.0.0.1:80 -s rr'));
    assert.deepEqual(savedLines(), reloaded.toSorted());
    await stop();
    assert.deepEqual(savedLines(), reloaded.toSorted());
    // As after a reboot: the table is empty but for another program's services.
    ipvsadm('-C');
    for (const line of FOREIGN) ipvsadm(line);
    await start();
    await until(
      'the table is back',
      savedLines,
      (seen) => seen.length === 3 + 6 + destinationLines.length + lines.length,
    );
    tableIs(...serviceLines, ...destinationLines, ...lines);
    await call('DeleteService', local);
    tableIs(...serviceLines, ...destinationLines);
  },

  'DeleteDestination and DeleteService leave nothing but what others have': async () => {
    let left = destinationLines;
    for (const [index, [service, , { address, port }]] of destinations.entries()) {
      await call('DeleteDestination', { service, destination: { address, port } });
      left = without(left, destinationLines[index] ?? '');
      tableIs(...serviceLines, ...left);
    }
    await call('AddDestination', { service: mail, destination: { address: '10.0.1.1', port: 25, weight: 1 } });
    for (const service of [mail, dns, signal, mark, mark6, web6]) await call('DeleteService', service);
    tableIs();
    await stop();
    ipvsadm('-C');
  },

  ...configuredCases,
};
