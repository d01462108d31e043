/** One shard, with targets that do their worst and targets that are well: the first are unhealthy with a reason, the others notice nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
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
  tcpCheck,
  udpCheck,
} from '../../support/fixtures/checks.js';
import { liveShard } from '../../support/rigs/live-shard.js';
import { until } from '../../support/until.js';

const INTERVAL_MS = 500;
const NEIGHBOURS = 100;
const SECONDS = 5;

async function ports(t: ExecutionContext, args: readonly string[]): Promise<Record<string, number>> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return JSON.parse(line);
}

const wellServer = `
  const server = require('node:http').createServer((request, response) => response.end('well'));
  server.listen(0, '0.0.0.0', 4096, () => console.log(JSON.stringify({ well: server.address().port })));
`;

const fast = { intervalNs: nsFromMs(INTERVAL_MS), timeoutNs: nsFromMs(INTERVAL_MS) };
const needle = { receive: bytes('needle') };
const hostile: readonly [string, BuiltInCheck, RegExp][] = [
  ['endless headers', { ...httpCheck, ...fast }, /headers longer than 65536 bytes/],
  ['endless line', { ...httpCheck, ...fast }, /not an HTTP answer: it begins with "x+"/],
  ['lying length', { ...httpCheck, ...fast, receiveRegex: 'needle' }, /needle|bytes/],
  ['endless chunks', { ...httpCheck, ...fast, receiveRegex: 'needle' }, /more than 65536 bytes of chunk sizes/],
  ['slow body', { ...httpCheck, ...fast, receiveRegex: 'needle' }, /timed out after .* in receive/],
  ['truncated handshake', { ...httpCheck, ...fast, tls: true, tlsVerify: false }, /TLS handshake/],
  ['http/2 pings', { ...grpcCheck, ...fast }, /Flooding was detected in this HTTP\/2 session/],
  ['http/2 unknown frames', { ...grpcCheck, ...fast }, /the peer has sent more than 524288 bytes for one probe/],
  [
    'http/2 tiny frames',
    { ...httpCheck, ...fast, http2: true, receiveRegex: 'needle' },
    /more than 4096 DATA frames in one answer/,
  ],
  ['http/2 interim answers', { ...httpCheck, ...fast, http2: true }, /more than 10 interim answers/],
  ['endless reply', { ...redisCheck, ...fast }, /a line is longer than 4096 bytes/],
  ['endless messages', { ...postgresCheck, ...fast }, /more than 1000 messages without an answer/],
  ['endless line', { ...tcpCheck, ...fast, ...needle }, /received "xxxxxx", expected "needle"/],
  [
    'datagrams',
    { ...dnsCheck, ...fast },
    /more than 1000 datagrams that answer another query|timed out after .* in query \(\d+ datagrams that answer another query ignored\)/,
  ],
  ['datagrams', { ...radiusCheck, ...fast }, /timed out after/],
  [
    'datagrams',
    { ...udpCheck, ...fast, send: bytes('needle'), receive: bytes('thread') },
    /received ".*", expected "thread"|timed out/,
  ],
];

test('hostile targets are unhealthy with a reason; their neighbours stay healthy and are probed on', async (t) => {
  const main = fileURLToPath(new URL('../../support/programs/hostile-servers-main.js', import.meta.url));
  const bad = await ports(t, [main]);
  const { well = 0 } = await ports(t, ['-e', wellServer]);
  const shard = liveShard(t);
  const neighbour = (index: number): string => `127.9.0.${index + 1}`;
  for (let index = 0; index < NEIGHBOURS; index++) {
    const check = index % 2 === 0 ? tcpCheck : { ...httpCheck, ...needle, receive: bytes('well') };
    shard.assign(well, { ...check, ...fast }, neighbour(index));
  }
  const well$ = (): string[] =>
    Array.from(
      { length: NEIGHBOURS },
      (_, index) =>
        shard.states.get(`${index % 2 === 0 ? 'tcp' : 'http'} ${neighbour(index)}:${well}`)?.state ?? 'unknown',
    );
  await until(() => well$().every((state) => state === 'healthy'));
  const before = shard.probes('healthy');
  const memoryBefore = process.memoryUsage().rss;
  for (const [name, check] of hostile) shard.assign(bad[name] ?? 0, check);
  // Probes are counted over this time.
  await sleep(SECONDS * 1000);

  for (const [name, check, reason] of hostile) {
    const status = shard.states.get(`${check.type} 127.0.0.1:${bad[name]}`);
    t.is(status?.state, 'unhealthy', `${name}, ${check.type}`);
    // The servers share a process that their floods keep busy: each may be late as well.
    t.regex(status?.message ?? '', new RegExp(`${reason.source}|timed out after`), `${name}, ${check.type}`);
  }
  t.deepEqual(new Set(well$()), new Set(['healthy']));
  const due = (NEIGHBOURS * SECONDS * 1000) / INTERVAL_MS;
  const made = shard.probes('healthy') - before;
  t.true(made >= due / 2, `${made} of ${due} probes of the neighbours`);
  const grownMb = (process.memoryUsage().rss - memoryBefore) / 2 ** 20;
  t.true(grownMb < 256, `${grownMb} MB more`);
  t.log(`${made} of ${due} probes, ${grownMb.toFixed(0)} MB more`);
});
