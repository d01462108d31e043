import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { isSelfConnected } from '../../../src/os/sockets/self-connection.js';
import { freePort } from '../../support/fixtures/ports.js';
import { tcpServer } from '../../support/peers/servers.js';

type Ends = {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly localPort?: number;
};

async function connected(t: ExecutionContext, ends: Ends): Promise<Socket> {
  const socket = connect(ends);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test('a stream that was given the very port that it connects to is connected to itself', async (t) => {
  for (const host of ['127.0.0.1', '::1']) {
    const port = await freePort(host);
    const socket = await connected(t, { host, port, localAddress: host, localPort: port });
    t.true(isSelfConnected(socket, port), host);
    // What it says, it hears.
    socket.write('x');
    t.is(String((await once(socket, 'data'))[0]), 'x');
    // With a reset, so that the port is free again at once.
    socket.resetAndDestroy();
  }
});

test('neither another port of the same address nor the same port of another address is itself', async (t) => {
  const port = await tcpServer(t, () => {});
  t.false(isSelfConnected(await connected(t, { host: '127.0.0.1', port }), port));
  const same = { host: '127.0.0.1', port, localAddress: '127.0.0.2', localPort: port };
  t.false(isSelfConnected(await connected(t, same), port));
});

test('a stream that is closed already is not taken for one', async (t) => {
  const port = await tcpServer(t, () => {});
  const socket = await connected(t, { host: '127.0.0.1', port });
  socket.destroy();
  t.false(isSelfConnected(socket, port));
});
