import type { ActorFactory } from '../workers/actor.js';

/** Every kind of actor, and the module that makes it. Loaded in the actor's own thread, so that no thread loads the others' code. */
const factories = {
  agent: async () => (await import('./agent/index.js')).createAgent,
  dataplane: async () => (await import('./dataplane/index.js')).createDataplane,
  engine: async () => (await import('./engine/index.js')).createEngine,
  gateway: async () => (await import('./gateway/index.js')).createGateway,
  'healthcheck-server': async () => (await import('./healthcheck-server/index.js')).createHealthcheckServer,
  log: async () => (await import('./log/index.js')).createLog,
  monitor: async () => (await import('./monitor/index.js')).createMonitor,
  proxy: async () => (await import('./proxy/index.js')).createProxy,
  vrrp: async () => (await import('./vrrp/index.js')).createVrrp,
} satisfies Record<string, () => Promise<ActorFactory>>;

export type ActorKind = keyof typeof factories;

const isKind = (kind: string): kind is ActorKind => Object.hasOwn(factories, kind);

export function loadActor(kind: string): Promise<ActorFactory> {
  if (!isKind(kind)) throw new Error(`there is no actor of the kind '${kind}'`);
  return factories[kind]();
}

/** What these load only at their start, and only where there is something to read. */
const readers: Partial<Record<ActorKind, () => Promise<unknown>>> = {
  dataplane: async () => (await import('./dataplane/index.js')).loadReader(),
  engine: async () => (await import('./engine/index.js')).loadReader(),
  monitor: async () => (await import('../checks/load.js')).loadCheckers(),
};

/** Everything that an actor of this kind may need, so that it is there when one starts. */
export async function loadAhead(kind: string): Promise<void> {
  await loadActor(kind);
  if (isKind(kind)) await readers[kind]?.();
}
