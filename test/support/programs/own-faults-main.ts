/**
 * Probes a server of its own in a process whose resources a test has made short; prints one summary a check type as JSON.
 * Arguments: `descriptors` (uses up all file descriptors), `ports` (the test has left it none), or `mark` (a firewall lets only
 * marked packets through).
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { createCheckerContext, loadCheckers } from '../../../src/checks/load.js';
import { runProbe } from '../../../src/checks/probing/run-probe.js';
import type { Checker, CheckerContext } from '../../../src/model/probe.js';
import { nsFromMs } from '../../../src/model/units.js';
import {
  type BuiltInCheck,
  bytes,
  dnsCheck,
  grpcCheck,
  httpCheck,
  postgresCheck,
  radiusCheck,
  redisCheck,
  summary,
  tcpCheck,
  udpCheck,
} from '../fixtures/checks.js';

const checkers = await loadCheckers();

const mode = process.argv[2];
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
});
server.listen(Number(process.argv[3] ?? 0), '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const datagrams = createSocket('udp4', (message, from) => datagrams.send(message, from.port, from.address));
datagrams.bind(port, '127.0.0.1');
await once(datagrams, 'listening');

const noContent = [{ from: 204, to: 204 }];
const checks: Record<string, BuiltInCheck> = {
  'tcp, connect only': tcpCheck,
  tcp: { ...tcpCheck, send: bytes('x') },
  udp: udpCheck,
  http: { ...httpCheck, expectedCodes: noContent },
  dns: dnsCheck,
  radius: radiusCheck,
  grpc: grpcCheck,
  redis: redisCheck,
  postgres: postgresCheck,
};
const marked = mode === 'mark';
const results: Record<string, string[]> = {};
const context: CheckerContext = createCheckerContext();
const prepared = Object.entries(checks)
  .filter(([name]) => !marked || name === 'tcp, connect only' || name === 'tcp' || name === 'udp' || name === 'http')
  .map(([name, check]): [string, BuiltInCheck, Checker] => [name, check, checkers[check.type].create(context)]);
// Everything is loaded and warm before the resources run short.
const held: number[] = [];
if (mode === 'descriptors') {
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {}
}
for (const [name, check, checker] of prepared) {
  results[name] = [];
  for (const mark of marked ? [null, 77] : [null]) {
    const spec = { host: '127.0.0.1', port, mark, check: { ...check, timeoutNs: nsFromMs(2000) } };
    results[name]?.push(summary(await runProbe(checker, spec, context.now)));
  }
}
for (const fd of held) closeSync(fd);
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
