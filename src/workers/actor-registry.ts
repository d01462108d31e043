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
