/** Order statistics of a bench's samples. */

export type Percentiles = {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
};

const none: Percentiles = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

/** Nearest rank, so that each figure is a sample that was really seen. All zero when there are no samples. */
export function percentiles(samples: Iterable<number>): Percentiles {
  const sorted = Float64Array.from(samples).sort();
  const last = sorted.length - 1;
  if (last < 0) return none;
  const at = (fraction: number): number => sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? 0;
  let sum = 0;
  for (const value of sorted) sum += value;
  return {
    count: sorted.length,
    min: sorted[0] ?? 0,
    mean: sum / sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: sorted[last] ?? 0,
  };
}

/** Of several rounds of one measurement: `min` is the machine at its quietest, `median` what to expect. */
export type Rounds = { readonly min: number; readonly median: number; readonly max: number; readonly rounds: number };

export function rounds(values: readonly number[]): Rounds {
  const { min, p50, max, count } = percentiles(values);
  return { min, median: p50, max, rounds: count };
}

/** Three significant digits, without an exponent: 1234567 -> `1230000`, 0.012345 -> `0.0123`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  if (digits === 0) return String(Number(value.toPrecision(3)));
  return value.toFixed(Math.min(digits, 9)).replace(/\.?0+$/, '');
}
