import type { ActorFactory } from './actor.js';

/** Every kind of actor, and the module that makes it. Loaded in the actor's own thread, so that no thread loads the others' code. */
const factories = {
  agent: async () => (await import('../actors/agent.js')).createAgent,
  dataplane: async () => (await import('../actors/dataplane.js')).createDataplane,
  engine: async () => (await import('../actors/engine.js')).createEngine,
  gateway: async () => (await import('../actors/gateway.js')).createGateway,
  'healthcheck-server': async () => (await import('../actors/healthcheck-server.js')).createHealthcheckServer,
  log: async () => (await import('../actors/log.js')).createLog,
  monitor: async () => (await import('../actors/monitor.js')).createMonitor,
  proxy: async () => (await import('../actors/proxy.js')).createProxy,
  vrrp: async () => (await import('../actors/vrrp.js')).createVrrp,
} satisfies Record<string, () => Promise<ActorFactory>>;

export type ActorKind = keyof typeof factories;

export const loadActor = (kind: ActorKind): Promise<ActorFactory> => factories[kind]();

/** What these load only at their start, and only where there is something to read. */
const readers: Partial<Record<ActorKind, () => Promise<unknown>>> = {
  dataplane: async () => (await import('../actors/dataplane.js')).loadReader(),
  engine: async () => (await import('../actors/engine.js')).loadReader(),
};

/** Everything that an actor of this kind may need, so that it is there when one starts. */
export async function loadAhead(kind: ActorKind): Promise<void> {
  await loadActor(kind);
  await readers[kind]?.();
}
