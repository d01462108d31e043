import type { MetricName } from './metrics.js';
import type { MetricSample } from './state-item.js';

/** Named in `src/model/observing/metrics.ts`; labels are few and bounded. Cheap: sent to the gateway about once a second, as sums. */
export interface Meter {
  count(name: MetricName, labels: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: MetricName, labels: Readonly<Record<string, string>>, value: number): void;
  observe(name: MetricName, labels: Readonly<Record<string, string>>, value: number): void;
  /** The same series as `count`, looked up once: for paths that run thousands of times a second. Valid for the meter's life. */
  counter(name: MetricName, labels: Readonly<Record<string, string>>): (by?: number) => void;
  /** The same series as `observe`, looked up once. */
  histogram(name: MetricName, labels: Readonly<Record<string, string>>): (value: number) => void;
  /** What came together since the last call; the host calls it. */
  take(): readonly MetricSample[];
}
