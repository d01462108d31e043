/**
 * Probes that have to do with this host's own addresses and ports, in a network namespace that a test has prepared; prints the
 * different summaries of each check as JSON. Arguments: `itself PORT` (nobody listens there, and it is one of the few ports that
 * the kernel has for those who connect), or `leaving SOURCE HOST` (an address that is taken away after the first probe, and the
 * one at which a server listens).
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { checkers, createCheckerContext } from '../../src/checks/index.js';
import { runProbe } from '../../src/checks/run-probe.js';
import type { CheckConfig, CustomCheck } from '../../src/config/model.js';
import { nsFromMs } from '../../src/wire/units.js';
import { bytes, grpcCheck, httpCheck, postgresCheck, summary, tcpCheck, udpCheck } from './checks.js';

type BuiltInCheck = Exclude<CheckConfig, CustomCheck>;

const ROUNDS = 40;
const [, , mode, first = '', host = '127.0.0.1'] = process.argv;
const context = createCheckerContext();
const results: Record<string, string[]> = {};

async function probe(name: string, check: BuiltInCheck, target: string, port: number, rounds: number): Promise<void> {
  const checker = checkers[check.type](context);
  const spec = { host: target, port, mark: null, check: { ...check, timeoutNs: nsFromMs(1000) } };
  const seen = new Set(results[name]);
  for (let round = 0; round < rounds; round += 1) seen.add(summary(await runProbe(checker, spec, context.now)));
  results[name] = [...seen];
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
} else {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // One checker for both, as in a shard.
  const checker = checkers.tcp(context);
  const spec = { host, port, mark: null, check: { ...tcpCheck, source: first, timeoutNs: nsFromMs(1000) } };
  const ask = async (name: string): Promise<void> => {
    results[name] = [summary(await runProbe(checker, spec, context.now))];
  };
  await ask('before');
  execFileSync('ip', ['addr', 'del', `${first}/128`, 'dev', 'lo']);
  await ask('after');
}
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
