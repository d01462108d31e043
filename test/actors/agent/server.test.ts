import { once } from 'node:events';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { freePort } from '../../support/fixtures/ports.js';
import { startGrpcHealthServer } from '../../support/peers/grpc-health-server.js';
import { until } from '../../support/until.js';
import { ask, conversation, startAgent } from './agent-under-test.js';

const line = (port: number) => `127.0.0.1 ${port} no-ssl backend.test\n`;

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // What a test never reads from would never hear that the agent has gone, and keep the process.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('only SERVING is up; the authority is the proxy_host', async (t) => {
  const backend = await startGrpcHealthServer(t);
  const agent = await startAgent(t);
  const { say } = conversation(t, agent.port);
  t.is(await say(line(backend.port)), 'up');
  for (const [serving, answer] of [
    ['NOT_SERVING', 'down #the backend answers NOT_SERVING'],
    ['UNKNOWN', 'down #the backend answers UNKNOWN'],
    ['SERVICE_UNKNOWN', 'down #the backend answers SERVICE_UNKNOWN'],
    ['SERVING', 'up'],
  ] as const) {
    backend.services.set('', serving);
    t.is(await say(line(backend.port)), answer);
  }
  backend.services.delete('');
  t.is(await say(line(backend.port)), 'down #NOT_FOUND: unknown service');
  t.deepEqual(new Set(backend.calls.map(({ authority }) => authority)), new Set(['backend.test']));
});

test('one connection per check, with and without a line end', async (t) => {
  const backend = await startGrpcHealthServer(t);
  const agent = await startAgent(t, { reasons: false });
  t.is(await ask(agent.port, line(backend.port)), 'up\n');
  t.is(await ask(agent.port, line(backend.port).trimEnd()), 'up\n');
  backend.services.set('', 'NOT_SERVING');
  t.is(await ask(agent.port, line(backend.port)), 'down\n');
  t.is(await ask(agent.port, ''), '');
});

test('a request that makes no sense is down, and the connection stays', async (t) => {
  const backend = await startGrpcHealthServer(t);
  const agent = await startAgent(t);
  const { say } = conversation(t, agent.port);
  t.is(await say('hello\n'), 'down #1 fields; expected are: server port ssl|no-ssl proxy_host');
  t.is(await say('\n'), 'down #0 fields; expected are: server port ssl|no-ssl proxy_host');
  t.is(await say('\x00\xff\x01 80 no-ssl x\n'), 'down #the server is neither a host name nor an IP address');
  t.is(await say(line(backend.port)), 'up');
  const { counted } = agent;
  t.like(counted(), {
    'check_requests_total up': 1,
    'check_requests_total down': 0,
    'check_requests_total error': 3,
    'check_errors_total protocol_error': 3,
    'check_errors_total timeout': 0,
  });
});

test('pipelined lines are answered in their order, the slow first one too', async (t) => {
  const slow = await startGrpcHealthServer(t);
  slow.delayMs = 150;
  const fast = await startGrpcHealthServer(t);
  fast.services.set('', 'NOT_SERVING');
  const agent = await startAgent(t, { reasons: false });
  const count = 100;
  const answers = await ask(agent.port, (line(slow.port) + line(fast.port)).repeat(count) + line(slow.port).trimEnd());
  t.is(answers, `${'up\ndown\n'.repeat(count)}up\n`);
});

test('ten thousand bad lines at once are ten thousand answers', async (t) => {
  const agent = await startAgent(t, { reasons: false });
  t.is((await ask(agent.port, 'x\n'.repeat(10_000))).length, 'down\n'.length * 10_000);
});

test('identical requests at the same time are one call', async (t) => {
  const backend = await startGrpcHealthServer(t);
  backend.delayMs = 'held';
  let arrived = 0;
  const agent = await startAgent(t, { useCheckResults: true }, async () => {
    arrived += 1;
    return null;
  });
  const asked = Promise.all(Array.from({ length: 50 }, () => ask(agent.port, line(backend.port))));
  while (arrived < 50 || backend.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  backend.release();
  const answers = await asked;
  t.deepEqual(new Set(answers), new Set(['up\n']));
  t.is(backend.calls.length, 1);
  backend.delayMs = 0;
  t.is(await ask(agent.port, line(backend.port)), 'up\n');
  t.is(backend.calls.length, 2);
});

test('a line without end is down, and the connection is closed', async (t) => {
  const agent = await startAgent(t);
  const socket = connect({ port: agent.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const flood = setInterval(() => socket.write(Buffer.alloc(64 * 1024, 'x')), 1);
  t.teardown(() => clearInterval(flood));
  const [first] = (await once(socket, 'data')) as [Buffer];
  t.is(first.toString(), 'down #a line that is too long\n');
  await once(socket, 'close');
  clearInterval(flood);
});

test('a backend that refuses is down, and up soon after it is back', async (t) => {
  const port = await freePort();
  const agent = await startAgent(t);
  const { say } = conversation(t, agent.port);
  t.regex(await say(line(port)), /^down #connect: .*ECONNREFUSED/);
  // Within the back-off or after it, by how busy this machine is.
  t.regex(await say(line(port)), /^down #connect: .*ECONNREFUSED/);
  t.like(agent.counted(), {
    'check_errors_total unreachable': 2,
    grpc_channels_active: 1,
    haproxy_connections_active: 1,
  });
  await startGrpcHealthServer(t, { port });
  await until(async () => (await say(line(port))) === 'up');
});

test('a backend that restarts between two checks is up in both', async (t) => {
  const first = await startGrpcHealthServer(t);
  const agent = await startAgent(t);
  const { say } = conversation(t, agent.port);
  t.is(await say(line(first.port)), 'up');
  first.stop();
  await startGrpcHealthServer(t, { port: first.port });
  t.is(await say(line(first.port)), 'up');
});

test('a backend that accepts and never answers costs its own request the limit, and others nothing', async (t) => {
  const accepted: (() => void)[] = [];
  const silent = await listening(
    t,
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      accepted.push(() => socket.destroy());
    }),
  );
  const backend = await startGrpcHealthServer(t);
  const agent = await startAgent(t);
  const order: string[] = [];
  const slow = ask(agent.port, line(silent)).then((answer) => order.push(answer));
  for (let round = 0; round < 5; round++) order.push(await ask(agent.port, line(backend.port)));
  await slow;
  t.deepEqual(order, [...Array<string>(5).fill('up\n'), 'down #no answer in time\n']);
  t.like(agent.counted(), { 'check_errors_total timeout': 1, 'check_requests_total error': 1 });
  for (const destroy of accepted) destroy();
});

test('a backend that is slow within the limit is up', async (t) => {
  const backend = await startGrpcHealthServer(t);
  backend.delayMs = 400;
  const agent = await startAgent(t);
  t.is(await ask(agent.port, line(backend.port)), 'up\n');
});

test('targets that the rules forbid are down, by address and by name, and nothing is connected to', async (t) => {
  let connections = 0;
  const port = await listening(
    t,
    createTcpServer((socket) => {
      connections += 1;
      socket.destroy();
    }),
  );
  const agent = await startAgent(t, { allowTargets: ['10.0.0.0/8', 'fd00::/8'] });
  const { say } = conversation(t, agent.port);
  const refusal = 'down #allow_targets does not allow this target';
  for (const host of ['169.254.169.254', '127.0.0.1', 'localhost', '::1', '::ffff:127.0.0.1', '0.0.0.0']) {
    t.is(await say(`${host} ${port} no-ssl x\n`), refusal, host);
  }
  t.is(await say(`/run/x.sock ${port} no-ssl x\n`), 'down #the server is neither a host name nor an IP address');
  t.is(connections, 0);
  t.like(agent.counted(), { 'check_errors_total forbidden': 6 });
});

test('clients that the rules forbid are closed without an answer', async (t) => {
  const agent = await startAgent(t, { allowClients: ['10.0.0.0/8'] });
  t.is(await ask(agent.port, line(1)), '');
  t.true(agent.records.some(({ message, client }) => message === 'client turned away' && client === '127.0.0.1'));
});

test('weights follow the declared load', async (t) => {
  const backend = await startGrpcHealthServer(t);
  const agent = await startAgent(t, { weights: true });
  const { say } = conversation(t, agent.port);
  t.is(await say(line(backend.port)), 'up 100%');
  backend.utilization = 0.75;
  t.is(await say(line(backend.port)), 'up 25%');
});

test('what the daemon knows is answered without a probe; what it does not know is probed', async (t) => {
  const backend = await startGrpcHealthServer(t);
  let known: 'up' | 'down' | 'nothing' | 'fails' = 'up';
  const agent = await startAgent(t, { useCheckResults: true }, async ({ port }) => {
    t.is(port, backend.port);
    if (known === 'fails') throw new Error('engine is gone');
    if (known === 'nothing') return null;
    return known === 'up' ? { kind: 'up', utilization: null } : { kind: 'down', reason: 'says the daemon' };
  });
  const { say } = conversation(t, agent.port);
  t.is(await say(line(backend.port)), 'up');
  known = 'down';
  t.is(await say(line(backend.port)), 'down #says the daemon');
  t.is(backend.calls.length, 0);
  known = 'nothing';
  t.is(await say(line(backend.port)), 'up');
  known = 'fails';
  t.is(await say(line(backend.port)), 'up');
  t.is(backend.calls.length, 2);
});

test('every request has a record with a trace id of its own', async (t) => {
  const backend = await startGrpcHealthServer(t);
  const agent = await startAgent(t);
  await ask(agent.port, `${line(backend.port).repeat(2)}x\n`);
  const records = agent.records.filter(({ trace_id }) => trace_id !== undefined);
  t.is(new Set(records.map(({ trace_id }) => trace_id)).size, 3);
  for (const { trace_id } of records) t.regex(String(trace_id), /^[0-9a-f]{32}$/);
  const completed = records.find(({ status }) => status === 'up');
  t.like(completed, {
    level: 'info',
    message: 'health check completed',
    backend: `127.0.0.1:${backend.port}`,
    authority: 'backend.test',
    source: 'probe',
  });
  t.like(
    records.find(({ status }) => status === 'down'),
    { level: 'warn', error_type: 'protocol_error' },
  );
});

test('stop answers what is under way, and ends idle connections', async (t) => {
  const backend = await startGrpcHealthServer(t);
  backend.delayMs = 200;
  const agent = await startAgent(t);
  const idle = connect({ port: agent.port, host: '127.0.0.1' });
  const idleClosed = once(idle, 'close');
  idle.resume();
  await once(idle, 'connect');
  const { say, socket } = conversation(t, agent.port);
  const closed = once(socket, 'close');
  const answer = say(line(backend.port));
  while (backend.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await agent.server.stop();
  t.is(await answer, 'up');
  await Promise.all([idleClosed, closed]);
  t.like(agent.counted(), { haproxy_connections_active: 0, grpc_channels_active: 0 });
});

test('an address that is taken is an error that names it, and leaves nothing that keeps a process', async (t) => {
  const first = await startAgent(t);
  await t.throwsAsync(startAgent(t, { listen: { host: '127.0.0.1', port: first.port } }), {
    message: new RegExp(`cannot listen on 127.0.0.1:${first.port}: another program uses that port`),
  });
});
