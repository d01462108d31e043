import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import { startGrpcHealthServer } from '../../support/peers/grpc-health-server.js';
import { startFulcrum } from '../../support/rigs/fulcrum-process.js';
import { until } from '../../support/until.js';

/** Sends one request over a connection of its own. */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    connect(port, '127.0.0.1')
      .on('error', reject)
      .on('data', (chunk) => {
        answer += chunk;
      })
      .on('close', () => resolve(answer))
      .end(text);
  });
}

const portOf = (address: unknown): number => Number(String(address).split(':').at(-1));

test('fulcrum agent: answers, metrics, trace ids, and an orderly end with a check under way', async (t) => {
  const backend = await startGrpcHealthServer(t);
  const agent = startFulcrum(t, ['agent', '--listen', '127.0.0.1:0', '--metrics', '127.0.0.1:0']);
  const listening = await agent.record(({ message }) => message === 'listening');
  const [port, metricsPort] = [portOf(listening['listen']), portOf(listening['metrics'])];
  const line = `127.0.0.1 ${backend.port} no-ssl backend.test\n`;
  t.is(await ask(port, line), 'up\n');
  backend.services.set('', 'NOT_SERVING');
  t.is(await ask(port, line), 'down\n');
  t.is(await ask(port, 'nonsense\n'), 'down\n');

  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  for (const sample of [
    'check_requests_total{result="up"} 1',
    'check_requests_total{result="down"} 1',
    'check_requests_total{result="error"} 1',
    'check_errors_total{error_type="protocol_error"} 1',
    'check_duration_seconds_bucket{le="2"} 3',
    'grpc_channels_active 1',
    'haproxy_connections_active 0',
  ]) {
    t.true(metrics.includes(`\n${sample}\n`), sample);
  }
  t.is((await fetch(`http://127.0.0.1:${metricsPort}/`)).status, 404);

  backend.delayMs = 'held';
  const last = ask(port, line);
  await until(() => backend.calls.length >= 3);
  const exit = agent.stop('SIGTERM');
  await agent.record(({ message }) => message === 'stopping');
  backend.release();
  t.is(await last, 'down\n');
  t.is(await exit, 0);
  await agent.record(({ message }) => message === 'stopped');

  const traces = agent.records.map(({ trace_id }) => trace_id).filter((id) => id !== undefined);
  t.is(traces.length, 4);
  t.is(new Set(traces).size, 4);
  for (const record of agent.records) t.like(record, { component: 'agent' });
});

test('ten thousand idle connections, some of them with half a line, keep nobody from an answer', async (t) => {
  const count = 10_000;
  const backend = await startGrpcHealthServer(t);
  const agent = startFulcrum(t, ['agent', '--listen', '127.0.0.1:0', '--metrics', '127.0.0.1:0']);
  const listening = await agent.record(({ message }) => message === 'listening');
  const port = portOf(listening['listen']);
  const idle: Socket[] = [];
  t.teardown(() => {
    for (const socket of idle) socket.destroy();
  });
  while (idle.length < count) {
    const batch = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
    idle.push(...batch);
    await Promise.all(batch.map((socket) => once(socket, 'connect')));
    for (const socket of batch.slice(0, 100)) socket.write('127.0.0.1 80 no-s');
  }
  t.is(await ask(port, `127.0.0.1 ${backend.port} no-ssl backend.test\n`), 'up\n');
  const metrics = await (await fetch(`http://127.0.0.1:${portOf(listening['metrics'])}/metrics`)).text();
  t.regex(metrics, /\nhaproxy_connections_active 10\d{3}\n/);
});

test('bad options end with 2 and say what is allowed', async (t) => {
  const agent = startFulcrum(t, ['agent', '--listen', 'nowhere']);
  const [code] = await once(agent.child, 'exit');
  t.is(code, 2);
});

test('a port that is taken ends with 2 and is named', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const agent = startFulcrum(t, ['agent', '--listen', `127.0.0.1:${port}`, '--metrics', '127.0.0.1:0']);
  const named = new RegExp(`fulcrum: the HAProxy agent cannot listen on 127\\.0\\.0\\.1:${port}: another program`);
  await t.throwsAsync(
    agent.record(() => false),
    { message: named },
  );
  t.is(agent.child.exitCode, 2);
});
