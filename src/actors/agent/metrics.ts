import type { Meter } from '../../model/observing/meter.js';
import { errorTypes, type Verdict } from './answer.js';

/** What the agent counts, with the series looked up once: this runs thousands of times a second. */
export interface AgentMetrics {
  checked(verdict: Verdict, durationMs: number): void;
  /** Turned away at the door: never a check. */
  refusedClient(): void;
  connections(count: number): void;
  channels(count: number): void;
}

export function agentMetrics(meter: Meter): AgentMetrics {
  const count = (result: Verdict['kind']) => meter.counter('check_requests_total', { result });
  const results = { up: count('up'), down: count('down'), error: count('error') };
  const errors = Object.fromEntries(
    errorTypes.map((type) => [type, meter.counter('check_errors_total', { error_type: type })]),
  );
  const duration = meter.histogram('check_duration_seconds', {});
  // All series are there from the start, so that the first error is an increase that rate() can see.
  for (const start of [...Object.values(results), ...Object.values(errors)]) start(0);
  return {
    checked(verdict, durationMs) {
      results[verdict.kind]();
      if (verdict.kind === 'error') errors[verdict.errorType]?.();
      duration(durationMs / 1000);
    },
    refusedClient: () => errors['forbidden']?.(),
    connections: (value) => meter.gauge('haproxy_connections_active', {}, value),
    channels: (value) => meter.gauge('grpc_channels_active', {}, value),
  };
}
