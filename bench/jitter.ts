/**
 * How evenly adverts are on the wire, seen from a second host, while the sender's machine is busy: Fulcrum beside
 * keepalived and a plain timer, under the same loads in the same run.
 */
import { progress } from './support/progress.js';
import {
  type HistogramSection,
  type Report,
  type ReportFiles,
  type TimelineSection,
  writeReport,
} from './support/report.js';
import { type Load, loads, loadText, startLoad } from './vrrp/load.js';
import { type SenderName, senders, senderText, startSender } from './vrrp/senders.js';
import { type Samples, type Spacing, spacingOf } from './vrrp/spacing.js';
import { createWire, tap, type Wire } from './vrrp/wire.js';

export type JitterOptions = {
  /** @default 20 */
  readonly intervalMs?: number;
  /** Adverts of each sender under each load. @default 1500 */
  readonly adverts?: number;
  readonly loads?: readonly Load[];
  readonly senders?: readonly SenderName[];
} & ReportFiles;

export type JitterResult = { readonly load: Load; readonly sender: SenderName } & Spacing;

/** For a sender to start and to become master: 3 intervals and the skew, and what a busy machine adds. */
const START_MS = 4000;

/** Needs root, for network namespaces. */
export async function runJitterBench(options: JitterOptions = {}): Promise<readonly JitterResult[]> {
  const { intervalMs = 20, adverts = 1500 } = options;
  const chosenLoads = options.loads ?? loads;
  const chosenSenders = options.senders ?? senders;
  const bar = progress('jitter', chosenLoads.length * chosenSenders.length * adverts);
  const results: (JitterResult & { readonly samples: Samples })[] = [];
  for (const load of chosenLoads) {
    for (const sender of chosenSenders) {
      await using wire = await createWire();
      const times = await listen(wire, sender, load, intervalMs, adverts, (count) =>
        bar.tick(count, `${sender} ${load}`),
      );
      const { spacing, samples } = spacingOf(times, intervalMs * 1e6);
      results.push({ load, sender, ...spacing, samples });
    }
  }
  bar.done();
  writeReport(reportOf(results, intervalMs), options);
  return results;
}

async function listen(
  wire: Wire,
  name: SenderName,
  load: Load,
  intervalMs: number,
  adverts: number,
  tick: (count: number) => void,
): Promise<readonly bigint[]> {
  await using sender = startSender(name, { wire, intervalMs, load, priority: 200 });
  await using _load = sender.carriesLoad ? null : startLoad(load);
  await sleep(START_MS);
  const ear = await tap(wire, sender.expression);
  const step = Math.max(1, Math.floor(adverts / 20));
  for (let heard = 0; heard < adverts; heard += step) {
    await sleep(step * intervalMs);
    tick(Math.min(step, adverts - heard));
  }
  const packets = await ear.stop();
  return packets.map(({ atNs }) => atNs);
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
