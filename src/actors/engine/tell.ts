import type { ActorContext } from '../../workers/actor.js';
import { weightOf } from './service/desired.js';
import type { Backend, Service, ServiceChanges } from './service/service.js';

/** Events for what changed, and the pushed state of what observers see. */
export function tellService(context: ActorContext, service: Service, changes: ServiceChanges, always: boolean): void {
  for (const { backend, from } of changes.weights) tellWeight(context, backend, from, 'by its checks');
  for (const { backend, before } of changes.backends) {
    const { state, why, drained } = backend.decision;
    // What was disabled may be drained from then on: an end of its own.
    if (state === before.state && drained === before.drained) continue;
    const change = { service: service.name, backend: backend.config.name, from: before.state, to: state, drained, why };
    context.event({ type: 'backend-state', ...change });
    context.log.info(change, 'backend changed');
  }
  if (changes.health !== null) {
    const { healthy, why } = changes.health;
    // Its reason changes more often than its health; and what a service begins with is no change.
    if (service.toldHealthy !== null && service.toldHealthy !== healthy) {
      context.event({ type: 'service-state', service: service.name, healthy, why });
      context.log.info({ service: service.name, healthy, why }, 'service changed');
    }
  }
  // A service that changed its mind changes the weights of all its backends.
  const all = always || service.toldHealthy !== service.healthy;
  service.toldHealthy = service.healthy;
  const concerned = all
    ? service.backends.values()
    : new Set([...changes.backends, ...changes.weights].map(({ backend }) => backend));
  for (const backend of concerned) tellBackend(context, backend);
  if (changes.health !== null || always) {
    const key = `service/${service.name}`;
    const { name, enabled, healthy, why } = service;
    context.state(key, { type: 'service', key, name, enabled, healthy, why });
  }
}

/** `from`: its weight before. */
export function tellWeight(
  context: ActorContext,
  { service, config, weight }: Backend,
  from: number,
  by: string,
): void {
  const why = `weight ${from} -> ${weight} ${by}`;
  const change = { service: service.name, backend: config.name, from, to: weight, why };
  context.event({ type: 'backend-weight', ...change });
  context.log.info(change, 'weight changed');
}

export function tellBackend(context: ActorContext, backend: Backend): void {
  const { service, config, decision } = backend;
  const key = `backend/${backend.key}`;
  context.state(key, {
    type: 'backend',
    key,
    service: service.name,
    name: config.name,
    address: config.address,
    port: config.port,
    weight: weightOf(backend),
    ...decision,
  });
}

/** Takes back what was told of a backend, or (null) of the service itself. */
export function tellGone(context: ActorContext, service: string, backend: string | null): void {
  context.state(backend === null ? `service/${service}` : `backend/${service}/${backend}`, null);
}
