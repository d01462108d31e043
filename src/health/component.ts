/** `degraded`: works, but not as it should. For the whole: a component that is not critical fails. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** How one component was found. The names are those of the JSON that goes out. */
export type ComponentHealth = {
  readonly name: string;
  readonly status: HealthStatus;
  /** Whole milliseconds; the time limit when it ran out. */
  readonly latency_ms: number;
  readonly critical: boolean;
  /** What is wrong; absent when nothing is. */
  readonly message?: string;
};

export const ComponentHealth = {
  healthy: (name: string, latencyMs: number, critical: boolean): ComponentHealth => ({
    name,
    status: 'healthy',
    latency_ms: latencyMs,
    critical,
  }),
  degraded: (name: string, latencyMs: number, critical: boolean, message: string): ComponentHealth => ({
    name,
    status: 'degraded',
    latency_ms: latencyMs,
    critical,
    message,
  }),
  unhealthy: (name: string, latencyMs: number, critical: boolean, message: string): ComponentHealth => ({
    name,
    status: 'unhealthy',
    latency_ms: latencyMs,
    critical,
    message,
  }),
} as const;

/** One thing to look at. */
export interface HealthCheck {
  /** Unique within its checker; a metric's label, so it must not change from call to call. */
  readonly name: string;
  /** The service cannot work without it: its failure makes the whole unhealthy, not just degraded. */
  readonly critical: boolean;
  /**
   * Answers how the component is; `undefined` means healthy, a rejection means unhealthy with the error's message.
   * `signal` aborts when the time limit ends: what comes later is not read, so free everything then.
   */
  check(signal: AbortSignal): Promise<ComponentHealth | undefined>;
  /** What no message of this check may show, whatever a server or a library says: passwords, tokens, URLs with them. */
  readonly secrets?: readonly string[];
}

export type ComponentOptions = {
  /** @default the kind: postgres, redis or qdrant */
  readonly name?: string;
  /** @default true for PostgreSQL and Qdrant, false for Redis */
  readonly critical?: boolean;
};

/** A check with something to free at the end, such as a connection that was made from a URL. */
export type OwningCheck = HealthCheck & { close?(): Promise<void> };

/** Options with the defaults of their kind filled in. */
export type NamedOptions = Required<Pick<ComponentOptions, 'name' | 'critical'>>;
