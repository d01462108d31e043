/** grpc.health.v1.Health: "" is the daemon itself, a Fulcrum service's name that service, a gRPC service's name that one. */
import { status } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { HealthChecker } from '../../../health/checker.js';
import type { Store, StoreChange } from '../../../machines/telemetry/store.js';
import type { Log } from '../../../model/observing/log.js';
import { streaming, unary } from './calls.js';
import { SERVICE_NAMES } from './definitions.js';
import { HealthWatch, type Serving, type ServingReply } from './health-watch.js';
import { GrpcRefusal } from './refusal.js';
import type { Handlers } from './server/handlers.js';

export type HealthServiceDeps = {
  readonly health: () => Pick<HealthChecker, 'checkAll'>;
  readonly store: Pick<Store, 'item' | 'items'>;
  readonly changes$: Observable<StoreChange>;
  readonly log: Log;
};

const requestMessage = z.object({ service: z.string() });

export function healthService(deps: HealthServiceDeps): Handlers {
  const serving = async (name: string): Promise<Serving> => {
    if (name === '') return (await deps.health().checkAll()).status === 'unhealthy' ? 'NOT_SERVING' : 'SERVING';
    if (SERVICE_NAMES.some((own) => own === name)) return 'SERVING';
    const item = deps.store.item(`service/${name}`);
    return item?.type !== 'service' ? 'SERVICE_UNKNOWN' : servingOf(item.healthy);
  };
  const watch = new HealthWatch({
    look: serving,
    changes$: deps.changes$,
    onFailure: (service, error) => deps.log.warn({ service }, `health cannot be told: ${String(error)}`),
  });
  return {
    Check: unary({ change: false }, requestMessage, async ({ service }) => {
      const found = await serving(service);
      if (found === 'SERVICE_UNKNOWN') throw new GrpcRefusal(status.NOT_FOUND, `there is no service ${service}`);
      return { status: found };
    }),
    List: unary({ change: false }, z.object({}), async () => {
      const statuses: Record<string, ServingReply> = { '': { status: await serving('') } };
      for (const item of deps.store.items()) {
        if (item.type === 'service') statuses[item.name] = { status: servingOf(item.healthy) };
      }
      return { statuses };
    }),
    Watch: streaming(
      { change: false },
      requestMessage,
      () => '',
      ({ service }, stream) => watch.add(service, stream),
    ),
  };
}

const servingOf = (healthy: boolean): Serving => (healthy ? 'SERVING' : 'NOT_SERVING');
