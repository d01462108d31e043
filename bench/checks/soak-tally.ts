/** What the daemon's own counters say of a soak, and what to make of it. */

export type Counts = { readonly healthy: number; readonly unhealthy: number; readonly error: number };

/** The sums of `fulcrum_checks_total` over the types of check, from the text of /metrics. */
export function countsOf(metrics: string): Counts {
  const sum = (result: string): number =>
    [...metrics.matchAll(new RegExp(`^fulcrum_checks_total\\{[^}]*result="${result}"[^}]*\\} (\\d+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return { healthy: sum('healthy'), unhealthy: sum('unhealthy'), error: sum('error') };
}

export type Soak = {
  readonly backends: number;
  readonly seconds: number;
  readonly intervalMs: number;
  /** Of the time in which every backend was healthy. */
  readonly counts: Counts;
  /** Backends that were said to be unhealthy then: each in words. */
  readonly falseStates: readonly string[];
  /** After the backends were really stopped: those that were not found out. */
  readonly missed: number;
};

export type SoakVerdict = { readonly passed: boolean; readonly text: string };

/** Part of the probes that are due which must have been made: below it, nothing was proven. */
const LEAST_PART = 0.9;

export function judgeSoak({ backends, seconds, intervalMs, counts, falseStates, missed }: Soak): SoakVerdict {
  const probes = counts.healthy + counts.unhealthy + counts.error;
  const due = (backends * seconds * 1000) / intervalMs;
  const faults = [
    ...(counts.unhealthy > 0 ? [`${counts.unhealthy} probes of healthy backends failed`] : []),
    ...(falseStates.length > 0 ? [`${falseStates.length} times a healthy backend was taken out`] : []),
    ...(probes < due * LEAST_PART ? [`only ${probes} of ${Math.round(due)} probes that were due were made`] : []),
    ...(missed > 0 ? [`${missed} backends that were stopped at the end were not found out`] : []),
  ];
  const held = counts.error > 0 ? `; ${counts.error} probes were not judged, this host being short of something` : '';
  return faults.length === 0
    ? {
        passed: true,
        text: `PASS: no false result in ${probes} probes of ${backends} healthy backends in ${seconds} s; all were found out when they were stopped${held}`,
      }
    : { passed: false, text: `FAIL: ${faults.join('; ')}${held}` };
}
