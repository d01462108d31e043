/** How evenly a sender speaks, from the times at which its packets were on the wire. */
import { type Percentiles, percentiles } from '../support/stats.js';

export type Spacing = {
  readonly adverts: number;
  /** How far each distance between two adverts is from the interval, whichever way, in microseconds. */
  readonly deviationUs: Percentiles;
  /** The mean distance against the interval, in parts per million: 2000 = each advert 0.2 % late on the one before. */
  readonly driftPpm: number;
  /** The longest silence, in intervals: 3 and more may cost a failover. */
  readonly longestGap: number;
  /** Adverts that were left out. */
  readonly leftOut: number;
};

export type Samples = {
  /** Deviation of each distance, signed, in microseconds. */
  readonly deviations: readonly number[];
  /** Milliseconds since the first advert, and how far it is from its place on the grid of the first, in microseconds. */
  readonly lateness: readonly (readonly [number, number])[];
};

/** Nobody speaks before its time, but for so much of an interval: an advert at 1.7 is a late first one, not an early second one. */
const EARLY_SHARE = 0.1;

/** Times in nanoseconds, ascending. */
export function spacingOf(times: readonly bigint[], intervalNs: number): { spacing: Spacing; samples: Samples } {
  const first = times[0] ?? 0n;
  const since = times.map((time) => Number(time - first));
  const gaps = since.slice(1).map((at, index) => at - (since[index] ?? 0));
  const deviations = gaps.map((gap) => (gap - intervalNs) / 1e3);
  // Two whole intervals in one gap are an advert that was left out, not one that was late: the grid goes on.
  let place = 0;
  const lateness = since.map((at, index): readonly [number, number] => {
    if (index > 0) place += Math.max(1, Math.floor((gaps[index - 1] ?? 0) / intervalNs + EARLY_SHARE));
    return [at / 1e6, (at - place * intervalNs) / 1e3];
  });
  const span = since.at(-1) ?? 0;
  return {
    spacing: {
      adverts: times.length,
      deviationUs: percentiles(deviations.map(Math.abs)),
      driftPpm: place === 0 ? 0 : (span / (place * intervalNs) - 1) * 1e6,
      longestGap: gaps.reduce((longest, gap) => Math.max(longest, gap), 0) / intervalNs,
      leftOut: place + 1 - Math.max(1, times.length),
    },
    samples: { deviations, lateness },
  };
}
