/** The IPVS driver against a real kernel, with ipvsadm as the independent reader and writer. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { diff } from '../../../src/actors/dataplane/reconcile/diff.js';
import type { Driver } from '../../../src/dataplane/driver.js';
import { openIpvs, probeIpvs } from '../../../src/dataplane/drivers/ipvs/driver.js';
import type { Change } from '../../../src/model/dataplane/change.js';
import type { DesiredService } from '../../../src/model/dataplane/desired-service.js';
import { destinationKey, entryOf, PROBE_PREFIX, serviceKey, type Table } from '../../../src/model/dataplane/table.js';
import { MissingPrivilegeError } from '../../../src/model/errors.js';
import { ns } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { byAddress, byMark, desired, dest, tableOf } from '../../support/fixtures/table.js';
import { expectedLines, ipvsadm, restore, savedLines } from '../../support/peers/ipvsadm.js';
import { driverContext, type RecordedContext } from '../../support/rigs/driver-context.js';
import type { GuestCases } from '../../support/rigs/guest.js';

const everyKind: readonly DesiredService[] = [
  desired('web', byAddress('10.0.0.100', 80), [
    dest('10.0.0.11', 8080, { weight: 2 }),
    dest('10.0.0.12', 80, { forwarding: 'dsr', weight: 0 }),
    dest('10.0.0.13', 80, { forwarding: 'tun', weight: 65_535 }),
    dest('10.0.0.14', 80, { forwarding: 'tun', tunnel: { type: 'gue', port: 6080 } }),
    dest('10.0.0.15', 80, { forwarding: 'tun', tunnel: { type: 'gre', port: 0 } }),
    dest('10.0.0.16', 80, { forwarding: 'tun', tunnel: { type: 'ipip', port: 0 }, maxConnections: 1000 }),
    dest('2001:db8::11', 80, { forwarding: 'tun' }),
  ]),
  desired('dns', byAddress('10.0.0.100', 53, 'udp'), [dest('10.0.0.11', 53)], { scheduler: 'rr', onePacket: true }),
  desired('signal', byAddress('10.0.0.100', 9999, 'sctp'), [], { scheduler: 'lc' }),
  desired('sticky', byAddress('10.0.0.101', 443), [dest('10.0.0.11', 443)], { persistenceNs: ns(300e9) }),
  desired('by-net', byAddress('10.0.0.105', 443), [dest('10.0.0.11', 443)], {
    persistenceNs: ns(60e9),
    persistenceNetmask: 0xffffff00,
  }),
  desired('by-net6', byAddress('2001:db8::105', 443), [dest('2001:db8::11', 443)], {
    persistenceNs: ns(60e9),
    persistenceNetmask: 64,
  }),
  desired('hashed', byAddress('10.0.0.102', 443), [dest('10.0.0.11', 443)], {
    scheduler: 'mh',
    schedulerFlags: ['mh-port', 'mh-fallback'],
  }),
  desired('sh', byAddress('10.0.0.103', 443), [], { scheduler: 'sh', schedulerFlags: ['sh-port'] }),
  desired('web6', byAddress('2001:DB8:0:0::100', 80), [
    dest('2001:db8::12', 8080),
    dest('10.0.0.20', 80, { forwarding: 'tun' }),
  ]),
  desired('mark', byMark(256), [dest('10.0.0.21', 80, { forwarding: 'dsr' })], { scheduler: 'rr' }),
  desired('mark6', byMark(257, 'ipv6'), [dest('2001:db8::13', 80, { forwarding: 'dsr' })], { scheduler: 'rr' }),
  desired(`${PROBE_PREFIX}65536`, byMark(65_536), [dest('10.0.0.22', 80, { forwarding: 'tun' })], { scheduler: 'rr' }),
];

async function withDriver(
  body: (driver: Driver, context: RecordedContext) => Promise<void>,
  now = monotonicNow,
): Promise<void> {
  ipvsadm('-C');
  const context = driverContext({ now });
  const driver = await openIpvs(context);
  try {
    await body(driver, context);
  } finally {
    await driver.close('keep');
    ipvsadm('-C');
  }
}

/** As the driver will hold it. */
const accepted = (driver: Driver, services: readonly DesiredService[]): Table =>
  new Map(
    services.map((service) => {
      const answer = driver.accept(entryOf(service));
      assert.equal(answer.kind, 'accepted', answer.kind === 'refused' ? answer.reason : '');
      return answer.kind === 'accepted' ? [answer.entry.service.key, answer.entry] : assert.fail();
    }),
  );

const whole = { only: null, mayRemove: () => true, maxRemovals: null };
/** Writes what it takes to get from the kernel's table to this one. */
async function bring(driver: Driver, table: Table): Promise<readonly Change[]> {
  const { changes } = diff(await driver.read(), table, whole);
  const results = await driver.apply(changes);
  for (const result of results) assert.equal(result.ok, true, result.ok ? '' : result.message);
  return changes;
}

export const cases: GuestCases = {
  'ipvsadm sees every kind of service and backend as it was written': () =>
    withDriver(async (driver) => {
      const table = accepted(driver, everyKind);
      await bring(driver, table);
      assert.deepEqual(savedLines(), expectedLines(table));
      assert.match(ipvsadm('-L -n --thresholds'), /10\.0\.0\.16:80 +1000 +0 /);
    }),

  'what was written is read back without a difference, so that a reconcile writes nothing': () =>
    withDriver(async (driver) => {
      const table = accepted(driver, everyKind);
      await bring(driver, table);
      assert.deepEqual(await bring(driver, table), []);
    }),

  'what ipvsadm wrote is read as it is, with what is not for us to set': () =>
    withDriver(async (driver) => {
      const lines = expectedLines(accepted(driver, everyKind)).toSorted((a, b) => (a < b ? -1 : 1));
      restore(lines);
      const table = accepted(driver, everyKind);
      // ipvsadm saves no thresholds.
      assert.deepEqual(
        (await bring(driver, table)).map((change) => change.kind),
        ['set-destination'],
      );
      ipvsadm('-E -t 10.0.0.101:443 -s wrr -p 300 -M 255.255.255.0');
      ipvsadm('-A -u 10.0.0.104:5060 -s rr -p 60 --pe sip');
      ipvsadm('-e -t 10.0.0.100:80 -r 10.0.0.15:80 -i --tun-type gre --tun-csum');
      ipvsadm('-e -t 10.0.0.100:80 -r 10.0.0.11:8080 -m -w 2 -x 20 -y 10');
      const found = await driver.read();
      const extras = [...found.values()].flatMap(({ service, destinations }) => [
        service.extra,
        ...Array.from(destinations.values(), ({ extra }) => extra),
      ]);
      assert.deepEqual(extras.filter((extra) => extra !== undefined).toSorted(), [
        'lower threshold 10',
        'persistence engine sip',
        'tunnel flags 1',
      ]);
      const grouped = found.get(serviceKey(byAddress('10.0.0.101', 443)))?.service;
      assert.equal(grouped?.persistenceNetmask, 0xffffff00);
      await bring(driver, table);
      assert.deepEqual(savedLines(), expectedLines(table));
    }),

  'weights, limits and ways of forwarding change in place, and counters stay': () =>
    withDriver(async (driver) => {
      const before = accepted(driver, [desired('web', byAddress('127.0.0.1', 80), [dest('127.0.0.1', 8080)])]);
      await bring(driver, before);
      // Nobody listens: the connection is refused, but was scheduled.
      assert.throws(() => execFileSync('curl', ['-s', 'http://127.0.0.1/'], { stdio: 'ignore' }));
      const key = [...before.keys()];
      const counted = async (port: number) =>
        (await driver.counts(key)).get(key[0] ?? assert.fail())?.get(destinationKey('127.0.0.1', port))?.connections;
      // The kernel adds its counters up every 2 s.
      for (const start = Date.now(); (await counted(8080)) !== 1 && Date.now() - start < 10_000; ) await sleep(100);
      assert.equal(await counted(8080), 1);
      const changed = { weight: 7, maxConnections: 9 };
      const after = accepted(driver, [desired('web', byAddress('127.0.0.1', 80), [dest('127.0.0.1', 8080, changed)])]);
      assert.deepEqual(
        (await bring(driver, after)).map((change) => change.kind),
        ['set-destination'],
      );
      assert.equal(await counted(8080), 1);
      const same = byAddress('127.0.0.1', 80);
      await bring(driver, accepted(driver, [desired('web', same, [dest('127.0.0.1', 80)])]));
      const replaced = accepted(driver, [desired('web', same, [dest('127.0.0.1', 80, { forwarding: 'dsr' })])]);
      assert.deepEqual(
        (await bring(driver, replaced)).map((change) => change.kind),
        ['replace-destination'],
      );
      assert.deepEqual(savedLines(), expectedLines(replaced));
    }),

  'a scheduler that the kernel has not is named with its module, and the rest of the table is served': () =>
    withDriver(async (driver) => {
      const services = [
        desired('odd', byAddress('10.0.0.1', 80), [dest('10.0.0.11', 80)], { scheduler: 'nosuch' }),
        desired('good', byAddress('10.0.0.2', 80), [dest('10.0.0.11', 80)]),
      ];
      const { changes } = diff(await driver.read(), accepted(driver, services), whole);
      const [odd, oddBackend, ...good] = await driver.apply(changes);
      assert.equal(odd?.ok === false ? odd.code : '', 'ERR_NO_SCHEDULER');
      assert.match(
        odd?.ok === false ? odd.message : '',
        /service odd .*no scheduler "nosuch": run `modprobe ip_vs_nosuch`/,
      );
      assert.equal(oddBackend?.ok === false ? oddBackend.code : '', 'ENOENT');
      assert.deepEqual(
        good.map((result) => result.ok),
        [true, true],
      );
      assert.deepEqual(savedLines(), expectedLines(accepted(driver, services.slice(1))));
    }),

  'writes that another program was faster with are told apart and noticed once': () =>
    withDriver(
      async (driver, context) => {
        const table = accepted(driver, [desired('web', byAddress('10.0.0.1', 80), [dest('10.0.0.11', 80)])]);
        const { changes } = diff(new Map(), table, whole);
        ipvsadm('-A -t 10.0.0.1:80 -s wrr');
        ipvsadm('-a -t 10.0.0.1:80 -r 10.0.0.11:80 -m');
        const codes = (await driver.apply(changes)).map((result) => (result.ok ? 'ok' : result.code));
        assert.deepEqual(codes, ['EEXIST', 'EEXIST']);
        ipvsadm('-d -t 10.0.0.1:80 -r 10.0.0.11:80');
        const [entry] = table.values();
        const [destination] = entry?.destinations.values() ?? [];
        if (entry === undefined || destination === undefined) return assert.fail();
        const { service } = entry;
        const set: Change = { kind: 'set-destination', service, destination, was: destination };
        const missing = await driver.apply([set, { kind: 'remove-destination', service, destination }]);
        assert.deepEqual(
          missing.map((result) => (result.ok ? 'ok' : result.code)),
          ['ENOENT', 'ENOENT'],
        );
        ipvsadm('-C');
        const [gone] = await driver.apply([{ kind: 'remove-service', service }]);
        assert.equal(gone?.ok === false ? gone.code : '', 'ENOENT');
        assert.match(gone?.ok === false ? gone.message : '', /another program removed the service/);
        assert.deepEqual(context.changes, ['another program writes to the IPVS table']);
        // Once in a second, and here no time goes by.
      },
      () => ns(1e9),
    ),

  'a table of 500 services is written in batches and read back whole': () =>
    withDriver(async (driver) => {
      const services = Array.from({ length: 500 }, (_, index) =>
        desired(`s${index}`, byAddress(`10.1.${index >> 8}.${index & 255}`, 80), [
          dest('10.0.0.11', 80),
          dest('10.0.0.12', 80),
          dest('10.0.0.13', 80),
        ]),
      );
      const table = accepted(driver, services);
      assert.equal((await bring(driver, table)).length, 2000);
      assert.deepEqual(await bring(driver, table), []);
      assert.equal(savedLines().length, 2000);
      await bring(driver, new Map());
      assert.deepEqual(savedLines(), []);
    }),

  'a table that is read while others of its services go, by our hand or another program’s, is read whole': () =>
    withDriver(async (driver) => {
      // Many enough that a read lets our own writes in between.
      const services = Array.from({ length: 2500 }, (_, index) =>
        desired(`s${index}`, byAddress(`10.1.${index >> 8}.${index & 255}`, 80), []),
      );
      const table = accepted(driver, services);
      await bring(driver, table);
      const all = [...table.values()].map(({ service }) => service);
      const [ours, theirs, stay] = [all.slice(0, 500), all.slice(500, 1000), all.slice(1000)];
      const missed = (found: Table) => stay.filter(({ key }) => !found.has(key)).map(({ key }) => key);
      for (let from = 0; from < ours.length; from += 100) {
        const read = driver.read();
        await driver.apply(ours.slice(from, from + 100).map((service) => ({ kind: 'remove-service', service })));
        assert.deepEqual(missed(await read), []);
      }
      const other = spawn('ipvsadm', ['-R'], { stdio: ['pipe', 'ignore', 'inherit'] });
      const gone = once(other, 'exit');
      other.stdin.end(
        theirs.map(({ match }) => (match.kind === 'address' ? `-D -t ${match.address}:80\n` : '')).join(''),
      );
      while (other.exitCode === null) assert.deepEqual(missed(await driver.read()), []);
      await gone;
      assert.equal((await driver.read()).size, stay.length);
    }),

  'without CAP_NET_ADMIN the capability is named': async () => {
    const script = fileURLToPath(new URL('../../support/programs/probe-ipvs.js', import.meta.url));
    const answer = execFileSync('setpriv', ['--bounding-set=-net_admin', process.execPath, script], {
      encoding: 'utf8',
    });
    assert.match(answer, /"ok":false/);
    assert.match(
      answer,
      /IPVS needs CAP_NET_ADMIN: run as root, or give the service AmbientCapabilities=CAP_NET_ADMIN/,
    );
  },

  'without the ip_vs module the module is named, and it is loaded where it can be': async () => {
    const modules = execFileSync('sh', ['-c', "lsmod | cut -d' ' -f1 | grep ^ip_vs_"], { encoding: 'utf8' });
    execFileSync('modprobe', ['-r', ...modules.trim().split('\n')]);
    execFileSync('modprobe', ['-r', 'ip_vs']);
    execFileSync('mount', ['-t', 'tmpfs', 'none', '/lib/modules']);
    try {
      await assert.rejects(openIpvs(driverContext()), (error) => {
        assert(error instanceof MissingPrivilegeError);
        assert.equal(error.missing, 'ip_vs');
        assert.match(error.message, /this kernel has no IPVS \(.*\): run `modprobe ip_vs` on the host/);
        return true;
      });
    } finally {
      execFileSync('umount', ['/lib/modules']);
    }
    assert.deepEqual(await probeIpvs(), { ok: true, why: 'IPVS 1.2.1 in the kernel' });
    writeFileSync('/proc/sys/kernel/modprobe', '/bin/false');
    try {
      const driver = await openIpvs(driverContext());
      const table = tableOf(desired('web', byAddress('10.0.0.1', 80), [], { scheduler: 'sed' }));
      const [result] = await driver.apply(diff(new Map(), table, whole).changes);
      assert.match(result?.ok === false ? result.message : '', /run `modprobe ip_vs_sed`/);
      await driver.close('keep');
    } finally {
      writeFileSync('/proc/sys/kernel/modprobe', '/sbin/modprobe');
    }
  },
};
