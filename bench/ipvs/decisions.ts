/**
 * The decision path: from the reset that a probe of a dead backend gets to the request that takes the backend out of the
 * kernel's table, both seen in packet captures, for Fulcrum and for keepalived's checker, in turns.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NS_PER_MS } from '../../src/model/units.js';
import { realtimeWords } from '../support/policy.js';
import { capture, changesIn, resetsIn, type SeenChange } from './captures.js';

/** Both probe every 200 ms and take a backend out at the first failure. */
const INTERVAL_MS = 200;
/** What V8 does once, in the seconds after a start: it collects what the start left behind, and compiles. */
export const START_MS = 30_000;
/** After a probe that failed. */
const DECIDED_WITHIN_MS = 100;
const START_LIMIT_MS = 120_000;
const TURN_LIMIT_MS = 30_000;

type Contender = {
  readonly name: 'fulcrum' | 'keepalived';
  readonly backendPort: number;
  readonly command: (directory: string) => readonly string[];
};

const fulcrum: Contender = { name: 'fulcrum', backendPort: 9101, command: fulcrumCommand };
const keepalived: Contender = { name: 'keepalived', backendPort: 9102, command: keepalivedCommand };

/** Microseconds, one figure for each time that the backend was killed: up to `startMs` after the program's start, and later. */
export type Decisions = { readonly early: readonly number[]; readonly settled: readonly number[] };
export type DecisionFigures = Readonly<Record<Contender['name'], Decisions>>;
export type DecisionOptions = {
  /** Once it is settled. */
  readonly kills: number;
  /** 0: what begins with the start is not kept apart. */
  readonly startMs: number;
  readonly realtime: boolean;
};

/**
 * Kills the backend of each contender, again and again. With `realtime` only those who decide are before ordinary
 * programs: what kills and looks here would take the one processor of a guest from them.
 */
export async function measureDecisions(
  options: DecisionOptions,
  tick: (what: string) => void,
): Promise<DecisionFigures> {
  execFileSync('ip', ['link', 'add', 'nlmon0', 'type', 'nlmon']);
  execFileSync('ip', ['link', 'set', 'nlmon0', 'up']);
  try {
    return {
      fulcrum: await measureOne(fulcrum, options, tick),
      keepalived: await measureOne(keepalived, options, tick),
    };
  } finally {
    execFileSync('ip', ['link', 'del', 'nlmon0']);
  }
}

async function measureOne(
  contender: Contender,
  { kills, startMs, realtime }: DecisionOptions,
  tick: (what: string) => void,
): Promise<Decisions> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-'));
  const { backendPort } = contender;
  let backend = await listen(backendPort);
  const scheduling = realtime ? realtimeWords : [];
  const settledNs = (Date.now() + startMs) * NS_PER_MS;
  const program = start([...scheduling, ...contender.command(directory)], join(directory, 'log'));
  try {
    await inTable(backendPort, true, START_LIMIT_MS, join(directory, 'log'));
    const files = { resets: join(directory, 'resets'), netlink: join(directory, 'netlink') };
    const stops = [
      await capture('lo', files.resets, ['tcp[tcpflags] & tcp-rst != 0 and src port', String(backendPort)]),
      await capture('nlmon0', files.netlink, []),
    ];
    for (let left = kills; left > 0; ) {
      if (Date.now() * NS_PER_MS >= settledNs) left -= 1;
      // At any moment of the probe's interval.
      await sleep(Math.random() * INTERVAL_MS);
      backend.close();
      // Nobody looks while it is decided.
      await sleep(INTERVAL_MS + DECIDED_WITHIN_MS);
      await inTable(backendPort, false, TURN_LIMIT_MS, join(directory, 'log'));
      backend = await listen(backendPort);
      await inTable(backendPort, true, TURN_LIMIT_MS, join(directory, 'log'));
      tick(contender.name);
    }
    for (const stop of stops) await stop();
    const resets = resetsIn(files.resets);
    const changes = changesIn(files.netlink).filter(({ port }) => port === backendPort);
    const decided = latencies(resets, changes);
    const early = decided.filter(({ atNs }) => atNs < settledNs);
    const settled = decided.slice(early.length).slice(-kills);
    return { early: early.map(inUs), settled: settled.map(inUs) };
  } finally {
    backend.close();
    program.kill('SIGTERM');
    await once(program, 'exit');
    execFileSync('ipvsadm', ['-C']);
    rmSync(directory, { recursive: true, force: true });
  }
}

const inUs = ({ tookNs }: { readonly tookNs: number }): number => tookNs / 1e3;

/** From the first reset since the backend was added, to each deletion: one that is down for longer resets several probes. */
export function latencies(
  resets: readonly { readonly atNs: number }[],
  changes: readonly Pick<SeenChange, 'atNs' | 'kind'>[],
): readonly { readonly atNs: number; readonly tookNs: number }[] {
  let from = 0;
  return changes.flatMap(({ atNs, kind }) => {
    if (kind === 'added') {
      from = atNs;
      return [];
    }
    const first = resets.find((reset) => reset.atNs > from && reset.atNs < atNs);
    // Until it is added again nothing counts.
    from = Number.POSITIVE_INFINITY;
    return first === undefined ? [] : [{ atNs, tookNs: atNs - first.atNs }];
  });
}

function start(command: readonly string[], logFile: string): ChildProcess {
  const [program = '', ...words] = command;
  const log = openSync(logFile, 'a');
  return spawn(program, words, { stdio: ['ignore', log, log] });
}

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.destroy();
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

/** /proc/net/ip_vs writes ports as hex. */
async function inTable(port: number, wanted: boolean, limitMs: number, logFile: string): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const end = Date.now() + limitMs; ; ) {
    if (readFileSync('/proc/net/ip_vs', 'utf8').includes(hex) === wanted) return;
    if (Date.now() > end) {
      const log = readFileSync(logFile, 'utf8').slice(-2000);
      throw new Error(`the backend is ${wanted ? 'not ' : 'still '}in the table after ${limitMs} ms:\n${log}`);
    }
    await sleep(20);
  }
}

function fulcrumCommand(directory: string): readonly string[] {
  const file = join(directory, 'fulcrum.yaml');
  writeFileSync(
    file,
    `node: { name: bench, state_dir: ${directory} }
control: { socket: null, http: null }
dataplane: { driver: ipvs }
runtime: { monitor_shards: 1 }
services:
  - name: web
    address: 127.0.0.101
    port: 80
    scheduler: rr
    forwarding: nat
    checks: [{ type: tcp, interval: ${INTERVAL_MS}ms, timeout: ${INTERVAL_MS}ms, retries: 0 }]
    backends: [{ name: a, address: 127.0.0.1, port: 9101 }]
`,
  );
  return [process.execPath, 'bin/fulcrum.js', 'run', '-c', file];
}

function keepalivedCommand(directory: string): readonly string[] {
  const file = join(directory, 'keepalived.conf');
  writeFileSync(
    file,
    `global_defs {
  router_id bench
}
virtual_server 127.0.0.102 80 {
  lb_algo rr
  lb_kind NAT
  protocol TCP
  real_server 127.0.0.1 9102 {
    weight 1
    TCP_CHECK {
      connect_timeout 1
      retry 0
      delay_loop ${INTERVAL_MS / 1000}
      warmup 0
    }
  }
}
`,
  );
  const pids = ['-p', join(directory, 'pid'), '-c', join(directory, 'checkers.pid')];
  return ['keepalived', '-n', '-C', '-l', '-f', file, ...pids];
}
