import type { Registry } from 'prom-client';
import { type AggregatedHealth, type Liveness, overallStatus, type SimpleHealth } from './aggregate.js';
import type { ComponentHealth, ComponentOptions, NamedOptions, OwningCheck } from './component.js';
import { type PostgresTarget, postgresCheck } from './components/postgres.js';
import { type QdrantOptions, qdrantCheck } from './components/qdrant.js';
import { type RedisTarget, redisCheck } from './components/redis.js';
import { guard } from './guard.js';
import { createHealthMetrics, type HealthMetrics } from './metrics.js';
import { systemTiming, type Timing } from './timing.js';

export type HealthCheckerOptions = {
  /** Limit of each check. @default 2000 */
  readonly timeoutMs?: number;
  /** The host service's version, for the answers. @default npm's `npm_package_version`, else "unknown" */
  readonly version?: string;
  /** How long a finished round answers further requests. 0: each request (or group of concurrent ones) checks anew. @default 0 */
  readonly cacheMs?: number;
  /** Where `health_check_*` are registered; `service` becomes their label. */
  readonly metrics?: { readonly registry: Registry; readonly service: string };
  readonly timing?: Timing;
};

const DEFAULT_TIMEOUT_MS = 2000;
/** setTimeout's own limit; more is a mistake in any case. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Checks all components of a service at once, each within its time limit, and sums them up. */
export class HealthChecker {
  readonly timeoutMs: number;
  readonly version: string;
  readonly #timing: Timing;
  readonly #cacheMs: number;
  readonly #metrics: HealthMetrics | null;
  readonly #checks: { readonly check: OwningCheck; readonly run: () => Promise<ComponentHealth> }[] = [];
  #round: Promise<AggregatedHealth> | null = null;
  #last: { readonly health: AggregatedHealth; readonly endedMs: number } | null = null;

  /** @throws RangeError when a time is not a positive number of milliseconds */
  constructor(options: HealthCheckerOptions = {}) {
    this.timeoutMs = inRange('timeoutMs', options.timeoutMs ?? DEFAULT_TIMEOUT_MS, 1);
    this.#cacheMs = inRange('cacheMs', options.cacheMs ?? 0, 0);
    this.version = options.version ?? process.env['npm_package_version'] ?? 'unknown';
    this.#timing = options.timing ?? systemTiming;
    this.#metrics = options.metrics ? createHealthMetrics(options.metrics.registry, options.metrics.service) : null;
  }

  /** `SELECT 1` over a pg Pool, a connected pg Client, or a URL. */
  withPostgres(target: PostgresTarget, options: ComponentOptions = {}): this {
    return this.addCheck(postgresCheck(target, named(options, 'postgres', true), this.timeoutMs));
  }

  /** `PING` over a connected redis or ioredis client, or a URL. */
  withRedis(target: RedisTarget, options: ComponentOptions = {}): this {
    return this.addCheck(redisCheck(target, named(options, 'redis', false), this.timeoutMs));
  }

  /** `GET /health`, or `/healthz` where there is none. */
  withQdrant(url: string, options: ComponentOptions & QdrantOptions = {}): this {
    return this.addCheck(qdrantCheck(url, named(options, 'qdrant', true), options));
  }

  /** @throws RangeError when the name is empty or taken */
  addCheck(check: OwningCheck): this {
    if (typeof check.name !== 'string' || check.name === '') throw new RangeError('a health check needs a name');
    if (this.#checks.some((other) => other.check.name === check.name)) {
      throw new RangeError(
        `there is already a health check named ${JSON.stringify(check.name)}: give this one another`,
      );
    }
    this.#checks.push({ check, run: guard(check, this.timeoutMs, this.#timing) });
    return this;
  }

  /** Never rejects. Calls that come while a round runs share it. */
  checkAll(): Promise<AggregatedHealth> {
    if (this.#last !== null && this.#timing.now() - this.#last.endedMs < this.#cacheMs) {
      return Promise.resolve(this.#last.health);
    }
    this.#round ??= this.#share(this.#runRound());
    return this.#round;
  }

  /** What was found is old news: the next request checks anew, though a round runs or its result would still answer. */
  forget(): void {
    this.#round = null;
    this.#last = null;
  }

  /** Its result answers further requests, unless it was forgotten meanwhile. */
  #share(running: Promise<{ readonly health: AggregatedHealth; readonly endedMs: number }>): Promise<AggregatedHealth> {
    const round = running.then((ended) => {
      if (this.#round === round) {
        this.#round = null;
        this.#last = ended;
      }
      return ended.health;
    });
    return round;
  }

  async checkSimple(): Promise<SimpleHealth> {
    const { status, version } = await this.checkAll();
    return { status, version };
  }

  /** What `/health/ready` answers; `isReady` says whether with 200. */
  checkReady(): Promise<AggregatedHealth> {
    return this.checkAll();
  }

  liveness(): Liveness {
    return { status: 'alive', version: this.version };
  }

  /** Ends the connections that were made from URLs; pools and clients that were passed in stay open. */
  async close(): Promise<void> {
    await this.#round;
    await Promise.all(this.#checks.map(({ check }) => check.close?.()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #runRound(): Promise<{ readonly health: AggregatedHealth; readonly endedMs: number }> {
    const startedMs = this.#timing.now();
    const components = await Promise.all(
      this.#checks.map(async ({ run }) => {
        const beganMs = this.#timing.now();
        const health = await run();
        this.#metrics?.component(health, this.#timing.now() - beganMs);
        return health;
      }),
    );
    const endedMs = this.#timing.now();
    const health: AggregatedHealth = {
      status: overallStatus(components),
      components,
      version: this.version,
      timestamp: this.#timing.date().toISOString(),
      total_latency_ms: Math.floor(endedMs - startedMs),
    };
    this.#metrics?.status(health.status);
    return { health, endedMs };
  }
}

const named = (options: ComponentOptions, name: string, critical: boolean): NamedOptions => ({
  name: options.name ?? name,
  critical: options.critical ?? critical,
});

function inRange(name: string, value: number, least: number): number {
  if (Number.isFinite(value) && value >= least && value <= MAX_TIMEOUT_MS) return value;
  throw new RangeError(`${name} is ${value}; allowed are ${least} to ${MAX_TIMEOUT_MS} milliseconds`);
}
