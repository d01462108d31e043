import type { Meter } from '../../model/observing/meter.js';
import { counter, defineMetrics, gauge, histogram } from '../../model/observing/metrics.js';
import { errorTypes, type Verdict } from './answer.js';

export const metrics = defineMetrics({
  check_requests_total: counter(
    'HAProxy agent: answers given; error means that the backend’s state could not be had, which is answered as down',
    ['result'],
  ),
  check_errors_total: counter('HAProxy agent: why the state could not be had', ['error_type']),
  check_duration_seconds: histogram(
    'HAProxy agent: from the request’s line to its answer',
    [],
    [0.01, 0.05, 0.1, 0.5, 1, 2],
  ),
  haproxy_connections_active: gauge('HAProxy agent: open connections of HAProxy', []),
  grpc_channels_active: gauge('HAProxy agent: backends whose gRPC channel is kept', []),
});

/** What the agent counts, with the series looked up once: this runs thousands of times a second. */
export interface AgentMetrics {
  checked(verdict: Verdict, durationMs: number): void;
  /** Turned away at the door: never a check. */
  refusedClient(): void;
  connections(count: number): void;
  channels(count: number): void;
}

export function agentMetrics(meter: Meter): AgentMetrics {
  const count = (result: Verdict['kind']) => meter.counter(metrics.check_requests_total, { result });
  const results = { up: count('up'), down: count('down'), error: count('error') };
  const errors = Object.fromEntries(
    errorTypes.map((type) => [type, meter.counter(metrics.check_errors_total, { error_type: type })]),
  );
  const duration = meter.histogram(metrics.check_duration_seconds, {});
  // All series are there from the start, so that the first error is an increase that rate() can see.
  for (const start of [...Object.values(results), ...Object.values(errors)]) start(0);
  return {
    checked(verdict, durationMs) {
      results[verdict.kind]();
      if (verdict.kind === 'error') errors[verdict.errorType]?.();
      duration(durationMs / 1000);
    },
    refusedClient: () => errors['forbidden']?.(),
    connections: (value) => meter.gauge(metrics.haproxy_connections_active, {}, value),
    channels: (value) => meter.gauge(metrics.grpc_channels_active, {}, value),
  };
}
