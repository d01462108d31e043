import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { counter, defineMetrics, gauge, histogram, secondsFrom100us } from '../model/observing/metrics.js';
import type { ComponentHealth, HealthStatus } from './component.js';

export const metrics = defineMetrics({
  health_check_duration_seconds: histogram(
    'Duration of a component’s check behind /health',
    ['component'],
    secondsFrom100us,
  ),
  health_check_failures_total: counter('Failed component checks behind /health', ['component']),
  health_check_status: gauge('1 for the present aggregated status', ['service', 'status']),
});

export interface HealthMetrics {
  component(health: ComponentHealth, durationMs: number): void;
  status(status: HealthStatus): void;
}

const statuses = ['healthy', 'degraded', 'unhealthy'] as const satisfies readonly HealthStatus[];

/** Registers the three metrics, or takes them up where another checker of the process registered them. */
export function createHealthMetrics(registry: Registry, service: string): HealthMetrics {
  const duration =
    existing(registry, 'health_check_duration_seconds', Histogram) ??
    new Histogram({
      ...settings(registry, 'health_check_duration_seconds'),
      buckets: [...metrics.health_check_duration_seconds.buckets],
    });
  const failures =
    existing(registry, 'health_check_failures_total', Counter) ??
    new Counter(settings(registry, 'health_check_failures_total'));
  const status =
    existing(registry, 'health_check_status', Gauge) ?? new Gauge(settings(registry, 'health_check_status'));
  return {
    component(health, durationMs) {
      duration.observe({ component: health.name }, durationMs / 1000);
      // Counted from zero, so that a first failure is an increase that rate() can see.
      failures.inc({ component: health.name }, health.status === 'unhealthy' ? 1 : 0);
    },
    status(present) {
      for (const each of statuses) status.set({ service, status: each }, each === present ? 1 : 0);
    },
  };
}

type Name = keyof typeof metrics;

const settings = (registry: Registry, name: Name) => ({
  name,
  help: metrics[name].help,
  labelNames: [...metrics[name].labels],
  registers: [registry],
});

function existing<M>(registry: Registry, name: Name, kind: new (...args: never[]) => M): M | null {
  const metric: unknown = registry.getSingleMetric(name);
  if (metric === undefined) return null;
  if (metric instanceof kind) return metric;
  throw new TypeError(`the registry holds a metric ${name} of another kind`);
}
