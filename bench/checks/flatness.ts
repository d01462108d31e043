/** Whether a check costs the same, and a target the same memory, however many there are. */
import type { Section } from '../support/report.js';
import type { Goal } from './goals.js';

/** Checks a second in the rows that compare different numbers of targets. */
export const FLAT_RATE = 5000;
export const FLAT_TARGETS = [100, 1000, 10_000, 100_000] as const;

/** Medians of the rounds. */
export type FlatPoint = { readonly targets: number; readonly costUs: number; readonly memoryMb: number };

export function flatnessOf(points: readonly FlatPoint[]): {
  readonly goals: readonly Goal[];
  readonly sections: readonly Section[];
} {
  const costs = points.map(({ costUs }) => costUs);
  const spread = Math.max(...costs) / Math.min(...costs);
  const [first, last] = [points[0], points.at(-1)];
  const comparable = first !== undefined && last !== undefined && points.length > 1;
  const kbPerTarget = comparable ? ((last.memoryMb - first.memoryMb) * 1024) / (last.targets - first.targets) : null;
  const goals: Goal[] = [
    {
      what: `cost of a check from ${first?.targets} to ${last?.targets} targets, at ${FLAT_RATE}/s`,
      goal: 'flat within 20 %',
      ours: comparable ? Math.max(...costs) : null,
      theirs: comparable ? Math.min(...costs) : null,
      peer: 'itself',
      unit: 'us',
      met: comparable ? spread <= 1.2 : null,
    },
    {
      what: 'memory per target',
      goal: 'linear',
      ours: kbPerTarget,
      theirs: null,
      peer: '-',
      unit: 'KB',
      met: comparable ? isLinear(points) : null,
    },
  ];
  const line = (name: string, of: (point: FlatPoint) => number) => ({
    name,
    points: points.map((point) => [point.targets, of(point)] as const),
  });
  const sections: Section[] = [
    {
      kind: 'timeline',
      title: `Cost of a check, ${FLAT_RATE} a second`,
      xLabel: 'targets',
      yLabel: 'CPU us per check',
      xScale: 'log',
      mark: 'line',
      series: [line('fulcrum', ({ costUs }) => costUs)],
    },
    {
      kind: 'timeline',
      title: 'Memory of the process',
      xLabel: 'targets',
      yLabel: 'MB',
      mark: 'line',
      series: [line('fulcrum', ({ memoryMb }) => memoryMb)],
    },
  ];
  return { goals, sections };
}

const HEAP_STEP_MB = 64;

/** No part of the way costs more than twice the whole way's average: the heap grows in steps. */
function isLinear(points: readonly FlatPoint[]): boolean {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return false;
  const slope = (last.memoryMb - first.memoryMb) / (last.targets - first.targets);
  return points.every(
    ({ targets, memoryMb }) => memoryMb <= first.memoryMb + 2 * slope * (targets - first.targets) + HEAP_STEP_MB,
  );
}
