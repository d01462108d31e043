import { once } from 'node:events';
import test from 'ava';
import { Persistence } from '../../../src/actors/proxy/persistence.js';
import { connectionLimit, MAX_BUFFERED_BYTES } from '../../../src/actors/proxy/proxy-limits.js';
import type { DestinationKey } from '../../../src/model/dataplane/table.js';
import { ns } from '../../../src/model/units.js';
import { freePort } from '../../support/fixtures/ports.js';
import {
  ask,
  backend,
  destinationAt,
  dial,
  readAll,
  serve,
  serviceAt,
  startProxy,
} from '../../support/rigs/proxy-rig.js';

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('a silent connection is reset after its idle time, a half-closed one sooner', async (t) => {
  let nowNs = 1e9;
  const { proxy } = startProxy(t, { now: () => ns(nowNs) });
  const mute = await backend(t, (socket) => socket.resume());
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(mute.port)));
  const silent = dial(t, port);
  const halfClosed = dial(t, port);
  const ends = [readAll(silent), readAll(halfClosed)];
  halfClosed.end('all I have to say');
  while (mute.sockets.size < 2 || ![...mute.sockets].some((socket) => socket.readableEnded)) await tick();
  const pass = (seconds: number) => {
    nowNs += seconds * 1e9;
    for (let ticks = 0; ticks < 5; ticks++) proxy.tick();
  };
  pass(119);
  t.is(proxy.open, 2);
  pass(2);
  t.is(proxy.open, 1);
  await t.throwsAsync(ends[1] ?? Promise.resolve(), { code: 'ECONNRESET' });
  pass(780);
  await t.throwsAsync(ends[0] ?? Promise.resolve(), { code: 'ECONNRESET' });
  t.is(proxy.open, 0);
});

test('clients that never read hold little each, and a backend is not read ahead of them', async (t) => {
  const { proxy } = startProxy(t);
  let pushed = 0;
  const flood = await backend(t, (socket) => {
    const chunk = Buffer.alloc(64 * 1024);
    const push = () => {
      while (!socket.destroyed && socket.write(chunk)) pushed += chunk.length;
    };
    socket.on('drain', push);
    push();
  });
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(flood.port)));
  const clients = Array.from({ length: 50 }, () => dial(t, port).pause());
  await Promise.all(clients.map((client) => once(client, 'connect')));
  let before = -1;
  // Until nothing moves any more: all the kernel's buffers are full.
  while (before !== pushed || pushed === 0) {
    before = pushed;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.true(proxy.buffered <= clients.length * 128 * 1024, `${proxy.buffered} bytes for ${clients.length} clients`);
  t.true(proxy.buffered < MAX_BUFFERED_BYTES);
});

test('a backend that never reads blocks its clients alone', async (t) => {
  const { proxy } = startProxy(t);
  const deaf = await backend(t, (socket) => socket.pause());
  const fine = await backend(t, (socket) => socket.end('fine'));
  const [port, port2] = [await freePort(), await freePort()];
  await proxy.apply([
    ...serve(serviceAt(port), destinationAt(deaf.port)),
    ...serve(serviceAt(port2, { name: 'other' }), destinationAt(fine.port)),
  ]);
  const client = dial(t, port);
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024);
  while (client.write(chunk) || sent < 64) sent += 1;
  t.is(await ask(t, port2), 'fine');
  t.true(proxy.buffered < 256 * 1024);
});

test('a client that comes and goes before its backend is there leaves nothing behind', async (t) => {
  const { proxy } = startProxy(t);
  const slow = await backend(t, (socket) => socket.resume());
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(slow.port)));
  for (let index = 0; index < 50; index++) {
    const client = dial(t, port);
    client.on('error', () => {});
    await once(client, 'connect');
    client.resetAndDestroy();
  }
  while (proxy.open > 0) await tick();
  t.is(proxy.open, 0);
});

test('a thread takes only as many connections as it has descriptors for', (t) => {
  const limits = (descriptors: string) =>
    `Limit  Soft Limit  Hard Limit\nMax open files            ${descriptors}   9 files\n`;
  t.is(connectionLimit(1, limits('1024')), 1);
  t.is(connectionLimit(2, limits('9024')), 2000);
  t.is(connectionLimit(1, limits('1048576')), 40_000);
  t.is(connectionLimit(1, limits('unlimited')), 40_000);
});

test('persistence forgets whoever was there longest ago, and what has run out', (t) => {
  const memory = new Persistence(2);
  const destination = '10.0.0.1:80' as DestinationKey;
  memory.remember('a', destination, 10);
  memory.remember('b', destination, 11);
  memory.remember('a', destination, 12);
  memory.remember('c', destination, 13);
  t.deepEqual(
    ['a', 'b', 'c'].map((client) => memory.find(client, ns(5)) !== null),
    [true, false, true],
  );
  t.is(memory.find('a', ns(12)), null);
  memory.prune(ns(12));
  t.is(memory.size, 1);
});
