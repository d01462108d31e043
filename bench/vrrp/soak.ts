/**
 * Two nodes in the worst of neighbourhoods for as long as one likes: a master and a backup, both in processes that make
 * garbage without a pause. Nothing fails, so nothing may fail over: each take-over that is seen is one too many.
 */
import { MISSED_ADVERTS } from '../../src/machines/vrrp/timers.js';
import { progress } from '../support/progress.js';
import type { Report } from '../support/report.js';
import type { Percentiles } from '../support/stats.js';
import { startSender } from './senders.js';
import { spacingOf } from './spacing.js';
import { type Span, stillNs, watchStandstills } from './standstill.js';
import { createWire, firstPacket, type Packet, requireTools, tap } from './wire.js';

export type SoakOptions = { readonly minutes: number; readonly intervalMs: number };

export type SoakResult = {
  readonly minutes: number;
  readonly intervalMs: number;
  /** Of the master. */
  readonly adverts: number;
  /** The backup spoke although the master was alive. */
  readonly falseFailovers: number;
  /** Of these, those that the machine made itself: without the time in which a processor stood still the silence was short enough. */
  readonly falseByStandstill: number;
  /** How often, and for how long at the most, a processor did not run even a bare thread of the highest priority. */
  readonly standstills: number;
  readonly longestStandstillMs: number;
  /** Adverts that were left out: places in the master's own grid without one. */
  readonly lost: number;
  /** The longest time between two adverts of the master. */
  readonly longestGapMs: number;
  readonly deviationUs: Percentiles;
  readonly driftPpm: number;
  /** At the end the master was killed: whether the backup was there all the time. */
  readonly tookOver: boolean;
};

const MASTER_PRIORITY = 200;
const BACKUP_PRIORITY = 100;
/** For both to be up and the storm to be in full swing. */
const SETTLE_MS = 5000;
const SECOND_MS = 1000;
/** For the backup to take over in the end, however busy the machine is. */
const TAKE_OVER_MS = 3000;
/** A master that fell silent before the end is no failover's fault. */
const END_SLACK_NS = 5e9;

// In an Ethernet frame with an IPv4 header without options.
const SOURCE_AT = 26;

/** Needs root. The report's `data` is a `SoakResult`. Throws where the master does not live to the end. */
export async function runSoak({ minutes, intervalMs }: SoakOptions): Promise<Report> {
  requireTools(['ip', 'tcpdump', 'gcc']);
  await using wire = await createWire();
  const ear = await tap(wire, 'ip proto 112');
  const common = { wire, intervalMs, load: 'garbage' } as const;
  await using master = startSender('fulcrum', { ...common, priority: MASTER_PRIORITY });
  await firstPacket(ear, 'the master');
  await using _backup = startSender('fulcrum', { ...common, priority: BACKUP_PRIORITY, host: 'far' });
  await sleep(SETTLE_MS);
  const settled = ear.count();
  await using watch = await watchStandstills();
  const seconds = Math.ceil(minutes * 60);
  const bar = progress('storm', seconds);
  for (let second = 0; second < seconds; second += 1) {
    await sleep(SECOND_MS);
    bar.tick();
  }
  const killedAtNs = BigInt(Date.now()) * 1_000_000n;
  master.kill();
  await sleep(TAKE_OVER_MS);
  bar.done();
  const isMaster = ({ bytes }: Packet) => bytes.subarray(SOURCE_AT, SOURCE_AT + 4).join('.') === wire.nearAddress;
  const heard = (await ear.stop()).slice(settled).map((packet) => ({ atNs: packet.atNs, master: isMaster(packet) }));
  const result = resultOf(heard, await watch.stop(), { minutes, intervalMs }, killedAtNs);
  return reportOf(result, heard);
}

type Heard = { readonly atNs: bigint; readonly master: boolean };

/** What was heard, in order; until `killedAtNs`, on the same clock, the master was alive. */
export function resultOf(
  heard: readonly Heard[],
  standstills: readonly Span[],
  { minutes, intervalMs }: SoakOptions,
  killedAtNs: bigint,
): SoakResult {
  const spoken = heard.filter(({ master }) => master).map(({ atNs }) => atNs);
  const last = spoken.at(-1) ?? 0n;
  if (Number(killedAtNs - last) > END_SLACK_NS) {
    throw new Error(`the master fell silent ${Number(killedAtNs - last) / 1e9} s before the end`);
  }
  const { spacing } = spacingOf(spoken, intervalMs * 1e6);
  // Who loses its place says one last word, right after the better one's first (`yieldTo` in the machine): no failover of its own.
  const isLastWord = (index: number) =>
    heard[index - 2]?.master === false &&
    Number((heard[index]?.atNs ?? 0n) - (heard[index - 1]?.atNs ?? 0n)) < intervalMs * 1e6;
  const isTakeOver = ({ master }: Heard, index: number) =>
    !master && heard[index - 1]?.master !== false && !isLastWord(index);
  const takeOvers = heard.filter((each, index) => each.atNs < last && isTakeOver(each, index));
  const isStandstill = ({ atNs }: Heard) => {
    const before = spoken.findLast((spokenNs) => spokenNs < atNs) ?? atNs;
    return Number(atNs - before) - stillNs(standstills, before, atNs) < MISSED_ADVERTS * intervalMs * 1e6;
  };
  return {
    minutes,
    intervalMs,
    adverts: spacing.adverts,
    falseFailovers: takeOvers.length,
    falseByStandstill: takeOvers.filter(isStandstill).length,
    standstills: standstills.length,
    longestStandstillMs: standstills.reduce((most, { fromNs, toNs }) => Math.max(most, Number(toNs - fromNs) / 1e6), 0),
    lost: spacing.leftOut,
    longestGapMs: spacing.longestGap * intervalMs,
    deviationUs: spacing.deviationUs,
    driftPpm: spacing.driftPpm,
    tookOver: heard.some(({ atNs, master }) => !master && atNs > last),
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function reportOf(result: SoakResult, heard: readonly Heard[]): Report {
  const { minutes, intervalMs, deviationUs: d } = result;
  return {
    title: `VRRP under a garbage storm for ${minutes} minutes, adverts every ${intervalMs} ms`,
    summary: `A master and a backup, each in a process that makes garbage on two threads without a pause. ${
      result.falseFailovers === 0
        ? 'No false failover'
        : `${result.falseFailovers} false failovers, ${result.falseByStandstill} of them while a processor stood still`
    }; ${result.tookOver ? 'the backup took over when the master was killed at the end' : 'THE BACKUP DID NOT TAKE OVER when the master was killed at the end'}.`,
    sections: [
      {
        kind: 'table',
        title: 'What was heard',
        note: 'Lost: places in the master’s grid without an advert. A backup loses patience after more than three intervals. Stood still: a processor did not run even a bare C thread of the highest real-time priority, for 2 ms and more.',
        columns: [
          'adverts',
          'false failovers',
          'lost',
          'longest gap ms',
          'drift ppm',
          'took over at the end',
          'stood still',
          'for ms at most',
        ],
        rows: [
          [
            result.adverts,
            result.falseFailovers,
            result.lost,
            result.longestGapMs,
            Math.round(result.driftPpm),
            result.tookOver ? 'yes' : 'NO',
            result.standstills,
            result.longestStandstillMs,
          ],
        ],
      },
      {
        kind: 'table',
        title: 'Deviation of the interval, us',
        columns: ['p50', 'p90', 'p99', 'p99.9', 'max'],
        rows: [[d.p50, d.p90, d.p99, d.p999, d.max]],
      },
      {
        kind: 'timeline',
        title: 'Longest gap of each second',
        xLabel: 's',
        yLabel: 'ms',
        mark: 'points',
        series: [{ name: 'fulcrum', points: worstOfEachSecond(heard) }],
      },
    ],
    data: result,
  };
}

function worstOfEachSecond(heard: readonly Heard[]): readonly (readonly [number, number])[] {
  const worst = new Map<number, number>();
  const spoken = heard.filter(({ master }) => master);
  const first = spoken[0]?.atNs ?? 0n;
  spoken.forEach(({ atNs }, index) => {
    const before = spoken[index - 1];
    if (before === undefined) return;
    const second = Math.floor(Number(atNs - first) / 1e9);
    worst.set(second, Math.max(worst.get(second) ?? 0, Number(atNs - before.atNs) / 1e6));
  });
  return [...worst];
}
