import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { ns } from '../../../src/model/units.js';
import { destinationAt, serve, serviceAt, startProxy } from '../../support/rigs/proxy-rig.js';
import { until } from '../../support/until.js';

async function socketOn(t: ExecutionContext, address = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        socket.once('close', resolve);
        try {
          socket.close();
        } catch {
          resolve();
        }
      }),
  );
  return socket;
}

/** A server that answers each datagram with its name and what it heard. */
async function answering(t: ExecutionContext, name: string): Promise<number> {
  const socket = await socketOn(t);
  socket.on('message', (datagram, from) => socket.send(`${name} ${datagram}`, from.port, from.address));
  return socket.address().port;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

async function exchange(client: Socket, port: number, text: string): Promise<string> {
  client.send(text, port, '127.0.0.1');
  const [datagram] = (await once(client, 'message')) as [Buffer, RemoteInfo];
  return datagram.toString();
}

test('a client keeps its backend while it talks, another client gets the next, and answers come from the service', async (t) => {
  const { proxy, counted } = startProxy(t);
  const port = await freeUdpPort();
  const destinations = [destinationAt(await answering(t, 'a')), destinationAt(await answering(t, 'b'))];
  const results = await proxy.apply(serve(serviceAt(port, {}, 'udp'), ...destinations));
  t.true(results.every(({ ok }) => ok));
  const one = await socketOn(t);
  const two = await socketOn(t);
  t.is(await exchange(one, port, '1'), 'a 1');
  t.is(await exchange(one, port, '2'), 'a 2');
  t.is(await exchange(two, port, '3'), 'b 3');
  one.send('4', port, '127.0.0.1');
  const [, from] = (await once(one, 'message')) as [Buffer, RemoteInfo];
  t.is(from.port, port);
  t.is(counted('accepted'), 2);
  t.is(proxy.open, 2);
});

test('one-packet: each datagram is scheduled for itself, and its session ends with the answer', async (t) => {
  const { proxy } = startProxy(t);
  const port = await freeUdpPort();
  const destinations = [destinationAt(await answering(t, 'a')), destinationAt(await answering(t, 'b'))];
  await proxy.apply(serve(serviceAt(port, { onePacket: true }, 'udp'), ...destinations));
  const client = await socketOn(t);
  const answers = [];
  for (const text of ['1', '2', '3', '4']) answers.push(await exchange(client, port, text));
  t.deepEqual(answers, ['a 1', 'b 2', 'a 3', 'b 4']);
  t.is(proxy.open, 0);
});

test('a backend port that nobody listens on (ICMP) does no harm: the session goes on when it comes back', async (t) => {
  const { proxy, counted } = startProxy(t);
  const port = await freeUdpPort();
  const gone = await freeUdpPort();
  await proxy.apply(serve(serviceAt(port, {}, 'udp'), destinationAt(gone)));
  const client = await socketOn(t);
  client.send('1', port, '127.0.0.1');
  await until(() => counted('backend-failed') > 0);
  const late = createSocket('udp4');
  late.bind(gone, '127.0.0.1');
  await once(late, 'listening');
  t.teardown(() => void late.close());
  late.on('message', (datagram, from) => late.send(`late ${datagram}`, from.port, from.address));
  t.is(await exchange(client, port, '2'), 'late 2');
});

test('sessions end after their idle time, sooner where the backend never answered', async (t) => {
  let nowNs = 1e9;
  const { proxy } = startProxy(t, { now: () => ns(nowNs) });
  const [port, port2] = [await freeUdpPort(), await freeUdpPort()];
  const mute = (await socketOn(t)).address().port;
  await proxy.apply([
    ...serve(serviceAt(port, {}, 'udp'), destinationAt(await answering(t, 'a'))),
    ...serve(serviceAt(port2, {}, 'udp'), destinationAt(mute)),
  ]);
  const client = await socketOn(t);
  await exchange(client, port, '1');
  client.send('1', port2, '127.0.0.1');
  while (proxy.open < 2) await new Promise((resolve) => setImmediate(resolve));
  const pass = (seconds: number) => {
    nowNs += seconds * 1e9;
    for (let ticks = 0; ticks < 5; ticks++) proxy.tick();
  };
  pass(11);
  t.is(proxy.open, 1);
  pass(50);
  t.is(proxy.open, 0);
});

test('a session ends with its destination, and the client gets another', async (t) => {
  const { proxy } = startProxy(t);
  const port = await freeUdpPort();
  const service = serviceAt(port, {}, 'udp');
  const [toA, toB] = [destinationAt(await answering(t, 'a')), destinationAt(await answering(t, 'b'))];
  await proxy.apply(serve(service, toA, toB));
  const client = await socketOn(t);
  t.is(await exchange(client, port, '1'), 'a 1');
  await proxy.apply([{ kind: 'set-destination', service, destination: { ...toA, weight: 0 }, was: toA }]);
  t.is(await exchange(client, port, '2'), 'a 2');
  await proxy.apply([{ kind: 'remove-destination', service, destination: toA }]);
  t.is(await exchange(client, port, '3'), 'b 3');
});

test('empty and large datagrams pass as they are', async (t) => {
  const { proxy } = startProxy(t);
  const port = await freeUdpPort();
  const server = await socketOn(t);
  server.on('message', (datagram, from) => server.send(datagram, from.port, from.address));
  await proxy.apply(serve(serviceAt(port, {}, 'udp'), destinationAt(server.address().port)));
  const client = await socketOn(t);
  t.is(await exchange(client, port, ''), '');
  const large = 'x'.repeat(60_000);
  t.is(await exchange(client, port, large), large);
});

test('without a destination a datagram is dropped and counted; a taken port is an error that says so', async (t) => {
  const { proxy, counted } = startProxy(t);
  const port = await freeUdpPort();
  await proxy.apply(serve(serviceAt(port, {}, 'udp')));
  const client = await socketOn(t);
  client.send('1', port, '127.0.0.1');
  await until(() => counted('no-destination') > 0);
  const taken = (await socketOn(t)).address().port;
  const [result] = await proxy.apply(serve(serviceAt(taken, { name: 'dns' }, 'udp')));
  t.like(result, { ok: false, code: 'EADDRINUSE' });
  t.true(result?.ok === false && result.message.startsWith(`service dns cannot listen on udp 127.0.0.1:${taken}:`));
  t.is(proxy.table().length, 1);
});
