import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { serveAgentMetrics } from '../../../src/actors/agent/metrics-listener.js';
import { DOOR_LIMITS } from '../../../src/actors/gateway/listeners/listener-limits.js';

async function serve(t: ExecutionContext): Promise<number> {
  const listener = await serveAgentMetrics({ host: '127.0.0.1', port: 0 }, () => []);
  t.teardown(() => listener.stop());
  return listener.address.port;
}

const ask = (port: number, path: string, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', reject);
  });

test("on loopback the agent's metrics answer to no stranger's host name", async (t) => {
  const port = await serve(t);
  t.is(await ask(port, '/metrics', `localhost:${port}`), 200);
  t.is(await ask(port, '/metrics', '127.0.0.1'), 200);
  t.is(await ask(port, '/metrics', 'rebound.example'), 421);
  t.is(await ask(port, '/', 'localhost'), 404);
});

test("more idle connections than the agent's metrics have places for keep no scraper out", async (t) => {
  const port = await serve(t);
  const idle: Socket[] = [];
  t.teardown(() => {
    for (const socket of idle) socket.destroy();
  });
  let closed = 0;
  for (let index = 0; index <= DOOR_LIMITS.connections.perClient; index += 1) {
    const socket = connect(port, '127.0.0.1');
    socket
      .on('error', () => {})
      .on('close', () => {
        closed += 1;
      });
    idle.push(socket);
    await once(socket, 'connect');
  }
  t.is(await ask(port, '/metrics', 'localhost'), 200);
  t.true(closed > 0, 'the longest idle made room');
});
