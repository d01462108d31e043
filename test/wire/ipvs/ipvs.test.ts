import test from 'ava';
import fc from 'fast-check';
import {
  readIpvsDaemon,
  readIpvsDestination,
  readIpvsInfo,
  readIpvsService,
  readIpvsTimeouts,
} from '../../../src/wire/ipvs/read.js';
import {
  type IpvsDestination,
  type IpvsService,
  type IpvsServiceKey,
  ipvsServiceFlag,
  PLAIN_TUNNEL,
} from '../../../src/wire/ipvs/types.js';
import { hostNetmask, type IpvsRequest, writeIpvsRequest } from '../../../src/wire/ipvs/write.js';
import { readFamily } from '../../../src/wire/netlink/generic.js';
import { attributeMap, type NetlinkMessage, readMessages } from '../../../src/wire/netlink/reader.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';
import { fromHex, toHex } from '../../support/fixtures/hex.js';
import { exchanges } from './fixtures/ipvsadm.js';

const address = (host: string, port: number, protocol = 6): IpvsServiceKey => ({
  kind: 'address',
  address: host,
  port,
  protocol,
});
const web = address('10.0.0.100', 80);
const web6 = address('2001:db8::100', 80);
const mark: IpvsServiceKey = { kind: 'fwmark', family: 'ipv4', fwmark: 256 };
const mark6: IpvsServiceKey = { kind: 'fwmark', family: 'ipv6', fwmark: 257 };

const service = (key: IpvsServiceKey, scheduler: string, more: Partial<IpvsService> = {}): IpvsService => ({
  key,
  scheduler,
  flags: 0,
  timeoutS: 0,
  netmask: hostNetmask(key),
  persistenceEngine: null,
  ...more,
});
const destination = (host: string, port: number, more: Partial<IpvsDestination> = {}): IpvsDestination => ({
  address: host,
  port,
  forwarding: 'nat',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: PLAIN_TUNNEL,
  ...more,
});
const tun = (type: 'ipip' | 'gue' | 'gre', port: number, flags: number): Partial<IpvsDestination> => ({
  forwarding: 'tun',
  tunnel: { type, port, flags },
});
const add = (key: IpvsServiceKey, dest: IpvsDestination): IpvsRequest => ({
  kind: 'newDest',
  service: key,
  destination: dest,
});
const { persistent, onePacket, scheduler1, scheduler2 } = ipvsServiceFlag;
const daemonDefaults = { maxLength: null, group: null, port: null, ttl: null };

// What each recorded command line is in our words.
const same: Readonly<Record<string, IpvsRequest>> = {
  '-A -t 10.0.0.100:80 -s wrr': { kind: 'newService', service: service(web, 'wrr') },
  '-A -u 10.0.0.100:53 -s rr -o': {
    kind: 'newService',
    service: service(address('10.0.0.100', 53, 17), 'rr', { flags: onePacket }),
  },
  '-A --sctp-service 10.0.0.100:9999 -s lc': {
    kind: 'newService',
    service: service(address('10.0.0.100', 9999, 132), 'lc'),
  },
  '-A -t 10.0.0.101:443 -s wlc -p 300': {
    kind: 'newService',
    service: service(address('10.0.0.101', 443), 'wlc', { flags: persistent, timeoutS: 300 }),
  },
  '-A -t 10.0.0.102:443 -s sh -b sh-fallback,sh-port': {
    kind: 'newService',
    service: service(address('10.0.0.102', 443), 'sh', { flags: scheduler1 | scheduler2 }),
  },
  '-A -t 10.0.0.103:443 -s mh -b mh-fallback,mh-port -p 60 -M 255.255.255.0': {
    kind: 'newService',
    service: service(address('10.0.0.103', 443), 'mh', {
      flags: persistent | scheduler1 | scheduler2,
      timeoutS: 60,
      netmask: 0xffffff00,
    }),
  },
  '-A -f 256 -s rr': { kind: 'newService', service: service(mark, 'rr') },
  '-A -f 257 -6 -s rr': { kind: 'newService', service: service(mark6, 'rr') },
  '-A -t [2001:db8::100]:80 -s wlc': { kind: 'newService', service: service(web6, 'wlc') },
  '-A -t [2001:db8::101]:80 -s wlc -p 120 -M 64': {
    kind: 'newService',
    service: service(address('2001:db8::101', 80), 'wlc', { flags: persistent, timeoutS: 120, netmask: 64 }),
  },
  '-A -u 10.0.0.104:5060 -s rr -p 60 --pe sip': {
    kind: 'newService',
    service: service(address('10.0.0.104', 5060, 17), 'rr', {
      flags: persistent,
      timeoutS: 60,
      persistenceEngine: 'sip',
    }),
  },
  '-E -t 10.0.0.100:80 -s wlc': { kind: 'setService', service: service(web, 'wlc') },
  '-E -t 10.0.0.101:443 -s wlc': { kind: 'setService', service: service(address('10.0.0.101', 443), 'wlc') },
  '-a -t 10.0.0.100:80 -r 10.0.0.11:8080 -m -w 2': add(web, destination('10.0.0.11', 8080, { weight: 2 })),
  '-a -t 10.0.0.100:80 -r 10.0.0.12:80 -g -w 0': add(
    web,
    destination('10.0.0.12', 80, { forwarding: 'dsr', weight: 0 }),
  ),
  '-a -t 10.0.0.100:80 -r 10.0.0.13:80 -i -w 65535': add(
    web,
    destination('10.0.0.13', 80, { forwarding: 'tun', weight: 65535 }),
  ),
  '-a -t 10.0.0.100:80 -r 10.0.0.14:80 -i --tun-type gue --tun-port 6080 --tun-nocsum': add(
    web,
    destination('10.0.0.14', 80, tun('gue', 6080, 0)),
  ),
  '-a -t 10.0.0.100:80 -r 10.0.0.15:80 -i --tun-type gue --tun-port 6081 --tun-csum': add(
    web,
    destination('10.0.0.15', 80, tun('gue', 6081, 1)),
  ),
  '-a -t 10.0.0.100:80 -r 10.0.0.16:80 -i --tun-type gue --tun-port 6082 --tun-remcsum': add(
    web,
    destination('10.0.0.16', 80, tun('gue', 6082, 2)),
  ),
  '-a -t 10.0.0.100:80 -r 10.0.0.17:80 -i --tun-type gre --tun-csum': add(
    web,
    destination('10.0.0.17', 80, tun('gre', 0, 1)),
  ),
  '-a -t 10.0.0.100:80 -r 10.0.0.18:80 -i --tun-type ipip': add(web, destination('10.0.0.18', 80, tun('ipip', 0, 0))),
  '-a -t 10.0.0.100:80 -r 10.0.0.19:8080 -m -w 3 -x 1000 -y 800': add(
    web,
    destination('10.0.0.19', 8080, { weight: 3, upperThreshold: 1000, lowerThreshold: 800 }),
  ),
  '-a -t 10.0.0.100:80 -r [2001:db8::11]:80 -i -w 4': add(
    web,
    destination('2001:db8::11', 80, { forwarding: 'tun', weight: 4 }),
  ),
  '-a -t [2001:db8::100]:80 -r [2001:db8::12]:8080 -m -w 1': add(web6, destination('2001:db8::12', 8080)),
  '-a -t [2001:db8::100]:80 -r 10.0.0.20:80 -i -w 1': add(web6, destination('10.0.0.20', 80, { forwarding: 'tun' })),
  '-a -f 256 -r 10.0.0.21 -g -w 1': add(mark, destination('10.0.0.21', 0, { forwarding: 'dsr' })),
  '-a -f 257 -6 -r 2001:db8::13 -g -w 1': add(mark6, destination('2001:db8::13', 0, { forwarding: 'dsr' })),
  '-e -t 10.0.0.100:80 -r 10.0.0.11:8080 -m -w 7': {
    kind: 'setDest',
    service: web,
    destination: destination('10.0.0.11', 8080, { weight: 7 }),
  },
  '-d -t 10.0.0.100:80 -r 10.0.0.12:80': {
    kind: 'delDest',
    service: web,
    destination: { address: '10.0.0.12', port: 80 },
  },
  '-D -u 10.0.0.100:53': { kind: 'delService', service: address('10.0.0.100', 53, 17) },
  '-D -f 257 -6': { kind: 'delService', service: mark6 },
  '-Z': { kind: 'zero', service: null },
  '-Z -t 10.0.0.100:80': { kind: 'zero', service: web },
  '-C': { kind: 'flush' },
  '--set 900 120 300': { kind: 'setConfig', timeouts: { tcpS: 900, tcpFinS: 120, udpS: 300 } },
  '-l --timeout': { kind: 'getConfig' },
  '--start-daemon master --mcast-interface dummy0 --syncid 7': {
    kind: 'newDaemon',
    daemon: { state: 'master', interface: 'dummy0', syncId: 7, ...daemonDefaults },
  },
  '--start-daemon backup --mcast-interface dummy0 --syncid 8 --sync-maxlen 1000 --mcast-group 224.0.0.90 --mcast-port 8850 --mcast-ttl 4':
    {
      kind: 'newDaemon',
      daemon: {
        state: 'backup',
        interface: 'dummy0',
        syncId: 8,
        maxLength: 1000,
        group: '224.0.0.90',
        port: 8850,
        ttl: 4,
      },
    },
  '--start-daemon master --mcast-interface dummy0 --mcast-group ff02::90': {
    kind: 'newDaemon',
    daemon: { state: 'master', interface: 'dummy0', syncId: 0, ...daemonDefaults, group: 'ff02::90' },
  },
  '--stop-daemon backup': { kind: 'delDaemon', state: 'backup', interface: '', syncId: 0 },
};

const recorded = (command: string) => exchanges.find((one) => one.command === `ipvsadm ${command}`);
const written = (request: IpvsRequest, family = 28): Uint8Array => {
  const writer = new NetlinkWriter();
  writeIpvsRequest(writer, request, { family, sequence: 1, acknowledge: true });
  return writer.take();
};
const [familyLookup] = recorded('-A -t 10.0.0.100:80 -s wrr')?.calls ?? [];

// ipvsadm sends the whole service to name one, where the kernel reads its identity alone: we send that alone.
const namesAService = ['newDest', 'setDest', 'delDest', 'delService', 'zero'];

const hexOf = (attribute: Uint8Array | undefined): string => (attribute === undefined ? '' : toHex(attribute));
// ipvsadm leaves bytes of an IPv6 address behind an IPv4 one; the kernel reads the first four.
const cleaned = (hex: string): string => hex.replace('0a000014000000000000000000000100', `0a000014${'0'.repeat(24)}`);

for (const [command, request] of Object.entries(same)) {
  test(`writes what ipvsadm ${command} writes`, (t) => {
    // Without netlink's length, sequence and port.
    const theirs = readMessages(fromHex(recorded(command)?.calls.at(-1)?.request ?? '')).items[0];
    const ours = readMessages(written(request)).items[0];
    if (theirs === undefined || ours === undefined) return t.fail('no message');
    t.is(ours.flags, theirs.flags);
    if (!namesAService.includes(request.kind)) return t.is(toHex(ours.payload), toHex(theirs.payload));
    t.is(toHex(ours.payload.subarray(0, 4)), toHex(theirs.payload.subarray(0, 4)));
    const [our, their] = [attributeMap(ours.payload.subarray(4)), attributeMap(theirs.payload.subarray(4))];
    t.deepEqual([...(our?.keys() ?? [])], [...(their?.keys() ?? [])]);
    t.true(hexOf(their?.get(1)).startsWith(hexOf(our?.get(1))));
    const destinations = [hexOf(our?.get(2)), cleaned(hexOf(their?.get(2)))] as const;
    if (request.kind === 'delDest')
      return t.true(destinations[0] !== '' && destinations[1].startsWith(destinations[0]));
    return t.is(...destinations);
  });
}

const dumped = (command: string, call: number): readonly NetlinkMessage[] =>
  (recorded(command)?.calls[call]?.replies ?? []).flatMap((reply) => readMessages(fromHex(reply)).items);

test('finds the family’s number and what it can do in the kernel’s answer', (t) => {
  const [answer] = (familyLookup?.replies ?? []).flatMap((reply) => readMessages(fromHex(reply)).items);
  const family = answer === undefined ? null : readFamily(answer);
  t.like(family, { id: 28, name: 'IPVS', version: 1, maxAttribute: 6 });
  t.true(family?.commands.has(17));
});

test('reads the services that ipvsadm -l lists', (t) => {
  const services = dumped('-l -n', 0).flatMap((message) => readIpvsService(message) ?? []);
  t.is(services.length, 11);
  for (const listed of services) {
    const made = Object.values(same).findLast(
      (request) =>
        'service' in request &&
        request.service !== null &&
        'key' in request.service &&
        JSON.stringify(request.service.key) === JSON.stringify(listed.key),
    );
    t.truthy(made, JSON.stringify(listed.key));
    const { statistics, ...rest } = listed;
    t.deepEqual<unknown, unknown>(
      rest,
      made?.kind === 'setService' || made?.kind === 'newService' ? made.service : null,
    );
    t.is(statistics.connections, 0);
  }
});

test('reads the destinations that ipvsadm -l lists', (t) => {
  const listed = dumped('-l -n', 1).flatMap((message) => readIpvsDestination(message, 'ipv4') ?? []);
  t.deepEqual(
    listed.map(({ address: host, port, forwarding, weight, tunnel, upperThreshold, lowerThreshold }) =>
      [host, port, forwarding, weight, tunnel.type, tunnel.port, tunnel.flags, upperThreshold, lowerThreshold].join(
        ' ',
      ),
    ),
    [
      '2001:db8::11 80 tun 4 ipip 0 0 0 0',
      '10.0.0.19 8080 nat 3 ipip 0 0 1000 800',
      '10.0.0.18 80 tun 1 ipip 0 0 0 0',
      '10.0.0.17 80 tun 1 gre 0 1 0 0',
      '10.0.0.16 80 tun 1 gue 6082 2 0 0',
      '10.0.0.15 80 tun 1 gue 6081 1 0 0',
      '10.0.0.14 80 tun 1 gue 6080 0 0 0',
      '10.0.0.13 80 tun 65535 ipip 0 0 0 0',
      '10.0.0.12 80 dsr 1 ipip 0 0 5 0',
      '10.0.0.11 8080 nat 7 ipip 0 0 0 0',
    ],
  );
});

test('reads daemons, timeouts and the version', (t) => {
  const daemons = dumped('-l --daemon', 0).flatMap((message) => readIpvsDaemon(message) ?? []);
  t.deepEqual(daemons, [
    { state: 'master', interface: 'dummy0', syncId: 7, maxLength: 1472, group: '224.0.0.81', port: 8848, ttl: 1 },
    { state: 'backup', interface: 'dummy0', syncId: 8, maxLength: 1024, group: '224.0.0.90', port: 8850, ttl: 4 },
  ]);
  const [timeouts] = dumped('-l --timeout', 0);
  t.deepEqual(timeouts && readIpvsTimeouts(timeouts), { tcpS: 900, tcpFinS: 120, udpS: 300 });
  const [info] = dumped('-A -t 10.0.0.100:80 -s wrr', 2);
  t.deepEqual(info && readIpvsInfo(info), { version: '1.2.1', connectionTableSize: 4096 });
});

test('64-bit counters win over 32-bit ones, and an old kernel’s 32-bit ones count', (t) => {
  const message = (statistics: string): NetlinkMessage => ({
    type: 28,
    flags: 0,
    sequence: 1,
    portId: 0,
    payload: fromHex(`01010000 ${statistics}`),
  });
  const key = '0600 0100 0200 0000  0800 0500 00010000';
  const old = '1800 0a00  0800 0100 05000000  0c00 0400 0000000001000000';
  const wide = '1000 0c00  0c00 0100 ffffffff ffff1f00';
  t.is(readIpvsService(message(`2c00 0100 ${key} ${old}`))?.statistics.connections, 5);
  t.is(readIpvsService(message(`2c00 0100 ${key} ${old}`))?.statistics.bytesIn, 2 ** 32);
  t.is(readIpvsService(message(`3c00 0100 ${key} ${old} ${wide}`))?.statistics.connections, Number.MAX_SAFE_INTEGER);
});

test('a destination without a family of its own has its service’s', (t) => {
  const payload = fromHex('05010000 2000 0200  1400 0100 0a000001000000000000000000000000  0600 0200 1f90 0000');
  const message: NetlinkMessage = { type: 28, flags: 0, sequence: 1, portId: 0, payload };
  t.like(readIpvsDestination(message, 'ipv4'), { address: '10.0.0.1', port: 8080, weight: 0 });
  t.like(readIpvsDestination(message, 'ipv6'), { address: 'a00:1::', port: 8080 });
});

test('an address that is none is refused before anything is written', (t) => {
  t.throws(() => written({ kind: 'delService', service: address('web', 80) }), { message: 'web is no IP address' });
});

test('random and damaged replies are read without a throw', (t) => {
  const replies = exchanges.flatMap(({ calls }) => calls.flatMap((call) => call.replies.map(fromHex)));
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });
  const damaged = fc.tuple(fc.constantFrom(...replies), damage, fc.nat()).map(([reply, edits, cut]) => {
    const copy = Uint8Array.from(reply.subarray(0, cut % 3 === 0 ? cut % reply.byteLength : reply.byteLength));
    for (const [at, value] of edits) if (copy.byteLength > 0) copy[at % copy.byteLength] = value;
    return copy;
  });
  const wild = fc.uint8Array({ maxLength: 120 }).map((bytes) => {
    const head = fromHex('00000000 1c00 0000 00000000 00000000 01010000 00000180');
    const all = new Uint8Array([...head, ...bytes]);
    new DataView(all.buffer).setUint32(0, all.byteLength, true);
    new DataView(all.buffer).setUint16(20, all.byteLength - 20, true);
    return all;
  });
  fc.assert(
    fc.property(fc.oneof(damaged, wild), (bytes) => {
      for (const message of readMessages(bytes).items) {
        readFamily(message);
        const read = readIpvsService(message);
        t.true(read === null || read.key.kind === 'fwmark' || read.key.address.length > 0);
        readIpvsDestination(message, 'ipv6');
        readIpvsDaemon(message);
        readIpvsTimeouts(message);
        readIpvsInfo(message);
      }
    }),
    { seed: 5, numRuns: 5000 },
  );
});
