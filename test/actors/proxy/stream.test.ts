import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { destinationKey, serviceKey } from '../../../src/model/dataplane/table.js';
import { port as portOf } from '../../../src/model/units.js';
import { freePort } from '../../support/fixtures/ports.js';
import { backend, destinationAt, dial, serve, serviceAt, startProxy } from '../../support/rigs/proxy-rig.js';

/** What one side does: writes in pieces, with pauses, and reads in its own rhythm; then ends its side. */
type Side = { readonly pieces: readonly number[]; readonly pauseEvery: number; readonly readPause: number };

const sideArbitrary: fc.Arbitrary<Side> = fc.record({
  pieces: fc.array(fc.oneof(fc.nat(100), fc.nat(200_000)), { maxLength: 12 }),
  pauseEvery: fc.integer({ min: 1, max: 5 }),
  readPause: fc.nat(3),
});

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Plays one side to its end; answers with what it said and what it heard, as hashes. */
async function play(
  socket: Socket,
  side: Side,
  seed: number,
): Promise<{ readonly said: string; readonly heard: string }> {
  const said: Hash = createHash('sha256');
  const heard: Hash = createHash('sha256');
  socket.on('data', (chunk: Buffer) => {
    heard.update(chunk);
    if (side.readPause === 0) return;
    socket.pause();
    void turns(side.readPause).then(() => socket.resume());
  });
  const ended = once(socket, 'end');
  for (const [index, size] of side.pieces.entries()) {
    const piece = Buffer.alloc(size, (seed + index) & 0xff);
    said.update(piece);
    if (!socket.write(piece)) await once(socket, 'drain');
    if (index % side.pauseEvery === 0) await turns(2);
  }
  socket.end();
  await ended;
  return { said: said.digest('hex'), heard: heard.digest('hex') };
}

test('whatever both sides write, and however slowly they read, each hears exactly what the other said', async (t) => {
  const { proxy } = startProxy(t);
  let accepted: (socket: Socket) => void = () => {};
  const other = await backend(t, (socket) => accepted(socket));
  const port = await freePort();
  await proxy.apply(serve(serviceAt(port), destinationAt(other.port)));
  await fc.assert(
    fc.asyncProperty(sideArbitrary, sideArbitrary, async (clientSide, backendSide) => {
      const arrives = new Promise<Socket>((resolve) => {
        accepted = resolve;
      });
      const client = dial(t, port);
      const [one, two] = await Promise.all([
        play(client, clientSide, 1),
        arrives.then((socket) => play(socket, backendSide, 101)),
      ]);
      t.deepEqual([one.heard, two.heard], [two.said, one.said]);
    }),
    { seed: 8, numRuns: 60 },
  );
  while (proxy.open > 0) await turns(1);
});

test('an IPv6 service takes IPv6 clients to an IPv4 backend, and leaves IPv4 clients to others', async (t) => {
  const { proxy } = startProxy(t);
  const a = await backend(t, (socket) => socket.end('a'));
  const port = await freePort();
  const match = { kind: 'address', address: '::', port: portOf(port), protocol: 'tcp' } as const;
  const [result] = await proxy.apply(serve(serviceAt(port, { match, key: serviceKey(match) }), destinationAt(a.port)));
  t.deepEqual(result, { ok: true });
  // The same port for IPv4 is free still.
  const other = createServer((socket) => socket.on('error', () => {}).end('other')).listen(port, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => void other.close());
  for (const [host, answer] of [
    ['::1', 'a'],
    ['127.0.0.1', 'other'],
  ] as const) {
    const socket = connect(port, host);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    t.is(chunk.toString(), answer);
    socket.destroy();
  }
});

test('an IPv4 service may have an IPv6 backend', async (t) => {
  const { proxy } = startProxy(t);
  const server = createServer((socket) => socket.on('error', () => {}).end('six')).listen(0, '::1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { port: backendPort } = server.address() as AddressInfo;
  const port = await freePort();
  const six = destinationAt(backendPort, { address: '::1', key: destinationKey('::1', backendPort) });
  await proxy.apply(serve(serviceAt(port), six));
  const [chunk] = (await once(dial(t, port), 'data')) as [Buffer];
  t.is(chunk.toString(), 'six');
});
