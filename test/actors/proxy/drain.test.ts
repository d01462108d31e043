import { once } from 'node:events';
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ns } from '../../../src/model/units.js';
import { freePort } from '../../support/fixtures/ports.js';
import { openFullListener } from '../../support/peers/full-listener.js';
import {
  ask,
  type Backend,
  backend,
  destinationAt,
  dial,
  named,
  readAll,
  serve,
  serviceAt,
  startProxy,
} from '../../support/rigs/proxy-rig.js';

/** A backend that says its name, and repeats what it hears. */
const echo = (t: ExecutionContext, name: string): Promise<Backend> =>
  backend(t, (socket) => {
    socket.write(name);
    socket.pipe(socket);
  });

/** A connection that has reached its backend, and which one. */
async function open(t: ExecutionContext, port: number): Promise<{ readonly socket: Socket; readonly name: string }> {
  const socket = dial(t, port);
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  return { socket, name: greeting.toString() };
}

const says = async (socket: Socket, text: string): Promise<string> => {
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
};

test('a draining destination keeps its connections and takes no new one; when it goes they are reset', async (t) => {
  const { proxy } = startProxy(t);
  const a = await echo(t, 'a');
  const b = await echo(t, 'b');
  const port = await freePort();
  const service = serviceAt(port);
  const [toA, toB] = [destinationAt(a.port), destinationAt(b.port)];
  await proxy.apply(serve(service, toA, toB));
  const old = await open(t, port);
  t.is(old.name, 'a');
  const drained = { ...toA, weight: 0 };
  await proxy.apply([{ kind: 'set-destination', service, destination: drained, was: toA }]);
  for (let index = 0; index < 4; index++) t.is((await open(t, port)).name, 'b');
  t.is(await says(old.socket, 'still there?'), 'still there?');
  t.is(proxy.counts(null)[0]?.destinations.find(({ key }) => key === toA.key)?.active, 1);
  await proxy.apply([{ kind: 'remove-destination', service, destination: drained }]);
  t.is(((await t.throwsAsync(readAll(old.socket))) as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test('a client whose backend goes before it has answered gets another one, and is not reset', async (t) => {
  const { proxy } = startProxy(t);
  const silent = await openFullListener(t);
  const b = await echo(t, 'b');
  const port = await freePort();
  const service = serviceAt(port);
  const [toSilent, toB] = [destinationAt(silent.port), destinationAt(b.port)];
  await proxy.apply(serve(service, toSilent, toB));
  const answered = open(t, port);
  const waiting = () => proxy.counts(null)[0]?.destinations.find(({ key }) => key === toSilent.key)?.active === 1;
  while (!waiting()) await new Promise((resolve) => setImmediate(resolve));
  await proxy.apply([{ kind: 'remove-destination', service, destination: toSilent }]);
  t.is((await answered).name, 'b');
  t.is(proxy.open, 1);
});

test('when the last connection of a draining destination ends, its count is 0', async (t) => {
  const { proxy } = startProxy(t);
  const a = await echo(t, 'a');
  const port = await freePort();
  const service = serviceAt(port);
  await proxy.apply(serve(service, destinationAt(a.port)));
  const { socket } = await open(t, port);
  const end = readAll(socket);
  socket.end();
  await end;
  const active = () => proxy.counts([service.key])[0]?.destinations[0]?.active;
  while (active() !== 0) await new Promise((resolve) => setImmediate(resolve));
  t.is(proxy.open, 0);
});

test('another scheduler, other weights and other destinations disturb no running connection', async (t) => {
  const { proxy } = startProxy(t);
  const a = await echo(t, 'a');
  const b = await echo(t, 'b');
  const port = await freePort();
  const service = serviceAt(port);
  const toA = destinationAt(a.port);
  await proxy.apply(serve(service, toA));
  const { socket } = await open(t, port);
  for (const scheduler of ['wrr', 'lc', 'wlc', 'sh', 'mh', 'rr']) {
    await proxy.apply([{ kind: 'set-service', service: { ...service, scheduler }, was: service }]);
    t.is(await says(socket, scheduler), scheduler);
  }
  const toB = destinationAt(b.port);
  const heavier = { ...toA, weight: 7 };
  await proxy.apply([
    { kind: 'set-destination', service, destination: heavier, was: toA },
    { kind: 'add-destination', service, destination: toB },
    { kind: 'replace-destination', service, destination: { ...heavier, forwarding: 'dsr' }, was: heavier },
    { kind: 'remove-destination', service, destination: toB },
  ]);
  t.is(await says(socket, 'end'), 'end');
});

test('a service that goes frees its address at once and resets its connections', async (t) => {
  const { proxy } = startProxy(t);
  const a = await echo(t, 'a');
  const b = await named(t, 'b');
  const port = await freePort();
  const service = serviceAt(port);
  await proxy.apply(serve(service, destinationAt(a.port)));
  const { socket } = await open(t, port);
  const results = await proxy.apply([
    // The new one is made first, as the writer orders it, and must wait for the address.
    ...serve({ ...serviceAt(port), key: 'another' as never }, destinationAt(b.port)),
    { kind: 'remove-service', service },
  ]);
  t.true(results.every(({ ok }) => ok));
  t.is(((await t.throwsAsync(readAll(socket))) as NodeJS.ErrnoException).code, 'ECONNRESET');
  t.is(await ask(t, port), 'b');
});

test('a destination at its connection limit gives way to the next, and then there is none', async (t) => {
  const { proxy, counted } = startProxy(t);
  const a = await echo(t, 'a');
  const b = await echo(t, 'b');
  const port = await freePort();
  await proxy.apply(
    serve(serviceAt(port), destinationAt(a.port, { maxConnections: 1 }), destinationAt(b.port, { maxConnections: 2 })),
  );
  const names = [await open(t, port), await open(t, port), await open(t, port)].map(({ name }) => name);
  t.deepEqual(names.toSorted(), ['a', 'b', 'b']);
  t.is(await ask(t, port), 'reset');
  t.is(counted('no-destination'), 1);
});

test('beyond the connections that a thread may have, clients are reset, and the others go on', async (t) => {
  const { proxy, counted } = startProxy(t, { maxConnections: 2 });
  const a = await echo(t, 'a');
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(a.port)));
  const one = await open(t, port);
  const two = await open(t, port);
  t.is(await ask(t, port), 'reset');
  t.is(counted('limit'), 1);
  t.is(await says(two.socket, 'x'), 'x');
  const end = readAll(one.socket);
  one.socket.end();
  await end;
  while (proxy.open > 1) await new Promise((resolve) => setImmediate(resolve));
  t.is((await open(t, port)).name, 'a');
});

test('a persistent client keeps its backend until its time is over, or the backend takes nothing any more', async (t) => {
  let nowNs = 1e9;
  const { proxy } = startProxy(t, { now: () => ns(nowNs) });
  const a = await named(t, 'a');
  const b = await named(t, 'b');
  const port = await freePort();
  const service = serviceAt(port, { persistenceNs: ns(10e9) });
  const [toA, toB] = [destinationAt(a.port), destinationAt(b.port)];
  await proxy.apply(serve(service, toA, toB));
  const first = await ask(t, port, '127.0.0.1');
  const other = await ask(t, port, '127.0.0.2');
  t.not(first, other);
  for (let index = 0; index < 3; index++) {
    nowNs += 9e9;
    t.is(await ask(t, port, '127.0.0.1'), first);
  }
  const its = first === 'a' ? toA : toB;
  await proxy.apply([{ kind: 'set-destination', service, destination: { ...its, weight: 0 }, was: its }]);
  t.is(await ask(t, port, '127.0.0.1'), other);
  await proxy.apply([{ kind: 'set-destination', service, destination: its, was: { ...its, weight: 0 } }]);
  t.is(await ask(t, port, '127.0.0.1'), other);
  nowNs += 11e9;
  const turns = [await ask(t, port, '127.0.0.3'), await ask(t, port, '127.0.0.1')];
  t.deepEqual(turns.toSorted(), ['a', 'b']);
});
