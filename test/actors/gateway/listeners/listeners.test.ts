import { EventEmitter, on, once } from 'node:events';
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, METHODS } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Listener } from '../../../../src/actors/gateway/listeners/listener.js';
import { DOOR_LIMITS } from '../../../../src/actors/gateway/listeners/listener-limits.js';
import { listenOnUnixSocket } from '../../../../src/actors/gateway/listeners/unix-socket.js';
import { rawClient } from '../../../support/peers/raw-client.js';
import { askHttp, startRig } from '../../../support/rigs/gateway-rig.js';

const scratch = (t: ExecutionContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-door-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
const listening = async (t: ExecutionContext, server: Server, to: string | { host: string; port: number }) => {
  server.listen(to);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
};
const control = (overrides: object) => ({ socket: null, http: null, grpc: null, tokenFile: null, ...overrides });

test('the unix socket is open to owner and group, in a directory that is made, and gone after the stop', async (t) => {
  const rig = await startRig(t);
  t.is(lstatSync(rig.socketPath).mode & 0o777, 0o660);
  t.true(lstatSync(rig.socketPath).isSocket());
  t.deepEqual(readdirSync(join(rig.directory, 'run')), ['fulcrum.sock'], 'nothing else is left there');
  await rig.gateway.stop();
  t.false(existsSync(rig.socketPath));
});

test('the socket file of a dead daemon is taken over', async (t) => {
  const path = join(scratch(t), 'x.sock');
  // A listening descriptor that ends without unlinking, as after SIGKILL.
  const dead = createServer();
  await listenOnUnixSocket(dead, path);
  await new Promise((resolve) => dead.close(resolve));
  t.true(lstatSync(path).isSocket());
  const rig = await startRig(t, { config: { control: control({ socket: path }) } });
  t.is((await askHttp({ socketPath: path }, 'GET', '/liveness')).status, 200);
  await rig.gateway.stop();
});

test('the socket of a living daemon is refused, and that one goes on', async (t) => {
  const first = await startRig(t);
  const error = await t.throwsAsync(startRig(t, { config: { control: control({ socket: first.socketPath }) } }));
  t.is(
    error?.message,
    `${first.socketPath}: a daemon (process ${process.pid}) is running there already: stop it, or set control.socket`,
  );
  t.is((await first.ask('GET', '/liveness')).status, 200);
});

test('a path that is something else than a socket is refused and untouched', async (t) => {
  const path = join(scratch(t), 'file');
  writeFileSync(path, 'precious');
  const error = await t.throwsAsync(startRig(t, { config: { control: control({ socket: path }) } }));
  t.regex(error?.message ?? '', /exists and is not a socket/);
  t.true(lstatSync(path).isFile());
});

test('a socket path that is too long, or cannot be made, says so', async (t) => {
  const long = `/tmp/${'x'.repeat(110)}`;
  t.regex(
    (await t.throwsAsync(startRig(t, { config: { control: control({ socket: long }) } })))?.message ?? '',
    /at most 107 bytes/,
  );
  const nowhere = await t.throwsAsync(startRig(t, { config: { control: control({ socket: '/dev/null/x.sock' }) } }));
  t.regex(nowhere?.message ?? '', /\/dev\/null\/x\.sock/);
});

test('a stop leaves the socket of a successor alone', async (t) => {
  const first = await startRig(t);
  rmSync(first.socketPath);
  const second = await startRig(t, { config: { control: control({ socket: first.socketPath }) } });
  await first.gateway.stop();
  t.is((await askHttp({ socketPath: first.socketPath }, 'GET', '/liveness')).status, 200);
  await second.gateway.stop();
});

test('a port that another program uses fails the start, with its setting and what to do', async (t) => {
  const port = await listening(t, createServer(), { host: '127.0.0.1', port: 0 });
  const socket = join(scratch(t), 'x.sock');
  const config = { control: control({ socket, http: { host: '127.0.0.1', port } }) };
  const error = await t.throwsAsync(startRig(t, { config }));
  t.is(
    error?.message,
    `control.http: cannot listen on http://127.0.0.1:${port}: another program uses that port; stop it, or choose another port`,
  );
  t.false(existsSync(socket), 'what was open already is closed again');
});

test('a reload moves the listeners that changed, and connections of the others stay', async (t) => {
  const rig = await startRig(t);
  const before = rig.port('control.http');
  const follower = rawClient({ path: rig.socketPath });
  t.teardown(() => follower.socket.destroy());
  follower.socket.write('GET /api/v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
  await follower.until(/retry/);
  const inode = lstatSync(rig.socketPath).ino;
  rig.gateway.configure({
    ...rig.config,
    control: { ...rig.config.control, http: { host: '127.0.0.2', port: 0 } },
    metrics: { listen: { host: '127.0.0.1', port: 0 } },
  });
  while (!rig.items.has('listener/metrics.listen')) await new Promise((resolve) => setImmediate(resolve));
  const item = rig.items.get('listener/control.http');
  t.regex(item?.type === 'listener' ? item.address : '', /^http:\/\/127\.0\.0\.2:\d+$/);
  await t.throwsAsync(askHttp({ host: '127.0.0.1', port: before }, 'GET', '/liveness'), { code: 'ECONNREFUSED' });
  t.is(lstatSync(rig.socketPath).ino, inode);
  t.false(follower.socket.destroyed);
  t.is((await rig.ask('GET', '/metrics', { door: 'metrics' })).status, 200);
  t.is((await rig.ask('GET', '/api/v1/services', { door: 'metrics' })).status, 404);
});

test('a listener that cannot move stays where it was, and says so', async (t) => {
  const taken = await listening(t, createHttpServer(), { host: '127.0.0.1', port: 0 });
  const rig = await startRig(t);
  const before = rig.port('control.http');
  rig.gateway.configure({
    ...rig.config,
    control: { ...rig.config.control, http: { host: '127.0.0.1', port: taken } },
  });
  while (rig.events.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.like(rig.events[0], { type: 'alarm', alarm: 'listener' });
  t.regex(rig.events[0]?.why ?? '', /another program uses that port.*the old listener stays/);
  t.is((await askHttp({ host: '127.0.0.1', port: before }, 'GET', '/liveness')).status, 200);
});

test('a listener moves to another address on its own port', async (t) => {
  const probe = createServer();
  const port = await listening(t, probe, { host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => probe.close(resolve));
  const rig = await startRig(t, { config: { control: control({ http: { host: '127.0.0.1', port } }) } });
  rig.gateway.configure({ ...rig.config, control: control({ http: { host: '0.0.0.0', port } }) });
  const moved = () => rig.logged.some(({ message }) => message.includes(`http://0.0.0.0:${port}`));
  while (!moved()) await new Promise((resolve) => setImmediate(resolve));
  t.is((await askHttp({ host: '127.0.0.2', port }, 'GET', '/liveness')).status, 200);
  t.is(rig.events.length, 0);
});

/** A door with short limits, that answers a body of the given size. */
async function shortDoor(t: ExecutionContext, limits: Partial<typeof DOOR_LIMITS>, bytes = 2) {
  const refused: string[] = [];
  const ended = new EventEmitter();
  /** Each answer that is over, sent or not. */
  const answers = on(ended, 'answer');
  const door = await Listener.open(
    { kind: 'tcp', listen: { host: '127.0.0.1', port: 0 } },
    {
      handle: (_request, response) => {
        response.on('close', () => ended.emit('answer'));
        response.end(Buffer.alloc(bytes, 'x'));
      },
      refused: (_kind, reason) => refused.push(reason),
    },
    { ...DOOR_LIMITS, timeoutCheckMs: 10, closeGraceMs: 100, ...limits },
  );
  t.teardown(() => door.close());
  const port = Number(new URL(door.boundAddress).port);
  const client = () => {
    const made = rawClient({ host: '127.0.0.1', port });
    t.teardown(() => made.socket.destroy());
    return made;
  };
  return { door, refused, client, answers };
}

test('half a request is answered with 408 and ended, however slowly it drips', async (t) => {
  const { client, refused } = await shortDoor(t, { headersTimeoutMs: 100, requestTimeoutMs: 200 });
  const slow = client();
  slow.socket.write('GET / HTTP/1.1\r\nhost: x\r\nx: ');
  const drip = setInterval(() => slow.socket.write('x'), 20);
  t.teardown(() => clearInterval(drip));
  t.regex(await slow.closed, /^HTTP\/1\.1 408 [\s\S]*problem\+json[\s\S]*"ERR_REQUEST_TIMEOUT"/);
  const half = client();
  half.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
  t.regex(await half.closed, /408|^HTTP\/1\.1 200/);
  t.true(refused.includes('timeout'));
});

test('what is not HTTP is answered with a 400 problem and ended', async (t) => {
  const { client, refused } = await shortDoor(t, {});
  for (const garbage of [
    Buffer.from([0x16, 3, 1, 0, 0xa5, 1, 0, 0]),
    Buffer.from('SSH-2.0-x\r\n'),
    Buffer.from('\0\0\0\r\n\r\n'),
  ]) {
    const mad = client();
    mad.socket.write(garbage);
    t.regex(await mad.closed, /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*"ERR_BAD_REQUEST"/);
  }
  const smuggler = client();
  smuggler.socket.write(
    'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  );
  t.regex(await smuggler.closed, /400 Bad Request/);
  t.is(refused.length, 4);
});

test('headers beyond the limit are a 431 problem', async (t) => {
  const { client } = await shortDoor(t, {});
  const loud = client();
  loud.socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
  t.regex(await loud.closed, /^HTTP\/1\.1 431 [\s\S]*"ERR_HEADERS_TOO_LARGE"/);
});

test('when all places are taken, the connection that has been idle for longest leaves, and a fresh client is served', async (t) => {
  const { client, refused } = await shortDoor(t, { connections: { total: 3, perClient: 3 } });
  const silent = [client(), client()];
  for (const each of silent) await once(each.socket, 'connect');
  // Half a request is none.
  silent[0]?.socket.write('GET / HTTP/1.1\r\nhos');
  const asking = client();
  asking.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await asking.until(/xx$/);
  const fresh = client();
  fresh.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await fresh.until(/xx$/);
  await silent[0]?.closed;
  t.deepEqual(refused, ['connections']);
  asking.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await asking.until(/xx[\s\S]*xx$/);
});

test('a method that no route has is a 501 problem, on every path, and no defect', async (t) => {
  const rig = await startRig(t);
  for (const method of ['QUERY', 'TRACE', 'PROPFIND']) {
    if (!METHODS.includes(method)) continue;
    const answer = await rig.ask(method, '/');
    t.is(answer.status, 501, method);
    t.like(answer.json() as object, { code: 'ERR_METHOD', status: 501 });
  }
  t.deepEqual(
    rig.logged.filter(({ level }) => level === 'error'),
    [],
  );
});

test('a metrics listener on loopback answers to no stranger’s name', async (t) => {
  const rig = await startRig(t, { config: { metrics: { listen: { host: '127.0.0.1', port: 0 } } } });
  const ask = (host: string) => rig.ask('GET', '/metrics', { door: 'metrics', headers: { host } });
  t.is((await ask('evil.example')).status, 421);
  t.is((await ask('localhost')).status, 200);
  t.is((await ask('127.0.0.1:9')).status, 200);
});

test('a client that never reads its answer is disconnected', async (t) => {
  const { client, answers } = await shortDoor(t, { idleTimeoutMs: 200 }, 64 * 1024 * 1024);
  const silent = client();
  silent.socket.pause();
  silent.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await answers.next();
  silent.socket.resume();
  t.true((await silent.closed).length < 64 * 1024 * 1024);
});

test('a stop ends connections that would stay', async (t) => {
  const { door, client } = await shortDoor(t, {});
  const lingering = client();
  lingering.socket.write('GET / HTTP/1.1\r\nhost: x\r\n');
  await once(lingering.socket, 'connect');
  await door.close();
  await lingering.closed;
  t.pass();
});
