import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type StreamSocket, StreamSockets } from '../../../src/os/sockets/stream-socket.js';
import { freePort } from '../../support/fixtures/ports.js';

const plain = { mark: null, source: null };

async function serve(t: ExecutionContext, onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const connected = (socket: StreamSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.connect(resolve);
  });

test.serial(
  'a request goes out and its answer comes in, one connection after the other on one descriptor',
  async (t) => {
    const port = await serve(t, (socket) => socket.on('data', (bytes) => socket.write(`echo ${bytes}`)));
    const sockets = new StreamSockets();
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (let i = 0; i < 1000; i += 1) {
      const socket = sockets.open('127.0.0.1', port, plain);
      await connected(socket);
      socket.write(Buffer.from(`${i}`));
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      if (String(bytes) !== `echo ${i}`) t.fail(`${i}: ${bytes}`);
      socket.destroy();
    }
    // Test files on other threads of this process open and close their own meanwhile.
    t.true(descriptors() < before + 500);
    sockets.close();
  },
);

test.serial('a connection serves for several requests', async (t) => {
  const port = await serve(t, (socket) => socket.on('data', (bytes) => socket.write(bytes)));
  const sockets = new StreamSockets();
  const socket = sockets.open('127.0.0.1', port, plain);
  await connected(socket);
  for (const text of ['one', 'two', 'three']) {
    socket.write(Buffer.from(text));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    t.is(String(bytes), text);
  }
  socket.destroy();
  sockets.close();
});

test.serial('a peer that speaks first is heard', async (t) => {
  const port = await serve(t, (socket) => socket.write('welcome'));
  const sockets = new StreamSockets();
  const socket = sockets.open('127.0.0.1', port, plain, true);
  await connected(socket);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  t.is(String(bytes), 'welcome');
  socket.destroy();
  sockets.close();
});

test.serial('a refused connection is an error with its code, and then a close', async (t) => {
  const sockets = new StreamSockets();
  const socket = sockets.open('127.0.0.1', await freePort(), plain);
  const told: string[] = [];
  socket.on('error', (error) => told.push((error as NodeJS.ErrnoException).code ?? ''));
  socket.on('close', () => told.push('close'));
  socket.connect(() => told.push('connected'));
  while (told.length < 2) await new Promise(setImmediate);
  t.deepEqual(told, ['ECONNREFUSED', 'close']);
  sockets.close();
});

test.serial('what a full socket does not take goes out later, and all of it', async (t) => {
  const bytes = Buffer.alloc(8 * 2 ** 20, 'x');
  let received = 0;
  let reader: Socket | null = null;
  const port = await serve(t, (socket) => {
    reader = socket.pause();
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
  });
  const sockets = new StreamSockets();
  const socket = sockets.open('127.0.0.1', port, plain);
  await connected(socket);
  let taken = false;
  socket.write(bytes, () => {
    taken = true;
  });
  t.false(taken, 'it did not fit');
  const alive = setInterval(() => reader?.resume(), 1);
  while (received < bytes.length) await new Promise(setImmediate);
  clearInterval(alive);
  t.true(taken);
  t.is(received, bytes.length);
  socket.destroy();
  sockets.close();
});

test.serial('the end of the peer is told once, and what was sent before it comes first', async (t) => {
  const port = await serve(t, (socket) => socket.end('last words'));
  const sockets = new StreamSockets();
  const socket = sockets.open('127.0.0.1', port, plain, true);
  const told: string[] = [];
  socket.on('data', (bytes) => told.push(String(bytes)));
  socket.on('end', () => told.push('end'));
  socket.on('close', () => told.push('close'));
  await connected(socket);
  await once(socket, 'end');
  // That nothing follows is what is tested.
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(told, ['last words', 'end']);
  socket.destroy();
  sockets.close();
});

test.serial('a reset by the peer is an error', async (t) => {
  const port = await serve(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const sockets = new StreamSockets();
  const socket = sockets.open('127.0.0.1', port, plain);
  await connected(socket);
  socket.removeAllListeners('error');
  socket.write(Buffer.from('hello'));
  const [error] = (await once(socket, 'error').catch((thrown) => [thrown])) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNRESET');
  sockets.close();
});

test.serial('a destroyed connection is reset, and says nothing more', async (t) => {
  const codes: unknown[] = [];
  const port = await serve(t, (socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code));
    socket.on('data', () => socket.write('answer'));
  });
  const sockets = new StreamSockets();
  const socket = sockets.open('127.0.0.1', port, plain);
  await connected(socket);
  let answers = 0;
  socket.on('data', () => {
    answers += 1;
    socket.destroy();
  });
  for (const event of ['end', 'close'] as const) socket.on(event, () => t.fail(event));
  socket.write(Buffer.from('request'));
  while (codes.length === 0) await new Promise(setImmediate);
  t.deepEqual(codes, ['ECONNRESET']);
  t.is(answers, 1);
  sockets.close();
});

test.serial('connections that end while others become ready do not disturb them', async (t) => {
  const port = await serve(t, (socket) => socket.on('data', (bytes) => socket.write(bytes)));
  const sockets = new StreamSockets();
  let rounds = 0;
  const chain = (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let left = 40;
      const next = (): void => {
        const socket = sockets.open('127.0.0.1', port, plain);
        const text = `${name} ${left}`;
        socket.on('error', reject);
        socket.on('end', () => reject(new Error('end')));
        socket.on('data', (bytes) => {
          if (String(bytes) !== text) reject(new Error(`${text}: got ${bytes}`));
          socket.destroy();
          rounds += 1;
          left -= 1;
          // At once, so that the descriptor is used again while events of the same wake-up wait.
          if (left > 0) next();
          else resolve();
        });
        socket.connect(() => socket.write(Buffer.from(text)));
      };
      next();
    });
  const alive = setInterval(() => {}, 1000);
  await Promise.all(Array.from({ length: 20 }, (_, i) => chain(`chain ${i}`)));
  clearInterval(alive);
  t.is(rounds, 800);
  sockets.close();
});
