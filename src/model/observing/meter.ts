import type { Counter, Gauge, Histogram } from './metrics.js';
import type { MetricSample } from './state-item.js';

type Labels<L extends string> = { readonly [label in L]: string };

/** Labels are few and bounded. Cheap: sent to the gateway about once a second, as sums. */
export interface Meter {
  count<L extends string>(metric: Counter<L>, labels: Labels<L>, by?: number): void;
  gauge<L extends string>(metric: Gauge<L>, labels: Labels<L>, value: number): void;
  observe<L extends string>(metric: Histogram<L>, labels: Labels<L>, value: number): void;
  /** The same series as `count`, looked up once: for paths that run thousands of times a second. Valid for the meter's life. */
  counter<L extends string>(metric: Counter<L>, labels: Labels<L>): (by?: number) => void;
  /** The same series as `observe`, looked up once. */
  histogram<L extends string>(metric: Histogram<L>, labels: Labels<L>): (value: number) => void;
  /** What came together since the last call; the host calls it. */
  take(): readonly MetricSample[];
}
