/**
 * What has to do with this host's own addresses and ports, in a network namespace that a test has prepared; prints the different
 * results as JSON. Arguments: `itself PORT` (probes of a port at which nobody listens, one of the few that the kernel has for
 * those who connect), `proxied PORT` (clients of the proxy, whose one backend has such a port), `agent PORT` (connections of HAProxy's
 * agent to one), or `leaving SOURCE HOST` (an address that is taken away after the first probe, and the one at which a server listens).
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { parseAccessList } from '../../../src/actors/agent/access-list.js';
import { type Connected, connect as openForAgent } from '../../../src/actors/agent/client/connect.js';
import type { Resolve } from '../../../src/actors/agent/client/resolver.js';
import { createCheckerContext, loadCheckers } from '../../../src/checks/load.js';
import { runProbe } from '../../../src/checks/probing/run-probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import {
  type BuiltInCheck,
  bytes,
  grpcCheck,
  httpCheck,
  postgresCheck,
  summary,
  tcpCheck,
  udpCheck,
} from '../fixtures/checks.js';
import { destinationAt, serve, serviceAt, startProxy } from '../rigs/proxy-rig.js';

const checkers = await loadCheckers();

const ROUNDS = 40;
const SERVICE_PORT = 30_000;
const [, , mode, first = '', host = '127.0.0.1'] = process.argv;
const context = createCheckerContext();
const results: Record<string, string[]> = {};

async function probe(name: string, check: BuiltInCheck, target: string, port: number, rounds: number): Promise<void> {
  const checker = checkers[check.type].create(context);
  const spec = { host: target, port, mark: null, check: { ...check, timeoutNs: nsFromMs(1000) } };
  const seen = new Set(results[name]);
  for (let round = 0; round < rounds; round += 1) seen.add(summary(await runProbe(checker, spec, context.now)));
  results[name] = [...seen];
}

/** What a client hears when it says something, or how its connection ended. From a port of its own: it takes none of the few. */
async function say(port: number, localPort: number): Promise<string> {
  const client = connect({ host: '127.0.0.1', port, localPort });
  client.on('connect', () => client.write('x'));
  const heard = once(client, 'data').then(([data]) => `hears ${data}`);
  const ended = once(client, 'close').then(() => 'closed');
  const what = await Promise.race([heard, ended]).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
  client.resetAndDestroy();
  return what;
}

if (mode === 'itself') {
  const port = Number(first);
  const echoed = { send: bytes('x'), receive: bytes('x') };
  await probe('tcp, connect only', tcpCheck, '127.0.0.1', port, ROUNDS);
  await probe('tcp, IPv6', tcpCheck, '::1', port, ROUNDS);
  await probe('tcp', { ...tcpCheck, ...echoed }, '127.0.0.1', port, ROUNDS);
  await probe('tcp over TLS', { ...tcpCheck, tls: true }, '127.0.0.1', port, ROUNDS);
  await probe('http over TLS, IPv6', { ...httpCheck, tls: true }, '::1', port, ROUNDS);
  await probe('grpc', grpcCheck, '127.0.0.1', port, ROUNDS);
  await probe('postgres', postgresCheck, '127.0.0.1', port, ROUNDS);
  await probe('udp', { ...udpCheck, ...echoed }, '127.0.0.1', port, ROUNDS);
} else if (mode === 'proxied') {
  const port = Number(first);
  const { proxy } = startProxy({ teardown: () => {} });
  await proxy.apply(serve(serviceAt(SERVICE_PORT), destinationAt(port)));
  const seen = new Set<string>();
  for (let round = 1; round <= ROUNDS; round += 1) seen.add(await say(SERVICE_PORT, SERVICE_PORT + round));
  results['client'] = [...seen];
} else if (mode === 'agent') {
  const settings = {
    connectTimeoutMs: 1000,
    rpcTimeoutMs: 1000,
    totalTimeoutMs: 1000,
    allowTargets: parseAccessList(['127.0.0.0/8']),
    tls: { ca: null, verify: true },
  };
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const request = { host, port: Number(first), tls: false, authority: 'x' };
    const resolve: Resolve = (name, done) => done(null, [name]);
    const end = await new Promise<Connected>((done) => openForAgent(request, settings, resolve, done));
    seen.add(end.kind === 'failed' ? end.reason : end.kind);
    if (end.kind === 'connected') end.socket.destroy();
  }
  results['agent'] = [...seen];
} else {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // One checker for both, as in a shard.
  const checker = checkers.tcp.create(context);
  const spec = { host, port, mark: null, check: { ...tcpCheck, source: first, timeoutNs: nsFromMs(1000) } };
  const ask = async (name: string): Promise<void> => {
    results[name] = [summary(await runProbe(checker, spec, context.now))];
  };
  await ask('before');
  execFileSync('ip', ['addr', 'del', `${first}/128`, 'dev', 'lo']);
  await ask('after');
}
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
