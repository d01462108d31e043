/**
 * A start beside keepalived's, and what memory a daemon holds. Each becomes master of one virtual address, on a host of its own.
 * `fulcrum bench start`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { masterDownInterval } from '../src/machines/vrrp/timers.js';
import { packageFile } from '../src/model/package.js';
import { nsFromMs } from '../src/model/units.js';
import type { BenchOptions } from './support/bench.js';
import { rssMbOf } from './support/process-figures.js';
import { progress } from './support/progress.js';
import type { Report } from './support/report.js';
import { rounds as roundsOf } from './support/stats.js';
import { vrrpDocument } from './vrrp/hosts.js';
import { requireSenders, startSender } from './vrrp/senders.js';
import { createWire, env, firstPacket, type Tap, tap, type Wire } from './vrrp/wire.js';

export type StartBenchOptions = { readonly rounds: number };

const defaults: StartBenchOptions = { rounds: 7 };
const short = { rounds: 1 };

const INTERVAL_MS = 100;
const PRIORITY = 200;
/** Between two tries to connect. */
const LOOK_MS = 2;
/** Memory that only a start needs is given back by then. */
const SETTLE_MS = 20_000;
const SERVICES = 100;

const program = packageFile('bin/fulcrum.js').pathname;

export async function runStartBench(wanted: BenchOptions & Partial<StartBenchOptions>): Promise<Report> {
  const { rounds } = { ...defaults, ...(wanted.quick ? short : {}), ...wanted };
  requireSenders(['keepalived']);
  const [listenersMs, advertMs, keepalivedMs]: [number[], number[], number[]] = [[], [], []];
  const bar = progress('start', rounds + 2);
  for (let round = 0; round < rounds; round += 1) {
    const ours = await startFulcrum();
    listenersMs.push(ours.listenersMs);
    advertMs.push(ours.advertMs);
    keepalivedMs.push(await startKeepalived());
    bar.tick(1, `${round + 1}`);
  }
  const settleMs = wanted.quick ? 0 : SETTLE_MS;
  const emptyMb = await memoryOf({}, settleMs);
  bar.tick(1, 'memory');
  const fullMb = await memoryOf(tenThousandBackends(), settleMs);
  bar.done();
  return {
    title: 'The start, and memory',
    sections: [
      {
        kind: 'table',
        title: 'From the command to',
        note: 'Medians, ms. The first advert is less the master down interval, which both wait for. Goals: listeners 500, advert 600.',
        columns: ['what', 'fulcrum run', 'keepalived'],
        rows: [
          ['the control socket answers', roundsOf(listenersMs).median, '-'],
          ['the first advert', roundsOf(advertMs).median, roundsOf(keepalivedMs).median],
        ],
      },
      {
        kind: 'table',
        title: 'Memory of the daemon (VmRSS)',
        note: `After ${settleMs / 1000} s. Goals: 90 and 150 MB.`,
        columns: ['what', 'MB'],
        rows: [
          ['nothing configured', emptyMb],
          ['10,000 backends, each checked by TCP every 5 s (refused), dry run', fullMb],
        ],
      },
    ],
    data: { listenersMs, advertMs, keepalivedMs, emptyMb, fullMb },
  };
}

async function startFulcrum(): Promise<{ readonly listenersMs: number; readonly advertMs: number }> {
  await using wire = await createWire();
  const ear = await advertsOf(wire);
  await using directory = temporary();
  const socket = join(directory.path, 'fulcrum.sock');
  const document = vrrpDocument({ interval: `${INTERVAL_MS}ms`, priority: PRIORITY, stateDir: directory.path });
  const sinceMs = Date.now();
  await using daemon = run(['ip', 'netns', 'exec', wire.near], directory.path, { ...document, control: { socket } });
  await answers(socket, daemon);
  const listenersMs = Date.now() - sinceMs;
  return { listenersMs, advertMs: await firstAdvert(ear, 'fulcrum', sinceMs) };
}

async function startKeepalived(): Promise<number> {
  await using wire = await createWire();
  const ear = await advertsOf(wire);
  const sinceMs = Date.now();
  await using _peer = startSender('keepalived', { wire, intervalMs: INTERVAL_MS, load: 'none', priority: PRIORITY });
  return await firstAdvert(ear, 'keepalived', sinceMs);
}

const advertsOf = (wire: Wire): Promise<Tap> => tap(wire, `src ${wire.nearAddress} and ip proto 112`);

async function firstAdvert(ear: Tap, who: string, sinceMs: number): Promise<number> {
  await firstPacket(ear, who);
  const [packet] = await ear.stop();
  if (packet === undefined) throw new Error(`${who} sent nothing`);
  const downMs = masterDownInterval(PRIORITY, nsFromMs(INTERVAL_MS)) / 1e6;
  return Number(packet.atNs / 1000n) / 1000 - sinceMs - downMs;
}

async function memoryOf(document: object, settleMs: number): Promise<number> {
  await using directory = temporary();
  const socket = join(directory.path, 'fulcrum.sock');
  const common = { node: { state_dir: directory.path }, control: { socket }, dataplane: { driver: 'dry-run' } };
  await using daemon = run([], directory.path, { ...common, ...document });
  await answers(socket, daemon);
  await sleep(settleMs);
  return rssMbOf(daemon.pid);
}

/** Nobody listens at their addresses: a check is a refused connection. */
const tenThousandBackends = (): object => ({
  services: Array.from({ length: SERVICES }, (_, service) => ({
    name: `s${service}`,
    address: '192.0.2.1',
    port: 1000 + service,
    checks: [{ type: 'tcp', interval: '5s', timeout: '1s' }],
    backends: Array.from({ length: 100 }, (__, backend) => ({
      name: `b${backend}`,
      address: `127.1.${service}.${backend + 1}`,
      port: 9,
    })),
  })),
});

const temporary = () => {
  const path = mkdtempSync(join(tmpdir(), 'fulcrum-start-'));
  return { path, [Symbol.asyncDispose]: async () => rmSync(path, { recursive: true, force: true }) };
};

/** `fulcrum run`, as a user starts it; behind a command that becomes it. */
function run(before: readonly string[], directory: string, document: object) {
  const config = join(directory, 'config.yaml');
  writeFileSync(config, JSON.stringify(document));
  const [command = process.execPath, ...args] = [...before, process.execPath, program, 'run', '-c', config];
  const child: ChildProcess = spawn(command, args, { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answers(socket: string, daemon: { readonly hasEnded: () => boolean }): Promise<void> {
  while (!(await accepts(socket))) {
    if (daemon.hasEnded()) throw new Error('fulcrum run ended before it listened');
    await sleep(LOOK_MS);
  }
}

const accepts = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
