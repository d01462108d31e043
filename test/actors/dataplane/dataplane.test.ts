import { once } from 'node:events';
import test from 'ava';
import type { DesiredDestination, DesiredService } from '../../../src/model/dataplane/desired-service.js';
import { port as portOf } from '../../../src/model/units.js';
import { freePort } from '../../support/fixtures/ports.js';
import { dest } from '../../support/fixtures/table.js';
import { startDataplane } from '../../support/rigs/dataplane-rig.js';
import { ask, backend, dial, named } from '../../support/rigs/proxy-rig.js';

const to = (port: number, more: Partial<DesiredDestination> = {}): DesiredDestination =>
  dest('127.0.0.1', port, { backend: `b${port}`, ...more });
const service = (name: string, port: number, ...destinations: readonly DesiredDestination[]): DesiredService => ({
  name,
  match: { kind: 'address', address: '127.0.0.1', port: portOf(port), protocol: 'tcp' },
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceNs: null,
  onePacket: false,
  destinations,
});
const serves = (port: number, name: string, t: Parameters<typeof ask>[0]) => async () => (await ask(t, port)) === name;

test('what the engine tells is served; a backend it takes out gets nothing more; what it drops is gone', async (t) => {
  const rig = await startDataplane(t);
  const [a, b] = [await named(t, 'a'), await named(t, 'b')];
  const port = await freePort();
  rig.tell(service('web', port, to(a.port), to(b.port)));
  rig.complete();
  await rig.until(async () => /^[ab]$/.test(await ask(t, port)));
  t.deepEqual([await ask(t, port), await ask(t, port)].toSorted(), ['a', 'b']);
  const { driver, why } = await rig.call('table', {});
  t.deepEqual([driver, why], ['proxy', 'configured']);
  rig.tell(service('web', port, to(b.port)));
  await rig.until(async () => (await rig.call('table', {})).services[0]?.destinations.length === 1);
  for (let index = 0; index < 4; index++) t.is(await ask(t, port), 'b');
  rig.untell('web');
  await rig.until(async () => (await ask(t, port)).includes('ECONNREFUSED'));
  t.deepEqual(
    rig.events.map((event) => ('op' in event ? event.op : event.type)),
    ['driver', 'add-service', 'remove-service'],
  );
});

test('the table as the API shows it has names, weights and counts', async (t) => {
  const rig = await startDataplane(t);
  const a = await named(t, 'hello');
  const port = await freePort();
  rig.tell(service('web', port, to(a.port, { weight: 3 })));
  rig.complete();
  await rig.until(serves(port, 'hello', t));
  const view = await rig.call('table', {});
  t.is(view.driver, 'proxy');
  t.like(view.services[0], { name: 'web', address: '127.0.0.1', port, protocol: 'tcp', scheduler: 'rr', fwmark: null });
  t.like(view.services[0]?.destinations[0], {
    port: a.port,
    weight: 3,
    connections: 1,
    bytes_out: 5,
    forwarding: 'nat',
  });
  t.deepEqual(await rig.call('drift', {}), []);
});

test('while a destination drains its connections are told; the engine takes it away when there are none', async (t) => {
  const rig = await startDataplane(t);
  const a = await backend(t, (socket) => socket.write('a'));
  const port = await freePort();
  rig.tell(service('web', port, to(a.port)));
  rig.complete();
  await rig.until(async () => (await rig.call('table', {})).services.length === 1);
  const client = dial(t, port);
  await once(client, 'data');
  rig.tell(service('web', port, to(a.port, { weight: 0, draining: true })));
  const told = (active: number) => () =>
    rig.heard.some((message) => message.kind === 'connections' && message.active === active);
  await rig.until(told(1));
  client.destroy();
  for (const socket of a.sockets) socket.end();
  await rig.until(told(0));
  t.like(
    rig.heard.find(({ kind }) => kind === 'connections'),
    { service: 'web', backend: `b${a.port}` },
  );
});

test('a proxy thread that was replaced serves the same again; the other ones do not notice', async (t) => {
  const rig = await startDataplane(t, { proxies: 2 });
  const a = await named(t, 'a');
  const ports = await Promise.all(Array.from({ length: 8 }, () => freePort()));
  rig.tell(...ports.map((port, index) => service(`s${index}`, port, to(a.port))));
  rig.complete();
  for (const port of ports) await rig.until(serves(port, 'a', t));
  await rig.restartProxy(0);
  for (const port of ports) await rig.until(serves(port, 'a', t));
  t.pass();
});

test('a restarted dataplane actor finds what is there: no connection is disturbed, no entry written again', async (t) => {
  const rig = await startDataplane(t);
  const echo = await backend(t, (socket) => socket.pipe(socket));
  const a = await named(t, 'a');
  const [port, stale] = [await freePort(), await freePort()];
  rig.tell(service('web', port, to(echo.port)), service('stale', stale, to(a.port)));
  rig.complete();
  await rig.until(serves(stale, 'a', t));
  const client = dial(t, port);
  client.write('1');
  await once(client, 'data');
  rig.events.length = 0;
  await rig.restartDataplane();
  // Until the engine has told everything, all stays.
  rig.tell(service('web', port, to(echo.port)));
  await rig.until(async () => (await rig.call('table', {})).services.length === 2);
  t.is(await ask(t, stale), 'a');
  rig.complete();
  await rig.until(async () => (await rig.call('table', {})).services.length === 1);
  client.write('2');
  const [answer] = (await once(client, 'data')) as [Buffer];
  t.is(answer.toString(), '2');
  t.deepEqual(
    rig.events.map((event) => ('op' in event ? event.op : event.type)),
    ['driver', 'remove-service'],
  );
});

test('a port that another program has is told once, the rest is served, and it is taken as soon as it is free', async (t) => {
  const rig = await startDataplane(t);
  const other = await named(t, 'other program');
  const a = await named(t, 'a');
  const port = await freePort();
  rig.tell(service('blocked', other.port, to(a.port)), service('web', port, to(a.port)));
  rig.complete();
  await rig.until(serves(port, 'a', t));
  await rig.until(() => rig.events.some((event) => event.type === 'dataplane' && event.why.includes('EADDRINUSE')));
  t.is((await rig.call('drift', {})).length, 2);
  other.server.close();
  for (const socket of other.sockets) socket.destroy();
  await rig.until(serves(other.port, 'a', t));
  const ops = rig.events.flatMap((event) => (event.type === 'dataplane' ? [event.op] : []));
  t.is(ops.filter((op) => op === 'add-service failed').length, 1);
  t.true(ops.includes('recovered'));
});

test('what the proxy cannot do is refused with a reason, and hinders nothing else', async (t) => {
  const rig = await startDataplane(t);
  const a = await named(t, 'a');
  const port = await freePort();
  const mark = { kind: 'fwmark', fwmark: 256, family: 'ipv4', protocol: 'tcp' } as const;
  rig.tell(
    { ...service('mark', 1), match: mark },
    { ...service('odd', 2), scheduler: 'sed' },
    { ...service('flagged', 3), scheduler: 'sh', schedulerFlags: ['sh-port', 'flag-3'] },
    service('web', port, to(a.port)),
  );
  rig.complete();
  await rig.until(serves(port, 'a', t));
  const refused = rig.events.flatMap((event) => (event.type === 'dataplane' && event.op === 'refused' ? [event] : []));
  t.deepEqual(
    refused.map(({ what, why }) => [what, why]),
    [
      ['service mark', 'the driver proxy knows no firewall marks: give an address, or use driver ipvs'],
      ['service odd', "the driver proxy does not know 'sed': one of rr, wrr, lc, wlc, sh, mh, or driver ipvs"],
      [
        'service flagged',
        "the driver proxy does not know 'flag-3': sh-fallback, sh-port, mh-fallback, mh-port are allowed",
      ],
    ],
  );
});

test('stopping with flush frees the addresses', async (t) => {
  const rig = await startDataplane(t);
  const a = await named(t, 'a');
  const port = await freePort();
  rig.tell(service('web', port, to(a.port)));
  rig.complete();
  await rig.until(serves(port, 'a', t));
  await rig.stop();
  t.regex(await ask(t, port), /ECONNREFUSED/);
});

test('the dry run keeps the table it would write, and logs each change', async (t) => {
  const rig = await startDataplane(t, { dataplane: { driver: 'dry-run' }, proxies: 0 });
  rig.tell(service('web', 80, to(8080), to(8081)));
  rig.complete();
  await rig.until(async () => (await rig.call('table', {})).services.length === 1);
  const view = await rig.call('table', {});
  t.is(view.driver, 'dry-run');
  t.deepEqual(
    view.services[0]?.destinations.map(({ port, weight }) => [port, weight]),
    [
      [8080, 1],
      [8081, 1],
    ],
  );
});

test('a reload with another driver moves everything to it, and what was there is gone', async (t) => {
  const rig = await startDataplane(t);
  const a = await named(t, 'a');
  const port = await freePort();
  rig.tell(service('web', port, to(a.port)));
  rig.complete();
  await rig.until(serves(port, 'a', t));
  const driver = async () => (await rig.call('table', {})).driver;
  rig.configure({ driver: 'dry-run' });
  await rig.until(async () => (await driver()) === 'dry-run');
  t.is((await rig.call('table', {})).services[0]?.name, 'web');
  await rig.until(async () => (await ask(t, port)).includes('ECONNREFUSED'));
  rig.configure({ driver: 'proxy' });
  await rig.until(serves(port, 'a', t));
  t.deepEqual(
    rig.events.flatMap((event) => (event.type === 'dataplane' && event.op === 'driver' ? [event.what] : [])),
    ['proxy', 'dry-run', 'proxy'],
  );
});

test('a driver that takes over before a new engine has told everything drops what that does not tell', async (t) => {
  const rig = await startDataplane(t);
  const [web, gone] = [service('web', await freePort(), to(8080)), service('gone', await freePort(), to(8080))];
  const names = async () => (await rig.call('table', {})).services.map(({ name }) => name);
  rig.tell(web, gone);
  rig.complete();
  await rig.until(async () => (await names()).length === 2);
  rig.reconnectEngine();
  rig.tell(web);
  rig.configure({ driver: 'dry-run' });
  await rig.until(async () => (await rig.call('table', {})).driver === 'dry-run');
  rig.complete();
  // Asked for after that, so told of after that.
  const asked = service('asked', await freePort());
  rig.tell(asked);
  await rig.until(async () => (await names()).includes('asked'));
  t.deepEqual(await names(), ['web', 'asked']);
});

test('a reload while another driver takes over counts for that one', async (t) => {
  const rig = await startDataplane(t);
  const ports = [await freePort(), await freePort()];
  const names = ports.map((port) => `on-${port}`);
  for (const [index, port] of ports.entries()) rig.tell(service(names[index] ?? '', port, to(8080)));
  rig.complete();
  await rig.until(async () => (await rig.call('table', {})).services.length === 2);
  rig.configure({ driver: 'dry-run' });
  rig.configure({ driver: 'dry-run', maxRemovals: 1 });
  await rig.until(async () => (await rig.call('table', {})).driver === 'dry-run');
  for (const name of names) rig.untell(name);
  await rig.until(async () => (await rig.call('table', {})).services.length === 0);
  t.true(rig.events.some((event) => 'op' in event && event.op === 'removal-limited'));
});

test('what was renamed has its new name in the table as the API shows it, whatever the driver was told', async (t) => {
  const rig = await startDataplane(t, { dataplane: { driver: 'dry-run' }, proxies: 0 });
  rig.tell(service('web', 80, to(8080, { backend: 'a' })));
  rig.complete();
  await rig.until(async () => (await rig.call('table', {})).services.length === 1);
  rig.tell(service('shop', 80, to(8080, { backend: 'b', weight: 2 })));
  rig.untell('web');
  await rig.until(async () => (await rig.call('table', {})).services[0]?.destinations[0]?.weight === 2);
  const [seen] = (await rig.call('table', {})).services;
  t.deepEqual([seen?.name, seen?.destinations[0]?.backend], ['shop', 'b']);
});

test('a driver that cannot work here is refused on reload, and the old one goes on', async (t) => {
  const rig = await startDataplane(t);
  const a = await named(t, 'a');
  const port = await freePort();
  rig.tell(service('web', port, to(a.port)));
  rig.complete();
  await rig.until(serves(port, 'a', t));
  rig.configure({ driver: 'no such driver' as never });
  await rig.until(() => rig.events.some((event) => event.type === 'dataplane' && event.op === 'driver refused'));
  t.is(await ask(t, port), 'a');
});

test('while no engine answers a dead backend is taken out, and nothing is put in before one does', async (t) => {
  const rig = await startDataplane(t);
  const [a, b] = [await named(t, 'a'), await named(t, 'b')];
  const port = await freePort();
  const web = {
    ...service('web', port, to(a.port, { targets: ['a'] }), to(b.port, { targets: ['b'] })),
    fallback: { least: 1, by: 'count' as const, inhibit: false, sorry: null },
  };
  rig.tell(web);
  rig.complete();
  const served = async () =>
    (await rig.call('table', {})).services[0]?.destinations
      .map((each) => each.port)
      .toSorted()
      .join(' ');
  const both = [a.port, b.port].toSorted().join(' ');
  await rig.until(async () => (await served()) === both);
  rig.fall(10, 'b');
  // The engine says nothing: however long it stays silent, the dead one is out.
  await rig.until(async () => (await served()) === `${a.port}`);
  for (let index = 0; index < 4; index++) t.is(await ask(t, port), 'a');
  const silent = rig.events.find((event) => event.type === 'dataplane' && event.op === 'engine silent');
  t.like(silent, { why: '1 check has failed, and the engine does not answer' });
  // A new engine that has not heard the shard yet: what it tells brings nothing back.
  rig.reconnectEngine();
  rig.tell(web);
  rig.complete();
  rig.answer(9);
  await rig.call('drift', {});
  t.is(await served(), `${a.port}`);
  rig.answer(10);
  await rig.until(async () => (await served()) === both);
});
