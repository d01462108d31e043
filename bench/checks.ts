/**
 * `fulcrum bench checks`: what health checks cost, beside haproxy, a Go program and a C program in the same run. Figures mean
 * something on a quiet machine alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absence, type Contender, contend, figureOf, fulcrumIn, type Results } from './checks/contenders.js';
import { FLAT_RATE, FLAT_TARGETS, type FlatPoint, flatnessOf } from './checks/flatness.js';
import { buildGoPeer } from './checks/go-peer.js';
import { type Goal, goalsTable } from './checks/goals.js';
import { measureHaproxy } from './checks/haproxy.js';
import { type Figures, type Load, warmMsOf } from './checks/load.js';
import { startNginx } from './checks/nginx.js';
import { benchRefused } from './checks/refused.js';
import { type Arena, openArena } from './support/arena.js';
import type { Bench, BenchOptions } from './support/bench.js';
import { progress } from './support/progress.js';
import type { Cell, Section, TableSection } from './support/report.js';

const PORT = 18_390;

/** What is measured is how checks run from day to day: until then V8's compiler has found what to optimize. */
const SETTLE_MS = 8000;
const MEASURE_MS = 10_000;
/** A whole heap of many targets is collected every 15 s, for half a second: a shorter time than several of these says nothing. */
const MANY_TARGETS = 20_000;
const MANY_MEASURE_MS = 45_000;

/** A load, who takes it, and what is to be reached. */
type Row = {
  readonly title: string;
  readonly load: Load;
  readonly against: readonly ('haproxy' | 'go')[];
  readonly goals: (results: Results) => readonly Goal[];
};

export const runChecksBench: Bench = async (options) => {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-checks-'));
  const arena = openArena();
  const stops: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true }), arena.close];
  try {
    const nginx = await startNginx(directory, PORT, arena);
    stops.unshift(nginx.stop);
    const fulcrum = fulcrumIn(arena);
    const peers = peersOf(directory, arena);
    const load = loadMaker(options);
    const flatRows = flatRowsOf(load, options);
    const all = [...rowsOf(load), ...flatRows];
    const roundCount = options.quick ? 1 : 3;
    const steps = all.reduce((sum, row) => sum + (1 + row.against.length) * roundCount, roundCount);
    const bar = progress('checks', steps);
    const refused = await benchRefused(
      directory,
      { rounds: roundCount, checks: options.quick ? 2000 : 20_000 },
      (note) => bar.tick(1, note),
    );
    const goals: Goal[] = [...refused.goals];
    const sections: Section[] = [...refused.sections];
    const found: { readonly row: Row; readonly results: Results }[] = [];
    for (const row of all) {
      const contenders = [fulcrum, ...row.against.map((name) => peers[name])];
      const results = await contend(row.load, contenders, roundCount, (name) => bar.tick(1, `${row.title}: ${name}`));
      found.push({ row, results });
      goals.push(...row.goals(results));
      sections.push(tableOf(row, results));
    }
    bar.done();
    const flatness = flatnessOf(found.filter(({ row }) => flatRows.includes(row)).flatMap(pointOf));
    goals.push(...flatness.goals);
    sections.push(...flatness.sections);
    return {
      title: 'Health checks: cost, throughput and scale',
      summary: `${goals.filter(({ met }) => met === true).length} of ${goals.length} goals met.${absences(found)}`,
      sections: [goalsTable(goals), ...sections],
      data: {
        refused: refused.data,
        rows: found.map(({ row, results }) => ({
          title: row.title,
          load: row.load,
          results: Object.fromEntries(results),
        })),
      },
    };
  } finally {
    for (const stop of stops) await stop();
  }
};

function peersOf(directory: string, arena: Arena): Readonly<Record<'haproxy' | 'go', Contender>> {
  // A program that does not compile says so in its turn.
  const go = buildGoPeer(directory, arena);
  go.catch(() => {});
  return {
    haproxy: { name: 'haproxy', measure: (load) => measureHaproxy(load, directory, arena) },
    go: { name: 'go', measure: async (load) => (await go)(load) },
  };
}

/** Who took no part, and why. */
function absences(found: readonly { readonly row: Row; readonly results: Results }[]): string {
  const lines = found.flatMap(({ row, results }) =>
    [...results].flatMap(([name, so]) => (typeof so === 'string' ? [`${row.title}: ${name} took no part: ${so}`] : [])),
  );
  return lines.map((line) => `\n${line}`).join('');
}

type LoadMaker = (type: Load['type'], targets: number, intervalMs: number) => Load;

const loadMaker =
  ({ quick }: BenchOptions): LoadMaker =>
  (type, targets, intervalMs) => ({
    type,
    targets,
    intervalMs,
    port: PORT,
    warmMs: warmMsOf(targets, intervalMs) + (quick ? 0 : SETTLE_MS),
    measureMs: quick ? 2000 : targets > MANY_TARGETS ? MANY_MEASURE_MS : MEASURE_MS,
  });

function rowsOf(load: LoadMaker): readonly Row[] {
  return [
    {
      title: 'TCP, open port, 5,000 checks/s',
      load: load('tcp', 5000, 1000),
      against: ['haproxy', 'go'],
      goals: (results) => [
        goal(
          results,
          'CPU per TCP check, open port, 5,000/s',
          '<= 1.0x haproxy',
          'us',
          cpuUs,
          'haproxy',
          (a, b) => a <= b,
        ),
      ],
    },
    {
      title: 'TCP, 25,000 checks/s',
      load: load('tcp', 25_000, 1000),
      against: ['go'],
      goals: (results) => [
        goal(results, 'TCP checks/s sustained, results delivered', '>= 25,000', '/s', rate, 'go', (a) => a >= 24_900),
        goal(results, 'the same: CPU per check', 'below Go', 'us', cpuUs, 'go', (a, b) => a < b),
      ],
    },
    {
      title: 'HTTP, 8,000 checks/s, a connection each',
      load: load('http', 8000, 1000),
      against: ['go'],
      goals: (results) => [
        goal(results, 'HTTP checks/s sustained, results delivered', '>= 8,000', '/s', rate, 'go', (a) => a >= 7960),
        goal(results, 'the same: CPU per check', '-', 'us', cpuUs, 'go', () => true),
      ],
    },
    {
      title: '10,000 targets at 5 s',
      load: load('tcp', 10_000, 5000),
      against: ['haproxy'],
      goals: (results) => [
        goal(results, '10,000 targets at 5 s: of one core', '<= 10 %', '%', cpuPercent, 'haproxy', (a) => a <= 10),
        goal(results, '10,000 targets at 5 s: memory', '<= 250 MB', 'MB', rss, 'haproxy', (a) => a <= 250),
      ],
    },
    {
      title: '100,000 targets at 10 s',
      load: load('tcp', 100_000, 10_000),
      against: ['haproxy'],
      goals: (results) => [
        goal(results, '100,000 targets at 10 s: memory', '<= 1.5 GB', 'MB', rss, 'haproxy', (a) => a <= 1536),
        goal(results, '100,000 targets at 10 s: p99 lateness', '< 100 ms', 'ms', lateness, 'haproxy', (a) => a < 100),
      ],
    },
    {
      title: '1,000 targets at 1 s',
      load: load('tcp', 1000, 1000),
      against: [],
      goals: (results) => [
        goal(results, '1,000 targets at 1 s, one shard: p99 lateness', '<= 50 ms', 'ms', lateness, '-', (a) => a <= 50),
      ],
    },
  ];
}

/** At one rate, with more and more targets: what `flatnessOf` compares. */
const flatRowsOf = (load: LoadMaker, { quick }: BenchOptions): readonly Row[] =>
  FLAT_TARGETS.slice(0, quick ? 3 : 4).map((targets) => ({
    title: `${FLAT_RATE} checks/s of ${targets} targets`,
    load: load('tcp', targets, (targets / FLAT_RATE) * 1000),
    against: [],
    goals: () => [],
  }));

const cpuUs = (figures: Figures): number => figures.cpuUsPerCheck;
const rate = (figures: Figures): number => figures.rate;
const cpuPercent = (figures: Figures): number => figures.cpuPercent;
const rss = (figures: Figures): number => figures.rssMb;
const lateness = (figures: Figures): number | null => figures.latenessP99Ms;

function goal(
  results: Results,
  what: string,
  text: string,
  unit: string,
  of: (figures: Figures) => number | null,
  peer: string,
  isMet: (ours: number, theirs: number) => boolean,
): Goal {
  const ours = figureOf(results, 'fulcrum', of)?.median ?? null;
  const theirs = figureOf(results, peer, of)?.median ?? null;
  const comparable = ours !== null && (theirs !== null || isMet.length < 2);
  return {
    what,
    goal: text,
    ours,
    theirs,
    peer,
    unit,
    met: comparable ? isMet(ours, theirs ?? 0) : null,
    why: absence(results, 'fulcrum') ?? absence(results, peer),
  };
}

/** What a row says of the cost of more targets; nothing where Fulcrum has no figures. */
function pointOf({ row, results }: { readonly row: Row; readonly results: Results }): readonly FlatPoint[] {
  const cost = figureOf(results, 'fulcrum', cpuUs);
  const memory = figureOf(results, 'fulcrum', rss);
  if (cost === null || memory === null) return [];
  return [{ targets: row.load.targets, costUs: cost.median, memoryMb: memory.median }];
}

function tableOf({ title, load }: Row, results: Results): TableSection {
  const rows = [...results].map(([name, figures]): Cell[] => {
    if (typeof figures === 'string') return [name, 'absent', '', '', '', '', '', ''];
    const of = (pick: (one: Figures) => number | null): Cell => figureOf(results, name, pick)?.median ?? '-';
    const least = figureOf(results, name, cpuUs)?.min ?? '-';
    return [name, of(rate), of(cpuUs), least, of(cpuPercent), of(rss), of(lateness), of((one) => one.failed)];
  });
  return {
    kind: 'table',
    title,
    note: `${load.targets} targets of type ${load.type}, every ${load.intervalMs} ms, on nginx; CPU of the whole process, medians of the rounds.`,
    columns: ['', 'checks/s', 'CPU us/check', 'least', '% of a core', 'MB', 'p99 lateness ms', 'failed'],
    rows,
  };
}
