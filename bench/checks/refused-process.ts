/**
 * Refused checks one after the other, by the product's checker, in a process of its own: `node refused-process.js PORT COUNT`.
 * Prints the time of each in us; and with a socket as third argument, the time of a check with its result sent there as the
 * health-check server sends it, in batches of 100 as JSON lines. The reader answers each line, and the last batch ends when all are answered.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createTcpConnectChecker } from '../../src/checks/tcp/tcp-connect.js';
import type { Outcome } from '../../src/model/probe.js';
import { monotonicNow } from '../../src/os/clock/clock.js';
import type { TargetStatus } from '../../src/wire/links/targets.js';
import { type IdentifiedStatus, notificationLine } from '../../src/wire/seesaw/healthcheck-messages.js';
import { tcpCheckOf } from './load.js';

const [, , port = '', count = '', socketPath] = process.argv;
const BATCH = 100;
/** Until the code is compiled. */
const WARM = 5000;

const checker = createTcpConnectChecker({
  now: monotonicNow,
  resolve: async (host) => host,
  readFile: async () => ({ kind: 'refused', why: 'it has no files' }),
});
const spec = { host: '127.0.0.1', port: Number(port), check: tcpCheckOf(1000), mark: null };
let finish: (outcome: Outcome) => void = () => {};
const prepared = checker.prepare(spec, { ended: (outcome) => finish(outcome), news: () => {} });

/** Calls `each` with every outcome, and `over` after the last. */
function series(length: number, each: (outcome: Outcome) => void, over: () => void): void {
  let left = length;
  finish = (outcome) => {
    if (outcome.kind !== 'unhealthy' || outcome.cause !== 'refused') throw new Error(JSON.stringify(outcome));
    each(outcome);
    left -= 1;
    if (left > 0) prepared.start();
    else over();
  };
  prepared.start();
}
const run = (length: number, each: (outcome: Outcome) => void): Promise<void> =>
  new Promise((resolve) => series(length, each, resolve));

/** Wall time of each check, from its start to the moment that its caller has the outcome. */
async function bare(): Promise<number[]> {
  const samples: number[] = [];
  let startedMs = performance.now();
  await run(Number(count), () => {
    const nowMs = performance.now();
    samples.push((nowMs - startedMs) * 1000);
    startedMs = nowMs;
  });
  return samples;
}

async function overSocket(path: string): Promise<number[]> {
  const socket = connect(path);
  await once(socket, 'connect');
  const batches = Math.ceil(Number(count) / BATCH);
  let answered = 0;
  const allAnswered = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      answered += chunk.length;
      if (answered === batches) resolve();
    });
  });
  const samples: number[] = [];
  let id = 0;
  for (let batch = 1; batch <= batches; batch += 1) {
    const startedMs = performance.now();
    const notifications: IdentifiedStatus[] = [];
    await run(BATCH, (outcome) => {
      id += 1;
      notifications.push({ id: String(id), status: statusOf(outcome, id) });
    });
    socket.write(notificationLine(notifications));
    // The event loop's turn, in which the server's other work would be done.
    await new Promise((resolve) => setImmediate(resolve));
    if (batch === batches) await allAnswered;
    samples.push(((performance.now() - startedMs) * 1000) / BATCH);
  }
  socket.destroy();
  return samples;
}

const statusOf = ({ durationNs, message }: Outcome, probes: number): TargetStatus => ({
  key: 'target',
  state: 'unhealthy',
  failures: probes,
  successes: 0,
  probes,
  passed: 0,
  lastCheckMs: Date.now(),
  durationNs,
  cause: 'refused',
  message,
});

await run(WARM, () => {});
const samples = socketPath === undefined ? await bare() : await overSocket(socketPath);
checker.close();
process.stdout.write(`${JSON.stringify(samples)}\n`, () => process.exit(0));
