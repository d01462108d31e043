/**
 * How exactly a backup takes over: from the last advert of a master that fell silent to the backup's first, less the master
 * down interval that RFC 9568 asks for, on the wire. Fulcrum beside keepalived, idle and under load, many times over.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { masterDownInterval } from '../src/machines/vrrp/timers.js';
import { nsFromMs } from '../src/model/units.js';
import { progress } from './support/progress.js';
import type { Report } from './support/report.js';
import { type Percentiles, percentiles } from './support/stats.js';
import { type ContestOptions, contest } from './vrrp/contest.js';
import type { EmitterInit } from './vrrp/emitter.js';
import { type Load, loadText, startLoad } from './vrrp/load.js';
import { isTimerAlone, requireSenders, type SenderName, senders, senderText, startSender } from './vrrp/senders.js';
import { runSoak } from './vrrp/soak.js';
import { env, firstPacket, type Packet, tap, type Wire } from './vrrp/wire.js';

export type FailoverOptions = ContestOptions & {
  /** Of the silent master, and of the backup. @default 100 */
  readonly intervalMs?: number;
  /** @default 30 */
  readonly rounds?: number;
  /**
   * Instead: a master and a backup under a garbage storm for so long, where nothing may fail over; the interval is then 10 ms
   * by default.
   */
  readonly stormMinutes?: number;
};

export type FailoverResult = {
  readonly load: Load;
  readonly sender: SenderName;
  /** Take-overs that were seen; each round should be one. */
  readonly seen: number;
  /** Took over although the master spoke. */
  readonly early: number;
  /** Beyond the master down interval, in microseconds. */
  readonly excessUs: Percentiles;
};

const BACKUP_PRIORITY = 200;
const ADVERTS_PER_ROUND = 8;

const QUICK_ROUNDS = 3;
/** The shortest that VRRP has. */
const STORM_INTERVAL_MS = 10;

/** Needs root, for network namespaces. The report's `data` are `FailoverResult`s, or with `stormMinutes` one `SoakResult`. */
export async function runFailoverBench(options: FailoverOptions = {}): Promise<Report> {
  if (options.stormMinutes !== undefined) {
    return runSoak({ minutes: options.stormMinutes, intervalMs: options.intervalMs ?? STORM_INTERVAL_MS });
  }
  const { intervalMs = 100, quick = false } = options;
  const rounds = options.rounds ?? (quick ? QUICK_ROUNDS : 30);
  const chosenLoads = options.loads ?? (['none', 'garbage', 'cpu'] as const);
  const chosenSenders = (options.senders ?? senders).filter((name) => !isTimerAlone(name));
  requireSenders(chosenSenders);
  const bar = progress('failover', chosenLoads.length * chosenSenders.length * rounds);
  const results = await contest(chosenLoads, chosenSenders, async (wire, sender, load) => {
    const packets = await takeOvers(wire, sender, load, intervalMs, rounds, () => bar.tick(1, `${sender} ${load}`));
    const { early, excesses } = readTakeOvers(packets, wire, intervalMs);
    return { load, sender, seen: excesses.length, early, excessUs: percentiles(excesses), excesses };
  });
  bar.done();
  return reportOf(results, intervalMs, rounds);
}

async function takeOvers(
  wire: Wire,
  name: SenderName,
  load: Load,
  intervalMs: number,
  rounds: number,
  tick: () => void,
): Promise<readonly Packet[]> {
  const ear = await tap(wire, 'ip proto 112');
  await using backup = startSender(name, { wire, intervalMs, load, priority: BACKUP_PRIORITY });
  // Alone it becomes master: then it is ready to be a backup.
  await firstPacket(ear, name);
  await using _load = backup.carriesLoad ? null : startLoad(load);
  const init: EmitterInit = {
    source: wire.farAddress,
    interfaceIndex: wire.farIndex,
    intervalMs,
    rounds,
    adverts: ADVERTS_PER_ROUND,
    // The backup takes over after a good three intervals, and is heard for two.
    silenceMs: 6 * intervalMs,
  };
  const script = fileURLToPath(new URL('./vrrp/emitter.js', import.meta.url));
  const args = ['netns', 'exec', wire.far, process.execPath, script, JSON.stringify(init)];
  const emitter = spawn('ip', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface(emitter.stdout).on('line', tick);
  await once(emitter, 'exit');
  return ear.stop();
}

// Offsets in an Ethernet frame with an IPv4 header without options.
const SOURCE_AT = 26;
const PRIORITY_AT = 36;

function readTakeOvers(packets: readonly Packet[], wire: Wire, intervalMs: number) {
  const exactNs = masterDownInterval(BACKUP_PRIORITY, nsFromMs(intervalMs));
  const isMaster = ({ bytes }: Packet) => bytes.subarray(SOURCE_AT, SOURCE_AT + 4).join('.') === wire.farAddress;
  const excesses: number[] = [];
  let early = 0;
  packets.forEach((packet, index) => {
    const before = packets[index - 1];
    if (before === undefined || isMaster(packet) || !isMaster(before)) return;
    if (packet.bytes[PRIORITY_AT] !== BACKUP_PRIORITY) return;
    const silenceNs = Number(packet.atNs - before.atNs);
    // A backup that just lost its place says one last word at once.
    if (silenceNs < intervalMs * 1e6) return;
    if (silenceNs < exactNs - intervalMs * 1e5) early += 1;
    excesses.push((silenceNs - exactNs) / 1e3);
  });
  return { early, excesses };
}

function reportOf(
  results: readonly (FailoverResult & { readonly excesses: readonly number[] })[],
  intervalMs: number,
  rounds: number,
): Report {
  const chosen = [...new Set(results.map(({ load }) => load))];
  return {
    title: `VRRP failover, adverts every ${intervalMs} ms`,
    summary: `From the last advert of a master that fell silent to the first of the backup, beyond the master down interval (3 intervals and the skew of priority ${BACKUP_PRIORITY}), in ${rounds} rounds.`,
    sections: [
      {
        kind: 'table',
        title: 'Beyond the master down interval, us',
        note: chosen.map((load) => `${load}: ${loadText[load]}.`).join(' '),
        columns: ['load', 'backup', 'seen', 'early', 'min', 'p50', 'p90', 'p99', 'max'],
        rows: results.map(({ load, sender, seen, early, excessUs: e }) => [
          load,
          sender,
          seen,
          early,
          e.min,
          e.p50,
          e.p90,
          e.p99,
          e.max,
        ]),
      },
      ...chosen.map((load) => ({
        kind: 'timeline' as const,
        title: `Each take-over under load: ${load}`,
        xLabel: 'round',
        yLabel: 'us beyond the interval',
        mark: 'points' as const,
        series: results
          .filter((result) => result.load === load)
          .map(({ sender, excesses }) => ({
            name: sender,
            points: excesses.map((excess, round): readonly [number, number] => [round + 1, excess]),
          })),
      })),
      {
        kind: 'table',
        title: 'Backups',
        columns: ['backup', 'is'],
        rows: [...new Set(results.map(({ sender }) => sender))].map((sender) => [sender, senderText[sender]]),
      },
    ],
    data: results.map(({ excesses, ...result }) => ({ ...result, excessesUs: excesses })),
  };
}
