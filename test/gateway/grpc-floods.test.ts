import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { status } from '@grpc/grpc-js';
import test, { type ExecutionContext } from 'ava';
import {
  callHeaders,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  http2Client,
  integer,
  PREFACE,
} from '../support/http2-frames.js';
import { type GrpcRig, messagesOf, startGrpcRig, TOKEN } from '../support/rigs/grpc-rig.js';
import { until } from '../support/until.js';

const UPDATE = '/seesaw.healthcheck.HealthCheckService/UpdateConfig';
const CHECK = '/grpc.health.v1.Health/Check';
const HEALTH = 'grpc.health.v1.Health';
const MIB = 1024 * 1024;

async function withRig(t: ExecutionContext, body: (rig: GrpcRig) => Promise<void>): Promise<void> {
  t.timeout(60_000);
  const rig = await startGrpcRig();
  try {
    await body(rig);
  } finally {
    await rig.close();
  }
}

const isAnswered = async (t: ExecutionContext, rig: GrpcRig): Promise<void> => {
  t.deepEqual(await rig.call(HEALTH, 'Check', {}, null), { status: 'SERVING' });
};

/** The first `sent` bytes of a message that is said to have `bytes`. */
function beginning(bytes: number, sent: number): Buffer {
  const begun = Buffer.alloc(5 + sent);
  begun.writeUInt32BE(bytes, 1);
  return begun;
}

type Answered = { readonly code: number; readonly message: string };

/** Calls of which each begins a message and does not end it; how they were answered. */
function halfCalls(t: ExecutionContext, rig: GrpcRig, path: string, sent: Buffer, token: string | null) {
  // A client of Node.js gives up its own calls where they hold more.
  const session = connect(`http://${rig.door.address}`, { maxSessionMemory: 1000 });
  t.teardown(() => session.destroy());
  session.on('error', () => undefined);
  const begin = (): Promise<Answered> =>
    new Promise((resolve) => {
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...authorization };
      const stream = session.request(headers);
      stream.on('error', () => undefined);
      const tell = (told: object) => {
        const { 'grpc-status': code, 'grpc-message': message = '' } = told as Record<string, string>;
        if (code !== undefined) resolve({ code: Number(code), message: decodeURIComponent(message) });
      };
      stream.on('response', tell);
      stream.on('trailers', tell);
      stream.write(sent);
    });
  return { begin, close: () => session.destroy() };
}

const eventually = async (t: ExecutionContext, holds: () => boolean): Promise<void> => {
  await until(holds);
  t.true(holds());
};

test('the token is asked for before a message is read', (t) =>
  withRig(t, async (rig) => {
    for (const token of [null, 'wrong']) {
      const calls = halfCalls(t, rig, UPDATE, beginning(8 * MIB, MIB), token);
      const answers = await Promise.all(Array.from({ length: 20 }, calls.begin));
      for (const { code } of answers) t.is(code, status.UNAUTHENTICATED);
      t.is(rig.received.held, 0);
    }
  }));

test('half-sent messages are bounded for a client, and their memory comes back with its connection', (t) =>
  withRig(t, async (rig) => {
    const calls = halfCalls(t, rig, UPDATE, beginning(8 * MIB, 4 * MIB), TOKEN);
    const answer = await Promise.race(Array.from({ length: 40 }, calls.begin));
    t.is(answer.code, status.RESOURCE_EXHAUSTED);
    t.regex(answer.message, /this client holds too much memory with half-sent messages/);
    t.true(rig.received.held <= 32 * MIB);
    t.true(rig.received.held > 16 * MIB);
    await isAnswered(t, rig);
    calls.close();
    await eventually(t, () => rig.received.held === 0);
  }));

test('a call that only reads takes a small message, and no memory for half of one', (t) =>
  withRig(t, async (rig) => {
    const large = await halfCalls(t, rig, CHECK, beginning(5000, 0), null).begin();
    t.is(large.code, status.RESOURCE_EXHAUSTED);
    t.is(large.message, 'a message of 5000 bytes; at most 4096 are taken here');
    void halfCalls(t, rig, CHECK, beginning(4000, 2000), null).begin();
    await isAnswered(t, rig);
    t.is(rig.received.held, 0);
  }));

test('a message that is half sent is given up in time', (t) =>
  withRig(t, async (rig) => {
    const answer = await halfCalls(t, rig, UPDATE, beginning(MIB, 10_000), TOKEN).begin();
    t.is(answer.code, status.DEADLINE_EXCEEDED);
    t.is(answer.message, 'no whole message within 10 s');
    t.is(rig.received.held, 0);
  }));

test('lasting calls are bounded for a client, whichever connections they come by, and others are answered', (t) =>
  withRig(t, async (rig) => {
    // A whole request for the daemon itself: an empty message.
    const watches = Array.from({ length: 4 }, () =>
      halfCalls(t, rig, '/grpc.health.v1.Health/Watch', Buffer.alloc(5), null),
    );
    const answers = watches.flatMap(({ begin }) => Array.from({ length: 150 }, begin));
    const answer = await Promise.race(answers);
    t.is(answer.code, status.RESOURCE_EXHAUSTED);
    t.regex(answer.message, /^512 lasting calls \(such as Watch\) of this client are under way already/);
    await isAnswered(t, rig);
    for (const { close } of watches) close();
    const watch = () => messagesOf(rig.stream(HEALTH, 'Watch', { service: '' }, null)).next();
    // The places are free when the connections are gone.
    for (;;) {
      const found = await watch().catch(() => null);
      if (found !== null) break;
    }
    t.pass();
  }));

const closedBy = async (t: ExecutionContext, rig: GrpcRig, sent: Buffer) => {
  const client = await http2Client(rig.door.address);
  client.socket.write(sent);
  await client.closed;
  await isAnswered(t, rig);
};
const many = (count: number, one: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => one(index)));

test('a header block without an end closes its connection', (t) =>
  withRig(t, async (rig) => {
    const begun = frame(FRAME.headers, 0, 1, callHeaders(CHECK));
    const full = Buffer.alloc(16_000);
    await closedBy(t, rig, Buffer.concat([begun, many(1000, () => frame(FRAME.continuation, 0, 1))]));
    await closedBy(t, rig, Buffer.concat([begun, many(5, () => frame(FRAME.continuation, 0, 1, full))]));
    await closedBy(t, rig, begun);
  }));

test('floods of frames that carry nothing close their connection', (t) =>
  withRig(t, async (rig) => {
    const open = frame(FRAME.headers, END_HEADERS, 1, callHeaders(CHECK));
    await closedBy(
      t,
      rig,
      many(5000, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))),
    );
    await closedBy(
      t,
      rig,
      many(5000, () => frame(FRAME.settings, 0, 0)),
    );
    await closedBy(
      t,
      rig,
      many(5000, () => frame(FRAME.priority, 0, 1, Buffer.alloc(5))),
    );
    await closedBy(
      t,
      rig,
      many(5000, () => frame(0xee, 0, 0)),
    );
    await closedBy(t, rig, Buffer.concat([open, many(5000, () => frame(FRAME.data, 0, 1))]));
    const update = Buffer.from([0, 0, 0, 1]);
    await closedBy(t, rig, Buffer.concat([open, many(50_000, () => frame(FRAME.windowUpdate, 0, 1, update))]));
  }));

test('calls that are opened and reset at once close their connection', (t) =>
  withRig(t, async (rig) => {
    const openAndReset = (index: number) =>
      Buffer.concat([
        frame(FRAME.headers, END_HEADERS, 2 * index + 1, callHeaders(CHECK)),
        frame(FRAME.rst, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
      ]);
    await closedBy(t, rig, many(5000, openAndReset));
  }));

test('calls that are refused again and again close their connection', (t) =>
  withRig(t, async (rig) => {
    const refused = (index: number) =>
      frame(FRAME.headers, END_HEADERS | END_STREAM, 2 * index + 1, callHeaders('/no.such/Method'));
    await closedBy(t, rig, many(5000, refused));
  }));

test('headers that grow when they are decoded close their connection, and take no memory', (t) =>
  withRig(t, async (rig) => {
    // One field of 4,000 bytes is put into the table, and then named by one byte, again and again: 40 MB of 10 KB.
    const field = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from('x'), integer(4000, 7), Buffer.alloc(4000, 0x61)]);
    const bomb = (index: number) => {
      const block = [callHeaders(CHECK), index === 0 ? field : Buffer.alloc(0), Buffer.alloc(10_000, 0x80 | 62)];
      return frame(FRAME.headers, END_HEADERS | END_STREAM, 2 * index + 1, Buffer.concat(block));
    };
    const before = process.memoryUsage().rss;
    await closedBy(t, rig, many(300, bomb));
    t.true(process.memoryUsage().rss - before < 400 * MIB);
  }));

test('a client that sends nothing, or never answers our settings, is closed in time', (t) =>
  withRig(t, async (rig) => {
    const [host = '', port = ''] = rig.door.address.split(':');
    const closed = [Buffer.alloc(0), Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)])].map(
      (sent) =>
        new Promise((resolve) => {
          const socket = createConnection({ host, port: Number(port) }, () => socket.write(sent));
          socket.resume();
          socket.on('error', () => undefined);
          socket.on('close', resolve);
        }),
    );
    await Promise.all(closed);
    await isAnswered(t, rig);
  }));
