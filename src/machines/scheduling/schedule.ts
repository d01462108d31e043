/**
 * When a target is probed. Each target has a grid of its own on the machine's monotonic time line: `phase + k * interval`,
 * the phase being a hash of its key. So start times are spread over the interval, are the same in every life of every
 * shard, and never drift: a probe is due at a grid point (plus its jitter), whatever happened to the one before.
 */
import { fnvHash } from '../../model/hash.js';
import { type Nanoseconds, ns } from '../../model/units.js';

export type Grid = { readonly phaseNs: Nanoseconds; readonly intervalNs: Nanoseconds };
export type Backoff = { readonly factor: number; readonly maxNs: Nanoseconds };

/** Where in [0, 1) a key falls. */
export const keyFraction = (key: string): number => fnvHash(key) / 2 ** 32;

export const gridOf = (key: string, intervalNs: Nanoseconds): Grid => ({
  phaseNs: ns(Math.floor(keyFraction(key) * intervalNs)),
  intervalNs,
});

/** The first grid point at or after `atNs`. */
export function gridPointFrom(grid: Grid, atNs: Nanoseconds): Nanoseconds {
  const steps = Math.ceil((atNs - grid.phaseNs) / grid.intervalNs);
  return ns(grid.phaseNs + steps * grid.intervalNs);
}

/** After a first probe, which starts off the grid: the next point that is at least half an interval away. */
export const gridPointAfterFirst = (grid: Grid, startedNs: Nanoseconds): Nanoseconds =>
  gridPointFrom(grid, ns(startedNs + grid.intervalNs / 2));

/**
 * The grid point after the one at `pointNs`, `delayNs` (at least an interval) later; one that has passed at `nowNs`, because
 * the probe took long, is not made up for.
 */
export function nextGridPoint(grid: Grid, pointNs: Nanoseconds, delayNs: Nanoseconds, nowNs: Nanoseconds): Nanoseconds {
  // Half an interval less: `pointNs` is on the grid but for rounding.
  return gridPointFrom(grid, ns(Math.max(pointNs + delayNs - grid.intervalNs / 2, nowNs)));
}

/**
 * The span to the next probe of a target that is unhealthy since `failures - retries` probes: it grows by `factor` with each
 * failure, up to `maxNs`, and is never shorter than the interval.
 */
export function probeDelay(
  intervalNs: Nanoseconds,
  backoff: Backoff | null,
  failures: number,
  retries: number,
): Nanoseconds {
  const beyond = failures - retries;
  if (backoff === null || beyond <= 0) return intervalNs;
  const delayNs = Math.min(intervalNs * backoff.factor ** beyond, backoff.maxNs);
  return ns(Math.max(intervalNs, delayNs));
}

/**
 * The second look at a target whose change of state is not decided: off its grid, `retryNs` after the last probe began and not
 * before that has ended. Null where the next grid point is no later.
 */
export function secondLook(
  startedNs: Nanoseconds,
  retryNs: Nanoseconds | null,
  nextPointNs: Nanoseconds,
  nowNs: Nanoseconds,
): Nanoseconds | null {
  if (retryNs === null) return null;
  const atNs = ns(Math.max(startedNs + retryNs, nowNs));
  return atNs < nextPointNs ? atNs : null;
}

/** A probe's own shift behind its grid point, in [0, jitter) of the interval: never added up. */
export const jitterNs = (intervalNs: Nanoseconds, jitter: number, random: () => number): Nanoseconds =>
  ns(jitter > 0 ? Math.floor(random() * jitter * intervalNs) : 0);
