/** The writer over the IPVS driver and a real kernel: ipvsadm's view is the configuration's after every step. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backendTraffic } from '../../../src/actors/dataplane/backend-traffic.js';
import { watchDrains } from '../../../src/actors/dataplane/drain.js';
import type { ReconcilerSettings } from '../../../src/actors/dataplane/reconcile/context.js';
import { diff } from '../../../src/actors/dataplane/reconcile/diff.js';
import { openOwnership } from '../../../src/actors/dataplane/reconcile/ownership.js';
import { Reconciler } from '../../../src/actors/dataplane/reconcile/reconciler.js';
import { loopTimers } from '../../../src/actors/dataplane/timers.js';
import { viewTable } from '../../../src/actors/dataplane/view.js';
import { TableWriter } from '../../../src/actors/engine/table-writer.js';
import { openIpvs } from '../../../src/dataplane/drivers/ipvs/driver.js';
import type { DesiredService } from '../../../src/model/dataplane/desired-service.js';
import { ns } from '../../../src/model/units.js';
import { isServiceNews } from '../../../src/wire/links/tables.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { configWith } from '../../support/fixtures/config.js';
import { randomEdits } from '../../support/fixtures/random-edits.js';
import { byAddress, byMark, desired, dest, tableOf } from '../../support/fixtures/table.js';
import { expectedLines, ipvsadm, savedLines } from '../../support/peers/ipvsadm.js';
import { driverContext } from '../../support/rigs/driver-context.js';
import type { GuestCases } from '../../support/rigs/guest.js';

const settings: ReconcilerSettings = { manage: 'own', maxRemovals: null, reconcileIntervalNs: ns(3600e9) };

/** A writer with a state directory that outlives it. `look` reads the table as a reconcile would. */
async function startWriter(directory: string, more: Partial<ReconcilerSettings> = {}) {
  const context = driverContext({ changed: (why) => writer.changed(why) });
  const driver = await openIpvs(context);
  const ownership = await openOwnership(join(directory, 'dataplane-ipvs.json'), silentLog);
  const reconciles: (() => void)[] = [];
  const after: typeof loopTimers = (delayNs, then) => {
    if (delayNs !== settings.reconcileIntervalNs) return loopTimers(delayNs, then);
    reconciles.splice(0, reconciles.length, then);
    return () => undefined;
  };
  const writer: Reconciler = new Reconciler({ ...context, after }, driver, ownership, { ...settings, ...more });
  // As the engine tells it.
  const table = new TableWriter({
    out: { next: (message) => isServiceNews(message) && writer.touch(writer.desired.hear(message), 1) },
    backlog: () => 0,
  });
  const tell = (name: string, service: DesiredService | null) =>
    service === null ? table.remove(name) : table.tell(service);
  /** Ends when all that was told has been written. */
  const written = async () => {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (writer.idle) return;
    }
  };
  const reconcile = async () => {
    reconciles[0]?.();
    await written();
  };
  return { ...context, driver, writer, tell, written, reconcile };
}
type Running = Awaited<ReturnType<typeof startWriter>>;

async function withState(body: (directory: string) => Promise<void>): Promise<void> {
  ipvsadm('-C');
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-state-'));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
    ipvsadm('-C');
  }
}

const assertSame = (running: Running, extra: readonly string[] = []): void =>
  assert.deepEqual(savedLines(), [...expectedLines(running.writer.desired.entries), ...extra].toSorted());

const web = (...backends: DesiredService['destinations']) => desired('web', byAddress('10.0.0.1', 80), backends);
const drifts = ({ events }: Running): readonly string[] =>
  events.flatMap((event) => (event.type === 'drift' ? [event.op] : []));

export const cases: GuestCases = {
  'ipvsadm’s view is the configuration’s through 1,000 random edits, with another program’s among them': () =>
    withState(async (directory) => {
      const running = await startWriter(directory);
      running.writer.complete();
      const edits = randomEdits(20_240_605);
      const told = new Map<string, DesiredService>();
      for (let step = 1; step <= 1000; step += 1) {
        const edit = edits.next();
        running.tell(edit.name, edit.service);
        if (edit.service === null) told.delete(edit.name);
        else told.set(edit.name, edit.service);
        // Some edits come together, some one by one.
        if (step % 3 !== 0) await running.written();
        if (step % 100 === 50) {
          await running.written();
          edits.vandalise(savedLines()).forEach(ipvsadm);
          await running.reconcile();
        }
        if (step % 20 === 0) {
          await running.written();
          assertSame(running);
          assert.deepEqual(new Map(running.writer.desired.services.map((service) => [service.name, service])), told);
        }
      }
      assert.equal(drifts(running).length >= 10, true);
      await running.writer.stop('flush');
      assert.deepEqual(savedLines(), []);
    }),

  'what someone changed, added or removed is repaired, counted and told': () =>
    withState(async (directory) => {
      const running = await startWriter(directory);
      running.tell('web', web(dest('10.0.0.11', 80, { weight: 5 }), dest('10.0.0.12', 80)));
      running.writer.complete();
      await running.written();
      ipvsadm('-e -t 10.0.0.1:80 -r 10.0.0.11:80 -m -w 9');
      ipvsadm('-d -t 10.0.0.1:80 -r 10.0.0.12:80');
      ipvsadm('-a -t 10.0.0.1:80 -r 10.0.0.13:80 -m');
      ipvsadm('-E -t 10.0.0.1:80 -s rr');
      await running.reconcile();
      assertSame(running);
      assert.deepEqual(drifts(running).toSorted(), [
        'add-destination',
        'remove-destination',
        'set-destination',
        'set-service',
      ]);
      const counted = running.meter.take().find((sample) => sample.name === 'fulcrum_ipvs_drift_total');
      assert.equal(counted?.type === 'counter' ? counted.value : 0, 4);
      ipvsadm('-C');
      await running.reconcile();
      assertSame(running);
      await running.writer.stop('keep');
    }),

  'with manage own another program’s services are never touched, and ours are known again after a restart': () =>
    withState(async (directory) => {
      ipvsadm('-A -t 10.9.9.9:80 -s rr');
      ipvsadm('-a -t 10.9.9.9:80 -r 10.9.9.10:80 -m -w 3');
      const theirs = savedLines();
      const first = await startWriter(directory);
      first.tell('web', web(dest('10.0.0.11', 80)));
      first.tell('old', desired('old', byAddress('10.0.0.2', 80), [dest('10.0.0.11', 80)]));
      first.writer.complete();
      await first.written();
      assertSame(first, theirs);
      await first.writer.stop('keep');
      assertSame(first, theirs);
      // Another life: `old` is not configured any more.
      const second = await startWriter(directory);
      second.tell('web', web(dest('10.0.0.11', 80)));
      await second.written();
      assert.equal(savedLines().length, theirs.length + 4, 'nothing is removed before everything has been told');
      second.writer.complete();
      await second.written();
      assertSame(second, theirs);
      ipvsadm('-e -t 10.9.9.9:80 -r 10.9.9.10:80 -m -w 4');
      await second.reconcile();
      assert.deepEqual(drifts(second), []);
      await second.writer.stop('flush');
      assert.deepEqual(savedLines(), ['-A -t 10.9.9.9:80 -s rr', '-a -t 10.9.9.9:80 -r 10.9.9.10:80 -m -w 4']);
    }),

  'with manage all the whole table is ours': () =>
    withState(async (directory) => {
      ipvsadm('-A -t 10.9.9.9:80 -s rr');
      const running = await startWriter(directory, { manage: 'all' });
      running.tell('web', web(dest('10.0.0.11', 80)));
      running.writer.complete();
      await running.written();
      assertSame(running);
      ipvsadm('-A -t 10.9.9.8:80 -s rr');
      await running.reconcile();
      assertSame(running);
      assert.deepEqual(drifts(running), ['remove-service']);
      await running.writer.stop('flush');
    }),

  'no more than the limit of services goes in one round, and the others later': () =>
    withState(async (directory) => {
      const running = await startWriter(directory, { maxRemovals: 10 });
      const names = Array.from({ length: 25 }, (_, index) => `s${index}`);
      for (const [index, name] of names.entries()) {
        running.tell(name, desired(name, byAddress('10.0.0.1', 1000 + index)));
      }
      running.writer.complete();
      await running.written();
      for (const name of names) running.tell(name, null);
      await running.written();
      assert.equal(savedLines().length, 15);
      for (const start = Date.now(); savedLines().length > 0 && Date.now() - start < 20_000; ) await sleep(100);
      assert.deepEqual(savedLines(), []);
      await running.writer.stop('flush');
    }),

  'a concurrent writer’s removal is found at once, without waiting for a reconcile': () =>
    withState(async (directory) => {
      const running = await startWriter(directory);
      running.tell('web', web(dest('10.0.0.11', 80), dest('10.0.0.12', 80)));
      running.writer.complete();
      await running.written();
      ipvsadm('-C');
      running.tell('web', web(dest('10.0.0.11', 80, { weight: 0 }), dest('10.0.0.12', 80)));
      await running.written();
      assertSame(running);
      await running.writer.stop('flush');
    }),

  'a program that writes without pause hinders nothing; when it ends the table is ours': () =>
    withState(async (directory) => {
      const running = await startWriter(directory);
      running.tell('web', web(dest('10.0.0.11', 80), dest('10.0.0.12', 80)));
      running.writer.complete();
      await running.written();
      const storm = spawn('sh', [
        '-c',
        'while :; do ipvsadm -d -t 10.0.0.1:80 -r 10.0.0.11:80; ipvsadm -C; ipvsadm -A -t 10.0.0.1:80 -s rr; ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.13:80 -m; done 2>/dev/null',
      ]);
      // Later than the shell's end: that of the command which it had begun.
      const ended = once(storm, 'close');
      storm.stdout.resume();
      for (let weight = 1; weight <= 150; weight += 1) {
        const gue = dest('10.0.0.14', 80, { forwarding: 'tun', weight, tunnel: { type: 'gue', port: 6080 } });
        running.tell('web', web(dest('10.0.0.11', 80, { weight }), dest('10.0.0.12', 80), gue));
        // The storm has its turns between any two.
        await sleep(20);
      }
      storm.kill('SIGKILL');
      await ended;
      // What the last command of the storm did is found by this look.
      await running.reconcile();
      for (const start = Date.now(); Date.now() - start < 20_000; await sleep(100)) {
        if (savedLines().join() === [...expectedLines(running.writer.desired.entries)].toSorted().join()) break;
      }
      assertSame(running);
      assert.ok(drifts(running).length > 0);
      await running.writer.stop('flush');
      assert.deepEqual(savedLines(), []);
    }),

  'a service that moves, and a backend that moves, are there before the old ones go': () =>
    withState(async (directory) => {
      const running = await startWriter(directory);
      running.tell('web', web(dest('10.0.0.11', 80)));
      running.writer.complete();
      await running.written();
      const seen: string[] = [];
      const { driver } = running;
      const apply = driver.apply.bind(driver);
      driver.apply = (changes) => {
        seen.push(...changes.map((change) => change.kind));
        return apply(changes);
      };
      running.tell('web', desired('web', byAddress('10.0.0.2', 80), [dest('10.0.0.11', 80)]));
      await running.written();
      assert.deepEqual(seen.splice(0), ['add-service', 'add-destination', 'remove-service']);
      running.tell('web', desired('web', byAddress('10.0.0.2', 80), [dest('10.0.0.11', 81)]));
      await running.written();
      assert.deepEqual(seen.splice(0), ['add-destination', 'remove-destination']);
      running.tell('web', desired('web', byMark(300), [dest('10.0.0.11', 81)]));
      await running.written();
      assert.deepEqual(seen.splice(0), ['add-service', 'add-destination', 'remove-service']);
      assertSame(running);
      await running.writer.stop('flush');
    }),

  'connections of a draining backend are counted until it is empty': () =>
    withState(async (directory) => {
      const server = createServer((socket) => socket.on('error', () => undefined));
      await new Promise<void>((resolve) => server.listen(8080, '127.0.0.1', resolve));
      const running = await startWriter(directory);
      const match = byAddress('127.0.0.1', 8000);
      running.tell('web', desired('web', match, [dest('127.0.0.1', 8080)]));
      running.writer.complete();
      await running.written();
      const client = connect(8000, '127.0.0.1');
      await new Promise((resolve) => client.once('connect', resolve));
      running.tell('web', desired('web', match, [dest('127.0.0.1', 8080, { weight: 0, draining: true })]));
      await running.written();
      const counts: number[] = [];
      const drains = watchDrains(running.writer, running.driver, { after: loopTimers, log: silentLog }, (_, active) =>
        counts.push(active),
      );
      drains.look();
      for (const start = Date.now(); counts.length === 0 && Date.now() - start < 10_000; ) await sleep(50);
      assert.deepEqual(counts[0], 1);
      const [seen] = (await viewTable(running.driver, 'test', running.writer.desired.entries)).services;
      assert.equal(seen?.name, 'web');
      assert.equal(seen?.destinations[0]?.backend, '127.0.0.1');
      assert.equal(seen?.destinations[0]?.active_connections, 1);
      client.destroy();
      for (const start = Date.now(); counts.at(-1) !== 0 && Date.now() - start < 10_000; ) await sleep(50);
      assert.equal(counts.at(-1), 0);
      drains.stop();
      server.close();
      await running.writer.stop('flush');
    }),

  'a UDP session, which the kernel calls inactive, holds a drain back; what flows has the names of the configuration':
    () =>
      withState(async (directory) => {
        const server = createSocket('udp4');
        await new Promise<void>((resolve) => server.bind(8080, '127.0.0.1', resolve));
        const running = await startWriter(directory);
        const match = byAddress('127.0.0.1', 8000, 'udp');
        running.tell('dns', desired('dns', match, [dest('127.0.0.1', 8080, { backend: 'd1' })]));
        running.writer.complete();
        await running.written();
        const client = createSocket('udp4');
        const arrived = new Promise((resolve) => server.once('message', resolve));
        client.send('four', 8000, '127.0.0.1');
        await arrived;
        running.tell(
          'dns',
          desired('dns', match, [dest('127.0.0.1', 8080, { backend: 'd1', weight: 0, draining: true })]),
        );
        await running.written();
        const counts: number[] = [];
        const drains = watchDrains(running.writer, running.driver, { after: loopTimers, log: silentLog }, (_, left) =>
          counts.push(left),
        );
        drains.look();
        for (const start = Date.now(); counts.length === 0 && Date.now() - start < 10_000; ) await sleep(50);
        assert.deepEqual(counts[0], 1);
        for await (const traffic of backendTraffic(['dns'], running.writer.desired.entries, (keys) =>
          running.driver.counts(keys),
        )) {
          // The kernel adds its other counters up later.
          assert.deepEqual(
            traffic.map(({ service, backend, active, inactive }) => ({ service, backend, active, inactive })),
            [{ service: 'dns', backend: 'd1', active: 0, inactive: 1 }],
          );
        }
        drains.stop();
        client.close();
        server.close();
        await running.writer.stop('flush');
      }),

  'the synchronisation daemon follows the VRRP state, is started again, and ends with its configuration': () =>
    withState(async () => {
      for (const words of [
        'link add dummy0 type dummy',
        'link set dummy0 up multicast on',
        'addr add 10.0.0.9/24 dev dummy0',
      ])
        execFileSync('ip', words.split(' '));
      const sync = { instance: 'vi1', interface: 'dummy0', syncId: 7, group: null, port: null, ttl: null };
      const plain = configWith();
      const context = driverContext({ config: { ...plain, dataplane: { ...plain.dataplane, sync } } });
      const driver = await openIpvs(context);
      const daemons = () => ipvsadm('-L --daemon').trim().replaceAll(/\s+/g, ' ');
      await driver.vrrpChanged(new Map([['vi1', 'backup']]));
      assert.match(daemons(), /^backup sync daemon \(mcast=dummy0, syncid=7,/);
      await driver.vrrpChanged(new Map([['vi1', 'master']]));
      assert.match(daemons(), /^master sync daemon \(mcast=dummy0, syncid=7,/);
      assert.equal(readFileSync('/proc/net/ip_vs', 'utf8').length > 0, true);
      ipvsadm('--stop-daemon master');
      await driver.read();
      await driver.vrrpChanged(new Map([['vi1', 'master']]));
      assert.match(daemons(), /^master sync daemon/);
      assert.deepEqual(
        context.events.filter((event) => event.type === 'drift').map((event) => event.op),
        ['sync-daemon'],
      );
      const mixed = tableOf(
        desired('mixed', byAddress('10.0.0.1', 80), [dest('2001:db8::1', 80, { forwarding: 'tun' })]),
      );
      const { changes } = diff(new Map(), mixed, { only: null, mayRemove: () => true, maxRemovals: null });
      const results = await driver.apply(changes);
      assert.match(results[1]?.ok === false ? results[1].message : '', /only while no synchronisation daemon runs/);
      await driver.close('flush');
      ipvsadm('-C');
      assert.equal(daemons(), '');
      execFileSync('ip', ['link', 'del', 'dummy0']);
    }),
};
