/**
 * How evenly adverts are on the wire, seen from a second host, while the sender's machine is busy: Fulcrum beside
 * keepalived and a plain timer, under the same loads in the same run.
 */
import { progress } from './support/progress.js';
import type { HistogramSection, Report, TimelineSection } from './support/report.js';
import { type ContestOptions, contest } from './vrrp/contest.js';
import { type Load, loads, loadText, startLoad } from './vrrp/load.js';
import {
  presentSenders,
  requireSenders,
  type SenderName,
  senderExpression,
  senderText,
  startSender,
} from './vrrp/senders.js';
import { type Samples, type Spacing, spacingOf } from './vrrp/spacing.js';
import { firstPacket, tap, type Wire } from './vrrp/wire.js';

export type JitterOptions = ContestOptions & {
  /** @default 20 */
  readonly intervalMs?: number;
  /** Adverts of each sender under each load. @default 1500 */
  readonly adverts?: number;
  /** For so long instead of `adverts`, under the garbage load alone unless others are chosen: whether anything drifts. */
  readonly driftMinutes?: number;
};

export type JitterResult = { readonly load: Load; readonly sender: SenderName } & Spacing;

/** For a load to be in full swing. */
const SETTLE_MS = 2000;
const LOOK_MS = 250;

const QUICK_ADVERTS = 100;

/** Needs root, for network namespaces. The report's `data` are `JitterResult`s. */
export async function runJitterBench(options: JitterOptions = {}): Promise<Report> {
  const { intervalMs = 20, quick = false } = options;
  const { driftMinutes } = options;
  const adverts =
    driftMinutes === undefined
      ? (options.adverts ?? (quick ? QUICK_ADVERTS : 1500))
      : Math.ceil((driftMinutes * 60_000) / intervalMs);
  const chosenLoads = options.loads ?? (driftMinutes === undefined ? loads : ['garbage']);
  const chosenSenders = options.senders ?? presentSenders();
  requireSenders(chosenSenders);
  const bar = progress('jitter', chosenLoads.length * chosenSenders.length * adverts);
  const results = await contest(chosenLoads, chosenSenders, async (wire, sender, load) => {
    const tick = (count: number) => bar.tick(count, `${sender} ${load}`);
    const times = await listen(wire, sender, load, intervalMs, adverts, tick);
    const { spacing, samples } = spacingOf(times, intervalMs * 1e6);
    return { load, sender, ...spacing, samples };
  });
  bar.done();
  return reportOf(results, intervalMs);
}

async function listen(
  wire: Wire,
  name: SenderName,
  load: Load,
  intervalMs: number,
  adverts: number,
  tick: (count: number) => void,
): Promise<readonly bigint[]> {
  const ear = await tap(wire, senderExpression(name, wire));
  await using sender = startSender(name, { wire, intervalMs, load, priority: 200 });
  await firstPacket(ear, name);
  await using _load = sender.carriesLoad ? null : startLoad(load);
  await sleep(SETTLE_MS);
  const before = ear.count();
  const endMs = performance.now() + adverts * intervalMs;
  for (let told = 0; performance.now() < endMs; ) {
    await sleep(Math.min(LOOK_MS, Math.max(0, endMs - performance.now())));
    const part = 1 - Math.max(0, endMs - performance.now()) / (adverts * intervalMs);
    tick(Math.round(part * adverts) - told);
    told = Math.round(part * adverts);
  }
  const packets = await ear.stop();
  return packets.slice(before).map(({ atNs }) => atNs);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function reportOf(results: readonly (JitterResult & { readonly samples: Samples })[], intervalMs: number): Report {
  const byLoad = [...new Set(results.map(({ load }) => load))];
  const of = (load: Load) => results.filter((result) => result.load === load);
  return {
    title: `VRRP advert jitter, adverts every ${intervalMs} ms`,
    summary: 'How far the distance between two adverts is from the interval, on the wire, by the kernel’s time stamps.',
    sections: [
      {
        kind: 'table',
        title: 'Deviation of the interval, us',
        note: byLoad.map((load) => `${load}: ${loadText[load]}.`).join(' '),
        columns: ['load', 'sender', 'adverts', 'p50', 'p90', 'p99', 'p99.9', 'max', 'drift ppm', 'longest gap'],
        rows: results.map(({ load, sender, adverts, deviationUs: d, driftPpm, longestGap }) => [
          load,
          sender,
          adverts,
          d.p50,
          d.p90,
          d.p99,
          d.p999,
          d.max,
          Math.round(driftPpm),
          longestGap,
        ]),
      },
      ...byLoad.flatMap((load): [HistogramSection, TimelineSection] => [
        {
          kind: 'histogram',
          title: `Deviation under load: ${load}`,
          unit: 'us',
          scale: 'log',
          series: of(load).map(({ sender, samples }) => ({ name: sender, samples: samples.deviations.map(Math.abs) })),
        },
        {
          kind: 'timeline',
          title: `Place of each advert on the sender’s own grid: ${load}`,
          note: 'A line that climbs is drift; a point that stands out is one late advert.',
          xLabel: 'ms',
          yLabel: 'us late',
          mark: 'points',
          series: of(load).map(({ sender, samples }) => ({ name: sender, points: samples.lateness })),
        },
      ]),
      {
        kind: 'table',
        title: 'Senders',
        columns: ['sender', 'is'],
        rows: [...new Set(results.map(({ sender }) => sender))].map((sender) => [sender, senderText[sender]]),
      },
    ],
    data: results.map(({ samples: _samples, ...result }) => result),
  };
}
