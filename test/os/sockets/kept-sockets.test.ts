import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import test from 'ava';
import { closeSocket } from '../../../src/os/kernel/socket-call.js';
import { KeptSockets, type Where } from '../../../src/os/sockets/kept-sockets.js';
import { createKeptFds } from '../../../src/workers/host/kept-fds.js';
import { freePort } from '../../support/fixtures/ports.js';

const at = async (protocol: 'tcp' | 'udp' = 'tcp', address = '127.0.0.1'): Promise<Where> => ({
  protocol,
  address,
  port: await freePort(),
});

/** A server that libuv closes; the kept descriptor stays. */
async function serve(fd: number, greeting: string): Promise<Server> {
  const server = createServer((socket) => socket.end(greeting)).listen({ fd });
  await once(server, 'listening');
  return server;
}

async function greetingAt({ address, port }: Where): Promise<string> {
  const socket = connect({ host: address, port });
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

for (const address of ['127.0.0.1', '::1'])
  test(`a connection that is made while nobody serves waits for the replacement: ${address}`, async (t) => {
    const where = await at('tcp', address);
    const slots = createKeptFds();
    const first = await serve(new KeptSockets(slots).open(where, false).fd, 'first');
    t.is(await greetingAt(where), 'first');
    // As a thread that dies: its own descriptor is closed, and nothing else happens.
    first.close();
    await once(first, 'close');
    const waiting = greetingAt(where);

    const replacement = new KeptSockets(slots);
    const kept = replacement.open(where, false);
    const second = await serve(kept.fd, 'second');
    t.is(await waiting, 'second');
    second.close();
    kept.release();
    await t.throwsAsync(greetingAt(where), { code: 'ECONNREFUSED' });
    t.true(slots.every((fd) => fd === 0));
  });

test('a datagram that comes meanwhile is read by the replacement, and TCP of the same port is another socket', async (t) => {
  const where = await at('udp');
  const slots = createKeptFds();
  const left = new KeptSockets(slots);
  closeSocket(left.open(where, false).fd);
  closeSocket(left.open({ ...where, protocol: 'tcp' }, false).fd);
  const client = createSocket('udp4');
  client.send('hello', where.port, where.address);
  const replacement = new KeptSockets(slots);
  const socket = createSocket('udp4');
  const kept = replacement.open(where, false);
  const heard = once(socket, 'message');
  socket.bind({ fd: kept.fd });
  t.is(String((await heard)[0]), 'hello');
  client.close();
  socket.close();
  kept.release();
  replacement.closeOrphans();
  t.true(slots.every((fd) => fd === 0));
});

test('what nobody asks for again is closed, and its address is free', async (t) => {
  const where = await at();
  const slots = createKeptFds();
  const gone = await serve(new KeptSockets(slots).open(where, false).fd, 'gone');
  gone.close();
  await once(gone, 'close');
  t.throws(() => new KeptSockets(createKeptFds()).open(where, false), { message: /EADDRINUSE/ }, 'not yet');
  new KeptSockets(slots).closeOrphans();
  const again = new KeptSockets(slots).open(where, false);
  closeSocket(again.fd);
  again.release();
  t.true(slots.every((fd) => fd === 0));
});

test('an address that no interface has is refused, unless it may come later', async (t) => {
  const where = { ...(await at()), address: '192.0.2.77' };
  const sockets = new KeptSockets(createKeptFds());
  t.throws(() => sockets.open(where, false), { message: /EADDRNOTAVAIL/ });
  const kept = sockets.open(where, true);
  closeSocket(kept.fd);
  kept.release();
});

test('without room a socket is served all the same', async (t) => {
  const where = await at();
  const { fd, release } = new KeptSockets(new Int32Array(0)).open(where, false);
  const server = await serve(fd, 'here');
  t.is(await greetingAt(where), 'here');
  server.close();
  release();
});
