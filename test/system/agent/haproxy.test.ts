/** The agent's command line between Debian's haproxy and real gRPC servers. */
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { ExecutionContext } from 'ava';
import { freePort } from '../../support/fixtures/ports.js';
import { needs } from '../../support/needs.js';
import { makeCertificate } from '../../support/peers/certificates.js';
import { startGrpcHealthServer } from '../../support/peers/grpc-health-server.js';
import { type Haproxy, startHaproxy } from '../../support/peers/haproxy.js';
import { listen } from '../../support/peers/servers.js';
import { type FulcrumProcess, startFulcrum } from '../../support/rigs/fulcrum-process.js';
import { until } from '../../support/until.js';

const test = needs('haproxy', 'openssl');

async function startAgent(t: ExecutionContext, port: number, ...args: string[]): Promise<FulcrumProcess> {
  const listen = ['--listen', `127.0.0.1:${port}`, '--metrics', '127.0.0.1:0'];
  const agent = startFulcrum(t, ['agent', ...listen, ...args]);
  await agent.record(({ message }) => message === 'listening');
  return agent;
}

test('the configuration in docs/agent.md works as it is written, but for its ports', async (t) => {
  const block = /^```haproxy\n(.*?)^```/ms.exec(readFileSync('docs/agent.md', 'utf8'))?.[1] ?? '';
  const agentPort = await freePort();
  await startAgent(t, agentPort);
  const good = await startGrpcHealthServer(t);
  const sections = [
    [5555, agentPort],
    [50051, good.port],
    [50052, await freePort()],
    [8443, await freePort()],
  ].reduce((text, [written, port]) => text.replaceAll(String(written), String(port)), block);
  const haproxy = await startHaproxy(t, sections);
  await haproxy.becomes('grpc', 'b', 'DOWN (agent)');
  await haproxy.becomes('grpc', 'a', 'UP');
  t.deepEqual(new Set(good.calls.map(({ authority }) => authority)), new Set(['api.example.com']));
});

/** A backend section with agent checks alone: nothing else decides about the servers. */
const backend = (name: string, agentPort: number, ...servers: string[]) =>
  [
    'defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n  timeout check 3s',
    `backend ${name}`,
    `  default-server weight 100 agent-check agent-addr 127.0.0.1 agent-port ${agentPort} agent-inter 100ms`,
    ...servers.map((server) => `  server ${server}`),
    '',
  ].join('\n');
const server = (name: string, port: number, ssl: 'ssl' | 'no-ssl', authority: string, more = '') =>
  `${name} 127.0.0.1:${port} agent-send "127.0.0.1 ${port} ${ssl} ${authority}\\n" ${more}`;

test('servers go up, down, away and back, and an operator’s drain stays', async (t) => {
  const agentPort = await freePort();
  await startAgent(t, agentPort);
  const first = await startGrpcHealthServer(t);
  const second = await startGrpcHealthServer(t);
  const haproxy = await startHaproxy(
    t,
    backend(
      'grpc',
      agentPort,
      server('first', first.port, 'no-ssl', 'first.test'),
      server('second', second.port, 'no-ssl', 'second.test'),
    ),
  );
  await haproxy.becomes('grpc', 'first', 'UP');
  await haproxy.becomes('grpc', 'second', 'UP');

  first.services.set('', 'NOT_SERVING');
  await haproxy.becomes('grpc', 'first', 'DOWN');
  await haproxy.becomes('grpc', 'second', 'UP');
  first.services.set('', 'SERVING');
  await haproxy.becomes('grpc', 'first', 'UP');

  second.stop();
  await haproxy.becomes('grpc', 'second', 'DOWN');
  await startGrpcHealthServer(t, { port: second.port });
  await haproxy.becomes('grpc', 'second', 'UP');

  await haproxy.admin('set server grpc/first state drain');
  await haproxy.becomes('grpc', 'first', 'DRAIN');
  const asked = first.calls.length;
  await until(() => first.calls.length >= asked + 3);
  await haproxy.becomes('grpc', 'first', 'DRAIN');
  await haproxy.admin('set server grpc/first state ready');
  await haproxy.becomes('grpc', 'first', 'UP');
  t.deepEqual(new Set(first.calls.map(({ authority }) => authority)), new Set(['first.test']));
});

test('TLS: the certificate must be good for the proxy_host', async (t) => {
  const agentPort = await freePort();
  const certificate = makeCertificate(t, 'DNS:good.test', 'IP:127.0.0.1');
  const secure = await startGrpcHealthServer(t, { certificate });
  const plain = await startGrpcHealthServer(t);
  const agent = startFulcrum(t, ['agent', '--listen', `127.0.0.1:${agentPort}`, '--metrics', '127.0.0.1:0'], {
    HAPROXY_AGENT_CA_FILE: certificate.certFile,
    HAPROXY_AGENT_REASONS: 'true',
  });
  await agent.record(({ message }) => message === 'listening');
  const haproxy = await startHaproxy(
    t,
    backend(
      'tls',
      agentPort,
      server('named', secure.port, 'ssl', 'good.test'),
      server('address', secure.port, 'ssl', '127.0.0.1:443'),
      server('other', secure.port, 'ssl', 'other.test'),
      server('plain', plain.port, 'ssl', 'good.test'),
      server('unencrypted', secure.port, 'no-ssl', 'good.test'),
    ),
  );
  await haproxy.becomes('tls', 'named', 'UP');
  await haproxy.becomes('tls', 'address', 'UP');
  for (const name of ['other', 'plain', 'unencrypted']) await haproxy.becomes('tls', name, 'DOWN');
  t.regex((await haproxy.server('tls', 'other'))['last_agt'] ?? '', /other\.test/);
});

test('slow backends are up, silent ones down; weights follow the load', async (t) => {
  const agentPort = await freePort();
  const agent = startFulcrum(t, ['agent', '--listen', `127.0.0.1:${agentPort}`, '--metrics', '127.0.0.1:0'], {
    HAPROXY_AGENT_WEIGHTS: 'true',
  });
  await agent.record(({ message }) => message === 'listening');
  const slow = await startGrpcHealthServer(t);
  slow.delayMs = 600;
  const silent = await startGrpcHealthServer(t);
  silent.delayMs = 'held';
  const loaded = await startGrpcHealthServer(t);
  loaded.utilization = 0.75;
  const haproxy = await startHaproxy(
    t,
    backend(
      'grpc',
      agentPort,
      server('slow', slow.port, 'no-ssl', 'slow.test', 'agent-inter 1s'),
      server('silent', silent.port, 'no-ssl', 'silent.test', 'agent-inter 2s'),
      server('loaded', loaded.port, 'no-ssl', 'loaded.test'),
    ),
  );
  await haproxy.becomes('grpc', 'loaded', 'UP', 25);
  loaded.utilization = null;
  await haproxy.becomes('grpc', 'loaded', 'UP', 100);
  await haproxy.becomes('grpc', 'silent', 'DOWN');
  await until(() => slow.calls.length >= 3);
  await haproxy.becomes('grpc', 'slow', 'UP');
  t.is((await haproxy.server('grpc', 'silent'))['agent_status'], 'L7STS');
});

test('clients that disconnect abruptly, and a restart of the agent, change nothing', async (t) => {
  const agentPort = await freePort();
  const agent = await startAgent(t, agentPort);
  const backends = [await startGrpcHealthServer(t), await startGrpcHealthServer(t)] as const;
  const haproxy = await startHaproxy(
    t,
    backend(
      'grpc',
      agentPort,
      server('a', backends[0].port, 'no-ssl', 'a.test'),
      server('b', backends[1].port, 'no-ssl', 'b.test'),
    ),
  );
  await haproxy.becomes('grpc', 'a', 'UP');

  const line = `127.0.0.1 ${backends[0].port} no-ssl a.test\n`;
  for (const text of [line, line.repeat(20), 'half a li', '', '\x00\xff\n']) {
    for (let count = 0; count < 20; count++) {
      const socket = connect(agentPort, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      if (text !== '') socket.write(text, 'latin1');
      socket.resetAndDestroy();
    }
  }
  backends[1].services.set('', 'NOT_SERVING');
  await haproxy.becomes('grpc', 'b', 'DOWN');
  backends[1].services.set('', 'SERVING');
  await haproxy.becomes('grpc', 'b', 'UP');

  t.is(await agent.stop(), 0);
  backends[1].services.set('', 'NOT_SERVING');
  await startAgent(t, agentPort);
  await haproxy.becomes('grpc', 'b', 'DOWN');
  await haproxy.becomes('grpc', 'a', 'UP');
  t.deepEqual(new Set(downs(haproxy)), new Set(['grpc/b']));
});

test('the agent is stopped, killed and started under traffic: no connection fails, and its word counts again', async (t) => {
  const agentPort = await freePort();
  let agent = await startAgent(t, agentPort);
  const health = [await startGrpcHealthServer(t), await startGrpcHealthServer(t)] as const;
  const names = ['a', 'b'] as const;
  const webs = await Promise.all(
    names.map((name) =>
      listen(
        t,
        createServer((socket) => void socket.end(name)),
      ),
    ),
  );
  const frontPort = await freePort();
  const servers = names.map((name, index) => {
    const { port } = health[index as 0 | 1];
    return `${name} 127.0.0.1:${webs[index]} agent-send "127.0.0.1 ${port} no-ssl ${name}.test\\n"`;
  });
  const front = `frontend front\n  bind 127.0.0.1:${frontPort}\n  default_backend web\n`;
  const sections = backend('web', agentPort, ...servers).replace('agent-inter 100ms', 'agent-inter 20ms');
  const haproxy = await startHaproxy(t, `${sections}${front}`);
  await haproxy.becomes('web', 'a', 'UP');

  const served = { a: 0, b: 0, '': 0 };
  let busy = true;
  const traffic = Array.from({ length: 4 }, async () => {
    while (busy) served[(await askWeb(frontPort)) as keyof typeof served] += 1;
  });
  const someTraffic = async (): Promise<void> => {
    const goal = served.a + served.b + 50;
    await until(() => served.a + served.b >= goal || served[''] > 0);
  };
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    await someTraffic();
    await agent.stop(signal);
    await someTraffic();
    agent = await startAgent(t, agentPort);
    await someTraffic();
  }
  health[1].services.set('', 'NOT_SERVING');
  await haproxy.becomes('web', 'b', 'DOWN');
  const before = served.b;
  await someTraffic();
  // One that was on its way to it when it went down may still come.
  t.true(served.b <= before + traffic.length);
  health[1].services.set('', 'SERVING');
  await haproxy.becomes('web', 'b', 'UP');
  await someTraffic();
  busy = false;
  await Promise.all(traffic);
  t.is(served[''], 0);
  t.true(served.a > 100 && served.b > 100, JSON.stringify(served));
  t.deepEqual(new Set(downs(haproxy)), new Set(['web/b']));
});

/** Each time that a server went down, as haproxy's log tells it. */
const downs = ({ log }: Haproxy): string[] =>
  log.flatMap((line) => /^\[WARNING\].*Server (\S+) is DOWN/.exec(line)?.[1] ?? []);

/** What the web server behind haproxy says; empty where the connection failed. */
const askWeb = (port: number): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .on('data', (chunk) => {
        answer += chunk;
      })
      .on('close', () => resolve(answer));
  });
