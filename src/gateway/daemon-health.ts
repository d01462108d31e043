/** What stands behind /health: the daemon's actors, its supervisor, and the configured components. */
import type { Registry } from 'prom-client';
import type { HealthConfig } from '../config/model.js';
import { HealthChecker } from '../health/checker.js';
import { msFromNs } from '../wire/units.js';
import type { ActorView } from '../wire/views.js';
import { ActorsHealth } from './actors-health.js';

export type DaemonHealthInit = {
  readonly config: HealthConfig;
  readonly version: string;
  readonly registry: Registry;
  readonly actors: () => Iterable<ActorView>;
  /** Rejects when the supervisor does not answer. */
  readonly askSupervisor: () => Promise<unknown>;
  readonly nowMs: () => number;
};

/** Concurrent probes share a round; this much longer, so do those that come one after the other. */
const CACHE_MS = 250;

export class DaemonHealth {
  readonly actors: ActorsHealth;
  readonly #init: DaemonHealthInit;
  #config: HealthConfig;
  #checker: HealthChecker;

  constructor(init: DaemonHealthInit) {
    this.#init = init;
    this.#config = init.config;
    this.actors = new ActorsHealth(init.actors, init.nowMs);
    this.#checker = this.#build();
  }

  get checker(): HealthChecker {
    return this.#checker;
  }

  configure(config: HealthConfig): void {
    if (JSON.stringify(config) === JSON.stringify(this.#config)) return;
    const old = this.#checker;
    this.#config = config;
    this.#checker = this.#build();
    void old.close();
  }

  close(): Promise<void> {
    return this.#checker.close();
  }

  #build(): HealthChecker {
    const { version, registry, askSupervisor } = this.#init;
    const { timeoutNs, components } = this.#config;
    const { actors } = this;
    // A component of the same name is the user's: ours gives way.
    const taken = new Set(components.map(({ name }) => name));
    const own = (name: string): string => (taken.has(name) ? own(`fulcrum-${name}`) : name);
    const checker = new HealthChecker({
      timeoutMs: msFromNs(timeoutNs),
      version,
      cacheMs: CACHE_MS,
      metrics: { registry, service: 'fulcrum' },
    })
      .addCheck({ name: own(actors.name), critical: actors.critical, check: () => actors.check() })
      .addCheck({
        name: own('supervisor'),
        // Without it nothing is restarted, but traffic flows.
        critical: false,
        check: async () => {
          await askSupervisor();
          return undefined;
        },
      });
    for (const { name, type, url, critical } of components) {
      if (type === 'postgres') checker.withPostgres(url, { name, critical });
      else if (type === 'redis') checker.withRedis(url, { name, critical });
      else checker.withQdrant(url, { name, critical });
    }
    return checker;
  }
}
