/** What the tree must know of an actor before its code is loaded. The rest of it is its own folder's matter. */
import type { RestartPolicy } from '../machines/supervision/restarts.js';
import type { Config } from '../model/config.js';
import type { MetricDefinition } from '../model/observing/metrics.js';
import type { CallsKind } from '../wire/links/calls.js';
import type { LinkKind } from '../wire/links/link-kind.js';
import type { ActorFactory } from '../workers/actor.js';
import type { ThreadLimits } from '../workers/supervision/thread.js';
import type { Observation } from './supervisor/ends.js';

/** All get ready side by side; they begin stage after stage, and stop in reverse. */
export const stages = ['records', 'carriers', 'tables', 'decisions', 'probes', 'adverts', 'doors'] as const;

export type Descriptor = {
  /** The name of its folder, and of its thread. */
  readonly kind: string;
  readonly stage: (typeof stages)[number];
  /** Whether it runs, or in how many threads: `kind-0`, `kind-1` ... */
  readonly runs: (config: Config, observation: Observation) => boolean | number;
  /** What happens when it dies. */
  readonly policy: RestartPolicy;
  /** Silence after which its thread counts as frozen. */
  readonly deadlineMs: number;
  readonly limits: ThreadLimits;
  /** `pooled`: its threads are of the pool. `spared`: a spare thread of the pool may become it. Else each has one of its own. */
  readonly thread?: 'pooled' | 'spared';
  /** What of the configuration it is sent; all but the services, where nothing is said. */
  readonly excerpt?: (config: Config) => Config;
  /** The kinds of links that it is side `a` of, to everybody who is side `b`, and the other way round. */
  readonly speaks?: readonly LinkKind[];
  readonly hears?: readonly LinkKind[];
  /** What can be asked of it. */
  readonly calls?: CallsKind;
  /** It asks everybody who can be asked. */
  readonly asksAll?: true;
  /** What it counts, by name. */
  readonly metrics?: Readonly<Record<string, MetricDefinition>>;
  /** Loaded in its own thread, so that no thread loads the others' code. `all`: what anybody counts. */
  readonly create: (all: readonly MetricDefinition[]) => Promise<ActorFactory>;
  /** What it loads only at its start, and only where there is something to read. */
  readonly loadReader?: () => Promise<unknown>;
};

/** Without one of these nothing is right: past its restart intensity the whole system gives up, and the kernel's table stays. */
export const essential: RestartPolicy = {
  intensity: 10,
  periodMs: 30_000,
  escalate: true,
  backoffMs: { first: 50, max: 2000 },
  // A slow machine reads thousands of services for half a minute, with all of its threads at once; trying again would take it as long.
  startLimitMs: 60_000,
  stopLimitMs: 5000,
};
/** A node that gave up VRRP would be no help to its peer: it is tried for ever, and soon. */
export const untiring: RestartPolicy = { ...essential, escalate: false };
/** A door that cannot open does not take the traffic down. */
export const door: RestartPolicy = { ...essential, escalate: false, backoffMs: { first: 100, max: 10_000 } };

/** Services are nearly all of a large configuration: a thread that has no use for them need not hold them. */
export const withoutServices = (config: Config): Config => ({ ...config, services: [] });

/** The names of those that run. */
export function namesOf(
  { kind, runs }: Descriptor,
  config: Config,
  observation: Observation = { logTo: null, watched: false },
): readonly string[] {
  const count = runs(config, observation);
  if (typeof count === 'number') return Array.from({ length: count }, (_, index) => `${kind}-${index}`);
  return count ? [kind] : [];
}
