/** Each client asks from a loopback address of its own. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { limitConnections, type Places } from '../../../../src/actors/gateway/listeners/connection-places.js';
import { rawClient } from '../../../support/peers/raw-client.js';

/** Answers `ok` at once, but for `/wait`, which it never answers. */
async function listen(t: ExecutionContext, places: Places) {
  let refused = 0;
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/wait') waiting.push(response);
    else response.end('ok');
  });
  limitConnections(server, places, () => {
    refused += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  /** A connection that has asked. */
  const ask = (localAddress: string, path: string) => {
    const client = rawClient({ host: '127.0.0.1', port, localAddress });
    t.teardown(() => client.socket.destroy());
    client.socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return client;
  };
  const wait = async (from: string) => {
    const client = ask(from, '/wait');
    const before = waiting.length;
    while (waiting.length === before && !client.socket.closed) await new Promise((resolve) => setImmediate(resolve));
    return client;
  };
  return { ask, wait, waiting, refused: () => refused };
}

const [ONE, OTHER] = ['127.0.0.1', '127.0.0.2'];

test('a client whose requests are all under way gets no more places, and another client is served', async (t) => {
  const { ask, wait, waiting, refused } = await listen(t, { total: 4, perClient: 3 });
  const held = [await wait(ONE), await wait(ONE), await wait(ONE)];
  const fourth = await wait(ONE);
  t.is(await fourth.closed, '');
  t.is(refused(), 1);
  await ask(OTHER, '/').until(/ok$/);
  t.is(refused(), 1);
  t.false(held.some(({ socket }) => socket.closed));
  waiting[0]?.end('late');
  await held[0]?.until(/late$/);
  // That place idles now, and makes room.
  await ask(ONE, '/').until(/ok$/);
  await held[0]?.closed;
});

test('a client that has all of its places makes room among its own idle connections, not among those of others', async (t) => {
  const { ask, refused } = await listen(t, { total: 4, perClient: 2 });
  const stranger = ask(OTHER, '/');
  await stranger.until(/ok$/);
  const first = ask(ONE, '/');
  await first.until(/ok$/);
  const second = ask(ONE, '/');
  await second.until(/ok$/);
  await ask(ONE, '/').until(/ok$/);
  await first.closed;
  t.is(refused(), 1);
  t.false(stranger.socket.closed);
  t.false(second.socket.closed);
});
