import type { Meter } from '../../model/observing/meter.js';
import { type Nanoseconds, NS_PER_S } from '../../model/units.js';
import { metrics } from './metrics.js';

type Result = 'healthy' | 'unhealthy' | 'error';

/** The counters of one type of check, looked up once: a result costs no look-up by labels. */
export type ProbeSeries = { readonly count: (result: Result, durationNs: Nanoseconds) => void };
export function probeSeries(meter: Meter, type: string): ProbeSeries {
  const counter = (result: Result) => meter.counter(metrics.fulcrum_checks_total, { type, result });
  const totals = { healthy: counter('healthy'), unhealthy: counter('unhealthy'), error: counter('error') };
  const duration = meter.histogram(metrics.fulcrum_check_duration_seconds, { type });
  return {
    count(result, durationNs) {
      totals[result]();
      // How long our own failure took says nothing about any target.
      if (result !== 'error') duration(durationNs / NS_PER_S);
    },
  };
}
