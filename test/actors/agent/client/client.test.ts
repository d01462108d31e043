import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { AgentClient, type Answerer } from '../../../../src/actors/agent/client/client.js';

const HOUR_MS = 3_600_000;
const answerAtOnce: Answerer = { request: (_request, answer) => answer('up\n'), malformed: () => 'down\n' };
const good = '127.0.0.1 80 no-ssl x\n';

/** A client's connection to a server with these limits; and the moment when the server has closed it. */
async function connected(
  t: ExecutionContext,
  limits: { idleMs: number; stallMs: number },
  answerer = answerAtOnce,
): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  let accepted: (socket: Socket) => void;
  const served = new Promise<Socket>((resolve) => {
    accepted = resolve;
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    new AgentClient(socket, answerer, limits);
    accepted(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect({
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  socket.on('error', () => undefined);
  const own = await served;
  t.teardown(() => {
    socket.destroy();
    own.destroy();
    server.close();
  });
  return { socket, closed: once(own, 'close') };
}

test('a client that leaves a line unfinished is closed, though it could stay idle for hours', async (t) => {
  const { socket, closed } = await connected(t, { idleMs: HOUR_MS, stallMs: 50 });
  socket.write(good);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.is(answer.toString(), 'up\n');
  socket.write('127.0.0.1 80 no-');
  await closed;
});

test('a client that does not read its answers is closed, and little is kept for it', async (t) => {
  const text = `down #${'x'.repeat(120)}\n`;
  let asked = 0;
  const answerer: Answerer = {
    request(_request, answer) {
      asked += 1;
      answer(text);
    },
    malformed: () => text,
  };
  const { socket, closed } = await connected(t, { idleMs: HOUR_MS, stallMs: 200 }, answerer);
  socket.pause();
  const pour = (): void => {
    while (!socket.destroyed && socket.write(good.repeat(1000)));
  };
  socket.on('drain', pour);
  pour();
  await closed;
  // What the two kernels' buffers hold, and 16 KiB: far from what was sent.
  t.true(asked * text.length < 64 * 1024 * 1024, `${asked} answers`);
});

test('a client that closes its side only, without a word, is closed', async (t) => {
  const { socket, closed } = await connected(t, { idleMs: HOUR_MS, stallMs: HOUR_MS });
  socket.end();
  await closed;
  t.pass();
});

test('a client that vanished without a word is closed after the idle limit', async (t) => {
  const { closed } = await connected(t, { idleMs: 50, stallMs: HOUR_MS });
  await closed;
  t.pass();
});

test('a check under way is waited for, whatever the limits of its client', async (t) => {
  let heard: (answer: (text: string) => void) => void = () => {};
  const asked = new Promise<(text: string) => void>((resolve) => {
    heard = resolve;
  });
  const answerer: Answerer = { request: (_request, answer) => heard(answer), malformed: () => 'down\n' };
  // Long enough for its request on a busy machine.
  const { socket } = await connected(t, { idleMs: 500, stallMs: 500 }, answerer);
  socket.write(good);
  const answerIt = await asked;
  // Longer than its limits: that nothing happens is what is tested.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  answerIt('up\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.is(answer.toString(), 'up\n');
});
