/** grpc.health.v1.Health: "" is the daemon itself, a Fulcrum service's name that service, a gRPC service's name that one. */
import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { HealthChecker } from '../../health/checker.js';
import type { Store, StoreChange } from '../../wire/store.js';
import { type CallContext, streaming, unary } from './calls.js';
import { SERVICE_NAMES } from './definitions.js';
import { GrpcRefusal } from './refusal.js';

export type HealthServiceDeps = {
  readonly health: () => Pick<HealthChecker, 'checkAll'>;
  readonly store: Pick<Store, 'items'>;
  readonly changes$: Observable<StoreChange>;
};
type Serving = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
type Reply = { readonly status: Serving };

const requestMessage = z.object({ service: z.string() });
/** How often a watched daemon is looked at: its components are probed, and not all tell by themselves. */
const WATCH_INTERVAL_MS = 5000;

export function healthService(context: CallContext, deps: HealthServiceDeps): UntypedServiceImplementation {
  const serving = async (name: string): Promise<Serving> => {
    if (name === '') return (await deps.health().checkAll()).status === 'unhealthy' ? 'NOT_SERVING' : 'SERVING';
    if (SERVICE_NAMES.some((own) => own === name)) return 'SERVING';
    const healthy = servicesOf(deps.store).get(name);
    return healthy === undefined ? 'SERVICE_UNKNOWN' : healthy ? 'SERVING' : 'NOT_SERVING';
  };
  return {
    Check: unary(context, { change: false }, requestMessage, async ({ service }) => {
      const found = await serving(service);
      if (found === 'SERVICE_UNKNOWN') throw new GrpcRefusal(status.NOT_FOUND, `there is no service ${service}`);
      return { status: found };
    }),
    List: unary(context, { change: false }, z.object({}), async () => {
      const statuses: Record<string, Reply> = { '': { status: await serving('') } };
      for (const [name, healthy] of servicesOf(deps.store)) {
        statuses[name] = { status: healthy ? 'SERVING' : 'NOT_SERVING' };
      }
      return { statuses };
    }),
    Watch: streaming(
      context,
      { change: false },
      requestMessage,
      () => '',
      ({ service }, stream) => {
        let last: Serving | null = null;
        let looks = 0;
        const look = (): void => {
          looks += 1;
          const mine = looks;
          serving(service).then(
            (now) => {
              if (mine !== looks || now === last) return;
              last = now;
              stream.send({ status: now });
            },
            (error: unknown) => context.log.warn({ service }, `health cannot be told: ${String(error)}`),
          );
        };
        look();
        const timer = setInterval(look, WATCH_INTERVAL_MS);
        const following = deps.changes$.subscribe((change) => {
          const key = change.kind === 'state' ? change.item.key : change.kind === 'state-gone' ? change.key : '';
          if (key === `service/${service}` || (service === '' && key.startsWith('actor/'))) look();
        });
        stream.onEnd(() => {
          clearInterval(timer);
          following.unsubscribe();
        });
      },
    ),
  };
}

function servicesOf(store: Pick<Store, 'items'>): ReadonlyMap<string, boolean> {
  const services = new Map<string, boolean>();
  for (const item of store.items()) if (item.type === 'service') services.set(item.name, item.healthy);
  return services;
}
