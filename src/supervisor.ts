/**
 * The whole system on one screen: which actors run, who talks to whom, and what happens when one dies.
 *
 *   config -> engine <- results - monitor 1..N        each actor on a thread of its own, the monitors in a pool
 *               |  ^                  ^ targets       main thread: a handle, and the host's app, on no critical path
 *         table |  | vrrp state       |
 *               v  |                  |
 *           dataplane -> IPVS | proxy 1..N | dry run      vrrp <-> the wire
 *           gateway, agent, healthcheck-server: the doors; they read, and send commands
 */

import type { ActorKind } from './actors/registry.js';
import { MAIN, type Observation, SUPERVISOR } from './actors/supervisor/ends.js';
import { candidatesFor } from './dataplane/drivers.js';
import type { RestartPolicy } from './machines/supervision/restarts.js';
import type { Config } from './model/config.js';
import type { LinkKindName } from './wire/links/links.js';
import type { ChildSpec } from './workers/supervision/child.js';
import type { Pool } from './workers/supervision/pool.js';
import { launchThread, type ThreadLimits } from './workers/supervision/thread.js';
import type { LinkSpec, Plan } from './workers/supervision/tree.js';

/** Without one of these nothing is right: past its restart intensity the whole system gives up, and the kernel's table stays. */
const essential: RestartPolicy = {
  intensity: 10,
  periodMs: 30_000,
  escalate: true,
  backoffMs: { first: 50, max: 2000 },
  // A slow machine reads thousands of services for half a minute, and trying again would take it as long.
  startLimitMs: 60_000,
  stopLimitMs: 5000,
};
/** A node that gave up VRRP would be no help to its peer: it is tried for ever, and soon. It has little to read. */
const untiring: RestartPolicy = { ...essential, escalate: false, startLimitMs: 15_000 };
/** A door that cannot open does not take the traffic down. */
const door: RestartPolicy = { ...essential, escalate: false, backoffMs: { first: 100, max: 10_000 } };

type Traits = { readonly policy: RestartPolicy; readonly deadlineMs: number; readonly limits: ThreadLimits };

/** Services are nearly all of a large configuration: a thread that has no use for them need not hold them. */
const withoutServices = (config: Config): Config => ({ ...config, services: [] });
/** The engine decides on services, and the data plane may be the embedding app's; the others are told what concerns them. */
const excerpts: { readonly [kind in ActorKind]?: (config: Config) => Config } = {
  dataplane: (whole) => whole,
  engine: (whole) => whole,
  // It talks to no server, and an advert must not wait for the hiding of secrets.
  vrrp: (config) => ({ ...withoutServices(config), secrets: [] }),
};

const traits: Readonly<Record<ActorKind, Traits>> = {
  log: { policy: door, deadlineMs: 10_000, limits: { memoryMb: 128, youngMb: 3 } },
  proxy: { policy: essential, deadlineMs: 3000, limits: { memoryMb: 1024, youngMb: 8 } },
  dataplane: { policy: essential, deadlineMs: 3000, limits: { memoryMb: 512, youngMb: 8 } },
  engine: { policy: essential, deadlineMs: 3000, limits: { memoryMb: 2048, youngMb: 12 } },
  monitor: { policy: essential, deadlineMs: 3000, limits: { memoryMb: 1536, youngMb: 6 } },
  // Its loop turns every few milliseconds, and its peer's patience is short: much young room, so that little is ever collected.
  vrrp: { policy: untiring, deadlineMs: 1000, limits: { memoryMb: 128, youngMb: 24, ownCompiler: true } },
  gateway: { policy: door, deadlineMs: 5000, limits: { memoryMb: 512, youngMb: 8 } },
  agent: { policy: door, deadlineMs: 5000, limits: { memoryMb: 256, youngMb: 8 } },
  'healthcheck-server': { policy: door, deadlineMs: 5000, limits: { memoryMb: 512, youngMb: 8 } },
};

/** What the tree looks like for a configuration; a reload moves from one plan to the next. */
export function planOf(config: Config, pool: Pool, audience: Observation): Plan {
  const child = (kind: ActorKind, name: string = kind): ChildSpec => ({
    name,
    kind,
    policy: traits[kind].policy,
    deadlineMs: traits[kind].deadlineMs,
    vital: traits[kind].policy !== door,
    excerpt: excerpts[kind] ?? withoutServices,
    launch: launchOf(kind, pool),
  });
  const several = (kind: ActorKind, count: number): ChildSpec[] =>
    Array.from({ length: count }, (_, index) => child(kind, `${kind}-${index}`));
  const when = (wanted: boolean, kind: ActorKind): ChildSpec[] => (wanted ? [child(kind)] : []);

  const stages = [
    when(audience.logTo === 'stderr', 'log'),
    candidatesFor(config.dataplane.driver).some(({ relays }) => relays)
      ? several('proxy', config.runtime.proxyThreads)
      : [],
    [child('dataplane')],
    [child('engine')],
    several('monitor', config.runtime.monitorShards),
    when(config.vrrp.instances.length > 0, 'vrrp'),
    [
      ...when(hasGateway(config), 'gateway'),
      ...when(config.agent !== null, 'agent'),
      ...when(config.healthcheckServer !== null, 'healthcheck-server'),
    ],
  ];
  return {
    stages,
    links: linksOf(
      stages.flat().map((spec) => spec.name),
      audience,
    ),
  };
}

const hasGateway = ({ control: { socket, http, grpc }, metrics }: Config): boolean =>
  socket !== null || http !== null || grpc !== null || metrics.listen !== null;

/** Traffic waits for these, so a thread is kept that has loaded what they need; the doors may take half a second. */
const spared: ReadonlySet<ActorKind> = new Set(['engine', 'dataplane', 'monitor', 'proxy']);

/** Whom the spare thread may become: it is kept where there is traffic. */
export const sparedKinds = ({ services }: Config): readonly ActorKind[] => (services.length === 0 ? [] : [...spared]);

/** The memory of a thread of the pool: it has one limit for all, the spare too, which may become an engine. */
export const poolLimits: ThreadLimits = { ...traits.monitor.limits, memoryMb: traits.engine.limits.memoryMb };

function launchOf(kind: ActorKind, pool: Pool): ChildSpec['launch'] {
  if (kind === 'monitor') return (init) => pool.launch(init);
  const { limits } = traits[kind];
  if (!spared.has(kind)) return (init) => launchThread(init, limits);
  return (init) => pool.replace(init) ?? launchThread(init, limits);
}

function linksOf(actors: readonly string[], { logTo, watched }: Observation): LinkSpec[] {
  const ends = new Set([...actors, SUPERVISOR, MAIN]);
  const links: LinkSpec[] = [];
  /** Each end calls the link by its peer's name, or by a name of its own. */
  const link = (kind: LinkKindName, a: string, b: string, aCalls = b, bCalls = a) => {
    if (ends.has(a) && ends.has(b))
      links.push({ kind, a: { actor: a, calls: aCalls }, b: { actor: b, calls: bCalls } });
  };
  for (const monitor of actors.filter((name) => name.startsWith('monitor-'))) {
    link('targets', 'engine', monitor);
    link('fallen', monitor, 'dataplane');
    link('file-calls', monitor, SUPERVISOR);
    link('host-checks', monitor, MAIN, 'host-checks', `host-checks-${monitor}`);
  }
  for (const proxy of actors.filter((name) => name.startsWith('proxy-'))) link('proxy', 'dataplane', proxy);
  link('table', 'engine', 'dataplane');
  link('tracking', 'engine', 'vrrp');
  link('vrrp-state', 'vrrp', 'dataplane');
  link('subscriptions', 'healthcheck-server', 'engine', 'engine', 'door-healthcheck-server');
  link('subscriptions', 'gateway', 'engine', 'subscriptions', 'door-gateway');
  link('engine-calls', 'agent', 'engine');
  for (const asker of ['gateway', MAIN]) {
    link('engine-calls', asker, 'engine');
    link('vrrp-calls', asker, 'vrrp');
    link('dataplane-calls', asker, 'dataplane');
    link('supervisor-calls', asker, SUPERVISOR);
  }
  for (const actor of [...actors, SUPERVISOR]) {
    link('telemetry', actor, 'gateway', 'telemetry', `telemetry-${actor}`);
    if (watched) link('telemetry', actor, MAIN, 'telemetry-main', `telemetry-${actor}`);
    if (logTo !== null && actor !== 'log') link('log', actor, logTo === MAIN ? MAIN : 'log', 'log', `log-${actor}`);
  }
  return links;
}
