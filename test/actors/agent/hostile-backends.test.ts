import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { until } from '../../support/until.js';
import { type AgentUnderTest, conversation, startAgent } from './agent-under-test.js';

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What the agent says of an HTTP/2 server that handles each stream so; asked `times` times over one connection. */
async function answersOf(
  t: ExecutionContext,
  handle: (stream: ServerHttp2Stream, session: Http2Session) => void,
  times = 1,
): Promise<string[]> {
  const server = createHttp2Server({ maxSendHeaderBlockLength: 16 * 1024 * 1024 });
  server.on('session', (session) => session.on('error', () => undefined));
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.resume();
    if (stream.session !== undefined) handle(stream, stream.session);
  });
  return askTimes(t, await listening(t, server as unknown as Server), times);
}

async function askTimes(t: ExecutionContext, port: number, times = 1): Promise<string[]> {
  const agent = await startAgent(t);
  const { say } = conversation(t, agent.port);
  const answers = [];
  for (let time = 0; time < times; time++) answers.push(await say(`127.0.0.1 ${port} no-ssl x\n`));
  allIsTold(t, agent, answers);
  return answers;
}

/** What was answered as down is in the log and in the metrics, with its reason. */
function allIsTold(t: ExecutionContext, agent: AgentUnderTest, answers: readonly string[]): void {
  const down = answers.filter((answer) => answer !== 'up');
  const records = agent.records.filter(({ status }) => status === 'down');
  t.deepEqual(
    records.map(({ reason }) => `down #${String(reason).slice(0, 120)}`),
    down,
  );
  for (const record of records) t.like(record, { level: 'warn', component: 'agent' });
  const counted = agent.counted();
  t.is(counted['check_requests_total error'], down.length);
  const types = Object.keys(counted).filter((name) => name.startsWith('check_errors_total'));
  t.is(
    types.reduce((sum, name) => sum + (counted[name] ?? 0), 0),
    down.length,
  );
}

const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** Answers as a good server does, with changes. */
function respond(
  stream: ServerHttp2Stream,
  body: Buffer | null = serving,
  headers: object = {},
  trailers: object = {},
): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...trailers }));
  stream.end(body ?? undefined);
}

test('a good answer, so that the others fail for their own reasons', async (t) => {
  t.deepEqual(await answersOf(t, (stream) => respond(stream), 3), ['up', 'up', 'up']);
});

test('answers that are none', async (t) => {
  const cases: [string, (stream: ServerHttp2Stream) => void][] = [
    ['HTTP status 503 instead of 200', (stream) => respond(stream, serving, { ':status': 503 })],
    [
      'content type "text/html", not application/grpc',
      (stream) => respond(stream, serving, { 'content-type': 'text/html' }),
    ],
    ['0 messages instead of one', (stream) => respond(stream, null)],
    ['more than one message', (stream) => respond(stream, Buffer.concat([serving, serving]))],
    ['a truncated message', (stream) => respond(stream, serving.subarray(0, 6))],
    ['a compressed message, though none was offered', (stream) => respond(stream, Buffer.from([1, 0, 0, 0, 0]))],
    [
      'a message of 4294967295 bytes; at most 4096 are read',
      (stream) => respond(stream, Buffer.from([0, 255, 255, 255, 255, 1])),
    ],
    ['serving status 9 does not exist', (stream) => respond(stream, Buffer.from([0, 0, 0, 0, 2, 8, 9]))],
    [
      'UNAVAILABLE: go away',
      (stream) => respond(stream, null, {}, { 'grpc-status': '14', 'grpc-message': 'go%20away' }),
    ],
    ['grpc-status "abc"', (stream) => respond(stream, serving, {}, { 'grpc-status': 'abc' })],
    [
      'UNIMPLEMENTED',
      (stream) =>
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
          { endStream: true },
        ),
    ],
    [
      'no grpc-status in the answer',
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        stream.end(serving);
      },
    ],
  ];
  for (const [reason, handle] of cases) t.deepEqual(await answersOf(t, handle), [`down #${reason}`], reason);
});

test('an endless stream is cut off after the second message', async (t) => {
  let written = 0;
  let closed = 0;
  const [answer] = await answersOf(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    const pour = (): void => {
      while (!stream.destroyed && stream.write(Buffer.alloc(16 * 1024, serving))) written += 1;
    };
    stream.on('drain', pour);
    stream.on('close', () => {
      closed += 1;
    });
    pour();
  });
  t.is(answer, 'down #more than one message');
  t.true(written < 100);
  await until(() => closed > 0);
});

test('a stream that begins and never ends is a timeout', async (t) => {
  const [answer] = await answersOf(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(serving.subarray(0, 3));
  });
  t.is(answer, 'down #no answer in time');
});

test('huge headers are refused', async (t) => {
  const [answer] = await answersOf(t, (stream) => respond(stream, serving, { 'x-huge': 'x'.repeat(1024 * 1024) }));
  t.regex(answer ?? '', /^down #no answer/);
});

test('a thousand headers are refused', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x-${index}`, 'y']));
  const [answer] = await answersOf(t, (stream) => respond(stream, serving, many));
  t.regex(answer ?? '', /^down #/);
});

test('a server that says GOAWAY after each answer is up each time', async (t) => {
  const answers = await answersOf(
    t,
    (stream, session) => {
      stream.on('close', () => session.goaway());
      respond(stream);
    },
    4,
  );
  t.deepEqual(answers, ['up', 'up', 'up', 'up']);
});

test('a server that breaks the kept connection on the next call is asked once more on a fresh one', async (t) => {
  const calls = new WeakMap<Http2Session, number>();
  const answers = await answersOf(
    t,
    (stream, session) => {
      const call = (calls.get(session) ?? 0) + 1;
      calls.set(session, call);
      if (call === 1) respond(stream);
      else session.destroy();
    },
    3,
  );
  t.deepEqual(answers, ['up', 'up', 'up']);
});

test('a server that resets every stream is down', async (t) => {
  const [answer] = await answersOf(t, (stream) => stream.close(8));
  t.regex(answer ?? '', /^down #no answer: /);
});

test('HTTP/1.1, garbage, and a connection that is closed at once', async (t) => {
  const http1 = await listening(
    t,
    createHttpServer((_request, response) => void response.end('hello')),
  );
  t.regex((await askTimes(t, http1))[0] ?? '', /^down #no answer: /);
  const garbage = await listening(
    t,
    createTcpServer((socket) => void socket.write(Buffer.alloc(64 * 1024, 0xa5))),
  );
  t.regex((await askTimes(t, garbage))[0] ?? '', /^down #no answer: /);
  const closing = await listening(
    t,
    createTcpServer((socket) => void socket.destroy()),
  );
  t.regex((await askTimes(t, closing))[0] ?? '', /^down #no answer: /);
});

const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]), payload]);
const settings = frame(4, 0, 0, Buffer.alloc(0));
// A literal header without indexing: x: yyyy...
const header = Buffer.concat([Buffer.from([0, 1, 0x78, 100]), Buffer.alloc(100, 0x79)]);
const floods: [string, Buffer, Buffer][] = [
  ['PING frames', settings, frame(6, 0, 0, Buffer.alloc(8))],
  ['SETTINGS frames', settings, settings],
  ['headers without end', Buffer.concat([settings, frame(1, 0, 1, header)]), frame(9, 0, 1, header)],
  ['promised streams', settings, frame(5, 4, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), header]))],
  ['unknown frames', settings, frame(99, 0, 0, Buffer.alloc(1000))],
];

for (const [name, first, repeated] of floods) {
  test(`a flood of ${name} holds nobody else up`, async (t) => {
    const bytes = Buffer.concat(Array.from({ length: 1000 }, () => repeated));
    const port = await listening(
      t,
      createTcpServer((socket) => {
        // Some megabytes each time, as fast as they are read, until the agent has enough.
        const pour = (): void => {
          for (let count = 0; count < 20 && !socket.destroyed; count++) if (!socket.write(bytes)) return;
        };
        socket.on('drain', pour);
        socket.resume();
        socket.write(first);
        pour();
      }),
    );
    const good = createHttp2Server();
    good.on('stream', (stream) => respond(stream));
    const goodPort = await listening(t, good as unknown as Server);
    const agent = await startAgent(t);
    const flooded = conversation(t, agent.port).say(`127.0.0.1 ${port} no-ssl x\n`);
    const { say } = conversation(t, agent.port);
    t.is(await say(`127.0.0.1 ${goodPort} no-ssl x\n`), 'up');
    t.regex(
      await flooded,
      name === 'unknown frames' ? /^down #no answer: the peer has sent more than 262144 bytes/ : /^down #/,
    );
  });
}
