/** Connections that ask for nothing, or never to the end: each door closes them, and answers the others meanwhile. */
import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { statusView } from '../../src/actors/gateway/http/schemas.js';
import { startDaemon } from '../support/rigs/daemon.js';
import { until } from '../support/until.js';

/** More than an HTTP listener has places for. */
const CONNECTIONS = 700;

/** Opens them, each with the beginning of a request; resolves with those that are open then, and a promise of their end. */
async function begin(t: ExecutionContext, port: number, text: string) {
  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  const ends: Promise<unknown>[] = [];
  for (let index = 0; index < CONNECTIONS; index += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    ends.push(new Promise((resolve) => socket.once('close', resolve)));
    await Promise.race([once(socket, 'connect').catch(() => {}), ends.at(-1)]);
    if (text !== '') socket.write(text);
    socket.resume();
  }
  return Promise.all(ends);
}

/** From another address than those. */
const statusOf = (port: number, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, localAddress: '127.0.0.2', agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', reject);
  });

async function agentAnswer(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  socket.write('127.0.0.1 1 no-ssl web\n');
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

test.serial('every TCP door closes requests that never end, and answers others meanwhile', async (t) => {
  t.timeout(300_000);
  const daemon = await startDaemon(t, {});
  daemon.rewrite({
    control: { socket: daemon.socket, http: '127.0.0.1:0', grpc: null },
    metrics: { listen: '127.0.0.1:0' },
    agent: { listen: '127.0.0.1:0', metrics: '127.0.0.1:0' },
  });
  t.is((await daemon.post('/api/v1/reload')).status, 200);
  const portOf = async (name: string): Promise<number> => {
    let port: string | undefined;
    await until(async () => {
      const { listeners } = statusView.parse(await daemon.get('/api/v1/status'));
      port = /:(\d+)$/.exec(listeners.find((each) => each.name === name)?.address ?? '')?.[1];
      return port !== undefined;
    });
    return Number(port);
  };
  const half = 'GET /metrics HTTP/1.1\r\nhost: local';
  const isServed = async (name: string) => {
    const port = await portOf(name);
    const closed = begin(t, port, half);
    for (let asked = 0; asked < 5; asked += 1) t.is(await statusOf(port, '/metrics'), 200, name);
    await closed;
    t.is(await statusOf(port, '/metrics'), 200, name);
  };
  const isAgentServed = async () => {
    const port = await portOf('agent.listen');
    const closed = begin(t, port, '127.0.0.1 1 no-');
    for (let asked = 0; asked < 5; asked += 1) t.regex(await agentAnswer(port), /^(?:up|down)/);
    await closed;
    t.regex(await agentAnswer(port), /^(?:up|down)/);
  };
  await Promise.all([...['control.http', 'metrics.listen', 'agent.metrics'].map(isServed), isAgentServed()]);
});
