/**
 * Probes servers that come and go, over connections that are kept and that the servers close now and then; prints what it
 * counted as JSON, one object a kind of check. Argument: a JSON of `certFile` and `keyFile`. It ends when nothing is left open.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2, createSecureServer, type Http2Server } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { GrpcCheck } from '../../../src/checks/grpc/index.js';
import type { HttpCheck } from '../../../src/checks/http/index.js';
import { createCheckerContext, loadCheckers } from '../../../src/checks/load.js';
import type { PostgresCheck } from '../../../src/checks/postgres/index.js';
import { runProbe } from '../../../src/checks/probing/run-probe.js';
import type { RedisCheck } from '../../../src/checks/redis/index.js';
import type { CheckerContext } from '../../../src/model/probe.js';
import { grpcFrame } from '../../../src/wire/grpc/frames.js';
import { grpcCheck, httpCheck, postgresCheck, redisCheck } from '../fixtures/checks.js';

const checkers = await loadCheckers();

const { certFile, keyFile } = JSON.parse(process.argv[2] ?? '{}') as { certFile: string; keyFile: string };
const pem = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
const trusted = { tls: true, caFile: certFile };

type Check = HttpCheck | GrpcCheck | RedisCheck | PostgresCheck;
type Kind = { readonly server: () => Server; readonly check: (port: number) => Check };

const http: HttpCheck = { ...httpCheck, keepAlive: true };
const grpc: GrpcCheck = { ...grpcCheck };
const grpcHeaders = { ':status': 200, 'content-type': 'application/grpc' };

function grpcServer(server: Http2Server): Server {
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.resume();
    const watch = headers[':path']?.endsWith('Watch') === true;
    stream.respond(grpcHeaders, { waitForTrailers: !watch });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.write(grpcFrame(Uint8Array.of(8, 1)));
    if (!watch) stream.end();
  });
  return server;
}

const answerPings = (socket: Socket): void => {
  socket.on('data', (bytes) => socket.write('+PONG\r\n'.repeat(bytes.toString('latin1').split('PING').length - 1)));
};

/** A server that asks for no password. */
const answerQueries = (socket: Socket): void => {
  const row = Buffer.from([...'D\0\0\0\x0b\0\x01\0\0\0\x011', ...'Z\0\0\0\x05I'].join(''), 'latin1');
  const loggedIn = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1');
  socket.on('data', (bytes) => {
    if (bytes[0] !== 0x51) socket.write(loggedIn);
    else socket.write(row);
  });
};

const ok = (_request: unknown, response: { end(text: string): void }): void => response.end('ok');
const kinds: Readonly<Record<string, Kind>> = {
  'http/1.1': { server: () => createHttp(ok), check: () => http },
  'http/1.1 over TLS': { server: () => createHttps(pem, ok), check: () => ({ ...http, ...trusted }) },
  'http/2': { server: () => createHttp2(ok) as unknown as Server, check: () => ({ ...http, http2: true }) },
  'http/2 over TLS': {
    server: () => createSecureServer(pem, ok) as unknown as Server,
    check: () => ({ ...http, ...trusted, http2: true }),
  },
  'grpc Check': { server: () => grpcServer(createHttp2()), check: () => grpc },
  'grpc Watch': { server: () => grpcServer(createHttp2()), check: () => ({ ...grpc, watch: true }) },
  redis: { server: () => createServer(answerPings), check: () => ({ ...redisCheck, keepAlive: true }) },
  'redis over TLS': {
    server: () => createTls(pem, answerPings),
    check: (port) => ({ ...redisCheck, url: `rediss://127.0.0.1:${port}?ca_file=${certFile}`, keepAlive: true }),
  },
  postgres: { server: () => createServer(answerQueries), check: () => ({ ...postgresCheck, keepAlive: true }) },
  'postgres, not kept': { server: () => createServer(answerQueries), check: () => postgresCheck },
};

const descriptors = (): number => readdirSync('/proc/self/fd').length;

const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** What closes does so in a moment; what is still there after many is a leak. */
async function settle(goal: number): Promise<number> {
  for (let turn = 0; turn < 800 && descriptors() > goal; turn++) await moment();
  return descriptors();
}

/** Once nothing has been closed for a while. */
async function settled(): Promise<number> {
  let least = descriptors();
  for (let quiet = 0; quiet < 10; quiet++) {
    await moment();
    const now = descriptors();
    if (now < least) quiet = 0;
    least = Math.min(least, now);
  }
  return least;
}

const SERVERS = 4;

async function live(kind: Kind, lives: number, rounds: number) {
  const context: CheckerContext = createCheckerContext();
  const checker = checkers[kind.check(0).type].create(context);
  let probes = 0;
  let connections = 0;
  const unexpected = new Set<string>();
  const probe = async (port: number, wanted: string): Promise<void> => {
    const spec = { host: '127.0.0.1', port, mark: null, check: kind.check(port) };
    const outcome = await runProbe(checker, spec, context.now);
    probes += 1;
    if (outcome.kind !== wanted) unexpected.add(`${outcome.kind}, not ${wanted}: ${outcome.message}`);
  };
  const afterLives: number[] = [];
  for (let life = 0; life < lives; life++) {
    const open = new Set<Socket>();
    const servers = Array.from({ length: SERVERS }, () => kind.server());
    for (const server of servers) {
      server.on('connection', (socket: Socket) => {
        connections += 1;
        open.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => open.delete(socket));
      });
      server.on('sessionError', () => {});
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const ports = servers.map((server) => (server.address() as AddressInfo).port);
    for (let round = 1; round <= rounds; round++) {
      await Promise.all(ports.map((port) => probe(port, 'healthy')));
      if (round % 10 !== 0) continue;
      // Idle connections are closed, in each of the ways there are.
      const ways = [(s: Socket) => s.end(), (s: Socket) => s.destroy(), (s: Socket) => s.resetAndDestroy()];
      for (const socket of open) ways[Math.floor(round / 10) % ways.length]?.(socket);
    }
    for (const server of servers) server.close();
    for (const socket of open) socket.destroy();
    // The other targets are taken away: nobody comes back for what was kept for them.
    await Promise.all(ports.slice(0, SERVERS / 2).map((port) => probe(port, 'unhealthy')));
    afterLives.push(await settled());
  }
  checker.close();
  return { probes, connections, unexpected: [...unexpected], afterLives };
}

const report: Record<string, object> = {};
for (const [name, kind] of Object.entries(kinds)) {
  // All is loaded and warm.
  await live(kind, 1, 3);
  const before = await settled();
  const counts = await live(kind, 6, 60);
  report[name] = { ...counts, before, after: await settle(before) };
}
process.stdout.write(`${JSON.stringify(report)}\n`);
