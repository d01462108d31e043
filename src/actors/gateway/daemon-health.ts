/** What stands behind /health: what the daemon looks after, its supervisor, and the configured components. */
import type { Registry } from 'prom-client';
import type { HealthConfig } from '../../config/sections/health.js';
import type { AggregatedHealth } from '../../health/aggregate.js';
import { HealthChecker } from '../../health/checker.js';
import { ComponentHealth } from '../../health/component.js';
import { overallOf, type Trouble, troublesOf, troubleText, worstOf } from '../../machines/health/overall.js';
import type { StateItem } from '../../model/observing/state-item.js';
import type { Overall } from '../../model/observing/views.js';
import { msFromNs } from '../../model/units.js';
import { RestartLoops } from './restart-loops.js';

export type DaemonHealthInit = {
  readonly config: HealthConfig;
  readonly version: string;
  readonly registry: Registry;
  readonly items: () => Iterable<StateItem>;
  /** Rejects when the supervisor does not answer. */
  readonly askSupervisor: () => Promise<unknown>;
  readonly nowMs: () => number;
  /** @default FOLLOW_MS */
  readonly followMs?: number;
};

export type DaemonState = { readonly health: AggregatedHealth; readonly overall: Overall };

/** Concurrent probes share a round; this much longer, so do those that come one after the other. */
const CACHE_MS = 250;
/** How often the components are looked at though nobody asks: `health_check_status` follows them by itself. */
const FOLLOW_MS = 10_000;
/** Of one component: its name, and those of the others, stay readable. */
const MAX_TROUBLES_TOLD = 20;

/** Components that the daemon knows without asking anybody. Without its actors nothing is right; the others are what it looks after. */
const own = [
  { name: 'actors', about: 'actor', critical: true },
  { name: 'services', about: 'service', critical: false },
  { name: 'vrrp', about: 'vrrp', critical: false },
  { name: 'maintenance', about: 'node', critical: false },
] as const;
/** Without it nothing is restarted, but traffic flows. */
const SUPERVISOR = 'supervisor';

export class DaemonHealth {
  readonly restarts: RestartLoops;
  readonly #init: DaemonHealthInit;
  #config: HealthConfig;
  #checker: HealthChecker;
  /** What of a round's components the state says already. */
  #ownNames: ReadonlySet<string> = new Set();
  #found: readonly Trouble[] | null = null;
  /** As it was when somebody asked last. */
  #told = '';
  readonly #following: NodeJS.Timeout;

  constructor(init: DaemonHealthInit) {
    this.#init = init;
    this.#config = init.config;
    this.restarts = new RestartLoops(init.nowMs);
    this.#checker = this.#build();
    this.#following = setInterval(() => void this.#checker.checkAll(), init.followMs ?? FOLLOW_MS);
  }

  /** A round that was made before the state changed answers nobody: it costs nothing to know that. */
  get checker(): HealthChecker {
    const told = this.#troubles().map(troubleText).join('\n');
    if (told !== this.#told) this.#checker.forget();
    this.#told = told;
    return this.#checker;
  }

  /** `detailed`: for those who may read the messages of components, which can name addresses and accounts. */
  async look(detailed: boolean): Promise<DaemonState> {
    const health = await this.checker.checkReady();
    const components = health.components.filter(({ name }) => !this.#ownNames.has(name));
    const troubles = components.flatMap((component) => troubleOf(component, detailed));
    return { health, overall: overallOf([...this.#troubles(), ...troubles]) };
  }

  configure(config: HealthConfig): void {
    if (JSON.stringify(config) === JSON.stringify(this.#config)) return;
    const old = this.#checker;
    this.#config = config;
    this.#checker = this.#build();
    void old.close();
  }

  close(): Promise<void> {
    clearInterval(this.#following);
    return this.#checker.close();
  }

  /** Found once a turn: there may be 100,000 items, and a round asks four times. */
  #troubles(): readonly Trouble[] {
    if (this.#found === null) {
      this.#found = troublesOf(this.#init.items(), (actor) => this.restarts.loops(actor));
      setImmediate(() => {
        this.#found = null;
      });
    }
    return this.#found;
  }

  #build(): HealthChecker {
    const { version, registry, askSupervisor } = this.#init;
    const { timeoutNs, components } = this.#config;
    // A component of the same name is the user's: ours gives way.
    const taken = new Set(components.map(({ name }) => name));
    const free = (name: string): string => (taken.has(name) ? free(`fulcrum-${name}`) : name);
    const checker = new HealthChecker({
      timeoutMs: msFromNs(timeoutNs),
      version,
      cacheMs: CACHE_MS,
      metrics: { registry, service: 'fulcrum' },
    });
    for (const { name, about, critical } of own) {
      const called = free(name);
      const check = async () =>
        componentOf(
          called,
          critical,
          this.#troubles().filter((trouble) => trouble.about === about),
        );
      checker.addCheck({ name: called, critical, check });
    }
    this.#ownNames = new Set(own.map(({ name }) => free(name)));
    checker.addCheck({
      name: free(SUPERVISOR),
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

function componentOf(name: string, critical: boolean, troubles: readonly Trouble[]): ComponentHealth {
  const state = worstOf(troubles);
  if (state === 'healthy') return ComponentHealth.healthy(name, 0, critical);
  const told = troubles.slice(0, MAX_TROUBLES_TOLD).map(troubleText);
  const rest = troubles.length - told.length;
  return ComponentHealth[state](name, 0, critical, [...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; '));
}

function troubleOf({ name, status, critical, message }: ComponentHealth, detailed: boolean): Trouble[] {
  if (status === 'healthy') return [];
  const why = detailed && message !== undefined ? message : `is ${status}`;
  return [{ about: 'component', name, state: critical ? status : 'degraded', why }];
}
