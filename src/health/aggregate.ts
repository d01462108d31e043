import type { ComponentHealth, HealthStatus } from './component.js';

/** The detailed answer of `/health/ready`. */
export type AggregatedHealth = {
  readonly status: HealthStatus;
  readonly components: readonly ComponentHealth[];
  readonly version: string;
  /** RFC 3339 with milliseconds, UTC. */
  readonly timestamp: string;
  /** Wall time of the whole round. */
  readonly total_latency_ms: number;
};

/** The short answer of `/health`. */
export type SimpleHealth = { readonly status: HealthStatus; readonly version: string };

export type Liveness = { readonly status: 'alive'; readonly version: string };

/** May take traffic: HTTP 200, else 503. A degraded service still works. */
export const isReady = (health: { readonly status: HealthStatus }): boolean => health.status !== 'unhealthy';

/** Unhealthy when a critical component is; degraded when anything else is not healthy; with no components, healthy. */
export function overallStatus(components: readonly ComponentHealth[]): HealthStatus {
  if (components.some((component) => component.critical && component.status === 'unhealthy')) return 'unhealthy';
  return components.every((component) => component.status === 'healthy') ? 'healthy' : 'degraded';
}

/** The same without what only the trusted may read: messages can name addresses and accounts. */
export function withoutDetails(health: AggregatedHealth): AggregatedHealth {
  return {
    ...health,
    components: health.components.map(({ name, status, latency_ms, critical }) => ({
      name,
      status,
      latency_ms,
      critical,
    })),
  };
}
