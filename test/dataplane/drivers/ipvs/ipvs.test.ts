import test from 'ava';
import fc from 'fast-check';
import { diff } from '../../../../src/actors/dataplane/reconcile/diff.js';
import type { Driver } from '../../../../src/dataplane/driver.js';
import { openIpvs, probeIpvs } from '../../../../src/dataplane/drivers/ipvs/driver.js';
import type { IpvsKernelDeps } from '../../../../src/dataplane/drivers/ipvs/kernel.js';
import type { DesiredService } from '../../../../src/model/dataplane/desired-service.js';
import { entryOf } from '../../../../src/model/dataplane/table.js';
import { MissingPrivilegeError } from '../../../../src/model/errors.js';
import { ns } from '../../../../src/model/units.js';
import { monotonicNow } from '../../../../src/os/clock/clock.js';
import { NetlinkError } from '../../../../src/os/netlink/netlink.js';
import type { Received } from '../../../../src/os/netlink/socket.js';
import { byAddress, byMark, desired, dest, tableOf } from '../../../support/fixtures/table.js';
import { driverContext } from '../../../support/rigs/driver-context.js';
import { FakeIpvsKernel, type FakeKernelOptions } from '../../../support/rigs/fake-ipvs-kernel.js';

const whole = { only: null, mayRemove: () => true, maxRemovals: null };
const depsOf = (kernel: FakeIpvsKernel): IpvsKernelDeps => ({
  now: monotonicNow,
  openPort: () => kernel.open(),
  loadModule: async () => 'modprobe: FATAL: Module ip_vs not found',
});

async function openFake(options: FakeKernelOptions = {}) {
  const kernel = new FakeIpvsKernel(options);
  const context = driverContext();
  return { kernel, context, driver: await openIpvs(context, depsOf(kernel)) };
}
const write = (driver: Driver, ...services: readonly DesiredService[]) =>
  driver.apply(diff(new Map(), tableOf(...services), whole).changes);

test('a table of 10,000 entries that is as it should be costs one look and no write', async (t) => {
  const { kernel, driver } = await openFake();
  const services = Array.from({ length: 1000 }, (_, index) =>
    desired(
      `s${index}`,
      byAddress(`10.1.${index >> 8}.${index & 255}`, 80),
      Array.from({ length: 10 }, (_unused, backend) => dest(`10.2.0.${backend}`, 80)),
    ),
  );
  const results = await write(driver, ...services);
  t.true(results.every(({ ok }) => ok));
  t.is(kernel.writes.length, 11_000);
  const accepted = new Map(
    services.map((service) => {
      const answer = driver.accept(entryOf(service));
      if (answer.kind === 'refused') throw new Error(answer.reason);
      return [answer.entry.service.key, answer.entry];
    }),
  );
  t.deepEqual(diff(await driver.read(), accepted, whole).changes, []);
  t.is(kernel.writes.length, 11_000);
});

test('a service that the kernel leaves out of its list is asked for by itself, and missed only where it is gone', async (t) => {
  const { kernel, driver } = await openFake();
  const services = [80, 81, 82].map((port) =>
    desired(`s${port}`, byAddress('10.0.0.1', port), [dest('10.0.0.11', 80)]),
  );
  await write(driver, ...services, desired('mark', byMark(7), []));
  kernel.hideNext = 4;
  const whole4 = await driver.read();
  t.is(whole4.size, 4);
  kernel.hideNext = 2;
  t.is(
    (await driver.counts(null)).get(services[0] === undefined ? t.fail() : entryOf(services[0]).service.key)?.size,
    1,
  );
  t.deepEqual(await driver.read(), whole4);
  const [service] = [...whole4.values()].map((entry) => entry.service);
  if (service === undefined) return t.fail();
  await driver.apply([{ kind: 'remove-service', service }]);
  kernel.hideNext = 1;
  t.is((await driver.read()).size, 3);
  kernel.clear();
  t.is((await driver.read()).size, 0);
});

test('a kernel that knows no tunnel types is told apart by what it holds, once', async (t) => {
  const { kernel, driver } = await openFake({ maxDestinationAttribute: 12 });
  const gue = dest('10.0.0.11', 80, { forwarding: 'tun', tunnel: { type: 'gue', port: 6080 } });
  const plain = dest('10.0.0.12', 80, { forwarding: 'tun' });
  const gre = dest('10.0.0.13', 80, { forwarding: 'tun', tunnel: { type: 'gre', port: 0 } });
  const results = await write(driver, desired('web', byAddress('10.0.0.1', 80), [gue, plain, gre]));
  t.deepEqual(
    results.map((result) => (result.ok ? 'ok' : result.code)),
    ['ok', 'ERR_UNSUPPORTED', 'ok', 'ERR_UNSUPPORTED'],
  );
  t.regex(
    results[1]?.ok === false ? results[1].message : '',
    /this kernel has no gue tunnels: they came with Linux 5\.2/,
  );
  // It was taken back, for as plain IP in IP it would not be what was asked for.
  const [entry] = (await driver.read()).values();
  t.deepEqual([...(entry?.destinations.keys() ?? [])].map(String), ['10.0.0.12:80']);
  const before = kernel.writes.length;
  const again = await write(driver, desired('web', byAddress('10.0.0.2', 80), [gue]));
  t.is(again[1]?.ok === false ? again[1].code : '', 'ERR_UNSUPPORTED');
  t.is(kernel.writes.length, before + 1);
});

test('a kernel without addresses of two families in one service never gets such a backend', async (t) => {
  const { driver } = await openFake({ maxDestinationAttribute: 9 });
  const mixed = dest('2001:db8::11', 80, { forwarding: 'tun' });
  await write(driver, desired('first', byAddress('10.0.0.2', 80), [mixed]));
  const [, result] = await write(driver, desired('web', byAddress('10.0.0.1', 80), [mixed]));
  t.regex(result?.ok === false ? result.message : '', /this kernel has no backends of another IP family.*Linux 3\.18/);
  for (const { destinations } of (await driver.read()).values()) t.is(destinations.size, 0);
});

test('a first use that another program removes at once says nothing about the kernel, and is tried again', async (t) => {
  const { kernel, driver } = await openFake();
  const gue = dest('10.0.0.11', 80, { forwarding: 'tun', tunnel: { type: 'gue', port: 6080 } });
  kernel.removeNext = 1;
  const [, missed] = await write(driver, desired('web', byAddress('10.0.0.1', 80), [gue]));
  t.is(missed?.ok === false ? missed.code : '', 'ERR_UNKNOWN');
  const again = await write(driver, desired('other', byAddress('10.0.0.2', 80), [gue]));
  t.deepEqual(
    again.map((result) => (result.ok ? 'ok' : result.message)),
    ['ok', 'ok'],
  );
});

test('what was lost is unknown, and not called done', async (t) => {
  const { kernel, driver } = await openFake();
  kernel.loseAnswers = true;
  const results = await write(driver, desired('web', byAddress('10.0.0.1', 80), [dest('10.0.0.11', 80)]));
  t.deepEqual(
    results.map((result) => (result.ok ? 'ok' : result.code)),
    ['ERR_UNKNOWN', 'ERR_UNKNOWN'],
  );
  t.regex(results[0]?.ok === false ? results[0].message : '', /answer was lost \(ENOBUFS\): the table is read again/);
});

test('a kernel without IPVS, or without the right to use it, is a missing privilege that names it', async (t) => {
  const missing = async (options: FakeKernelOptions) => {
    const error = await t.throwsAsync(openFake(options), { instanceOf: MissingPrivilegeError });
    return `${error?.missing}: ${error?.message}`;
  };
  t.regex(await missing({ hasIpvs: false }), /^ip_vs: .*Module ip_vs not found.*run `modprobe ip_vs`/);
  t.regex(await missing({ mayAdmin: false }), /^CAP_NET_ADMIN: /);
  t.like(await probeIpvs(depsOf(new FakeIpvsKernel({ hasIpvs: false }))), { ok: false });
  t.deepEqual(await probeIpvs(depsOf(new FakeIpvsKernel())), { ok: true, why: 'IPVS 1.2.1 in the kernel' });
});

test('what IPVS cannot hold is refused before it is asked, with what to change', async (t) => {
  const { driver } = await openFake();
  const refusal = (service: DesiredService): string => {
    const answer = driver.accept(entryOf(service));
    return answer.kind === 'refused' ? answer.reason : 'accepted';
  };
  const web = byAddress('10.0.0.1', 80);
  const rows: readonly [DesiredService, RegExp][] = [
    [desired('a', web, [dest('10.0.0.11', 81, { forwarding: 'dsr' })]), /port 81 would get what is sent to port 80/],
    [desired('a', web, [dest('::1', 80)]), /different IP families, which only forwarding tun can join/],
    [desired('a', byMark(1, 'ipv6'), [dest('10.0.0.1', 80)]), /different IP families/],
    [desired('a', web, [dest('10.0.0.11', 80, { weight: 65_536 })]), /weight 65536 is more than 65535/],
    [desired('a', web, [dest('10.0.0.11', 80, { maxConnections: 2 ** 31 })]), /2147483648 is more than 2147483647/],
    [
      desired('a', web, [dest('10.0.0.11', 80, { forwarding: 'tun', tunnel: { type: 'gue', port: 0 } })]),
      /needs the backend's UDP port/,
    ],
    [desired('a', web, [], { scheduler: 'a b' }), /no name of an IPVS scheduler/],
    [desired('a', web, [], { scheduler: 'averyveryverylongname' }), /no name of an IPVS scheduler/],
    [desired('a', web, [], { scheduler: 'rr', schedulerFlags: ['mh-port'] }), /has no flag mh-port: it has flag-1/],
    [desired('a', web, [], { onePacket: true }), /one_packet is for udp, not tcp/],
    [desired('a', web, [], { persistenceNs: ns(32 * 86_400e9) }), /31 days at most/],
  ];
  for (const [service, reason] of rows) t.regex(refusal(service), reason);
});

test('what is accepted is what will be read back', async (t) => {
  const { driver } = await openFake();
  const wanted = desired(
    'web',
    byMark(256),
    [dest('10.0.0.11', 80, { forwarding: 'tun', tunnel: { type: 'ipip', port: 9 } })],
    { scheduler: 'mh', schedulerFlags: ['flag-2', 'mh-fallback'], persistenceNs: ns(1.5e9) },
  );
  const answer = driver.accept(entryOf({ ...wanted, match: { ...wanted.match, protocol: 'udp' } }));
  const entry = answer.kind === 'accepted' ? answer.entry : null;
  t.like(entry?.service, { name: 'web', schedulerFlags: ['mh-fallback', 'mh-port'], persistenceNs: 2e9 } as object);
  t.is([...(entry?.destinations.values() ?? [])][0]?.tunnel, null);
  await write(driver, wanted);
  t.deepEqual(
    diff(await driver.read(), new Map(entry === null ? [] : [[entry.service.key, entry]]), whole).changes,
    [],
  );
});

test('random bytes as the kernel’s answers end in results and errors, never in a throw of another kind', async (t) => {
  const { kernel, driver } = await openFake();
  const web = desired('web', byAddress('10.0.0.1', 80), [dest('10.0.0.11', 80)]);
  // An end of the exchange follows, so that nothing is waited for.
  const end: Received = { kind: 'lost', why: 'ENOBUFS' };
  const nonsense = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(nonsense, async (answers) => {
      kernel.nonsense = [...answers.map((bytes): Received => ({ kind: 'datagram', bytes })), end];
      t.is((await write(driver, web)).length, 2);
      for (const look of [driver.read(), driver.counts(null), driver.inspect?.()]) {
        await look?.catch((error: unknown) => t.true(error instanceof NetlinkError));
      }
    }),
    { seed: 17, numRuns: 200 },
  );
});
