/** The gRPC door: the seeds' services and the standard health service on one TCP listener, with reflection. */
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import type { Observable } from 'rxjs';
import type { HealthChecker } from '../../../health/checker.js';
import type { Store, StoreChange } from '../../../machines/telemetry/store.js';
import type { Listen } from '../../../model/config.js';
import { hostPort } from '../../../model/ip-address.js';
import type { Link } from '../../../model/link.js';
import type { Log } from '../../../model/observing/log.js';
import type { Meter } from '../../../model/observing/meter.js';
import type { FromSubscriber, ToSubscriber } from '../../../wire/links/subscriptions.js';
import type { ActorContext } from '../../../workers/actor.js';
import type { ControlApi } from '../control-api.js';
import type { Budget } from '../listeners/budget.js';
import type { Access } from '../listeners/guard.js';
import { listenFailure } from '../listeners/listen-error.js';
import { loadDefinitions, serviceOf } from './definitions.js';
import { healthService } from './health-service.js';
import { HealthcheckService } from './healthcheck-service.js';
import { ipvsService } from './ipvs-service.js';
import { addReflection } from './server/reflection.js';
import { GrpcServer } from './server/server.js';
import { CheckSubscriptions } from './subscriptions.js';
import { vrrpService } from './vrrp-service.js';

export type GrpcDeps = {
  readonly api: ControlApi;
  readonly store: Store;
  /** Every change of the store, after it was made. */
  readonly changes$: Observable<StoreChange>;
  readonly health: () => HealthChecker;
  readonly access: () => Access;
  /** To the engine, for probes that clients ask for. */
  readonly subscriptions: Link<ToSubscriber, FromSubscriber>;
  /** Bytes of half-received messages. */
  readonly received: Budget;
  /** The actor's, for the checks that clients ask for. */
  readonly holds: ActorContext['holds'];
  readonly log: Log;
  readonly meter: Meter;
};

export type GrpcListener = {
  /** `host:port`, with the port that was chosen. */
  readonly address: string;
  /** Ends all calls. */
  close(): Promise<void>;
};

/** Rejects with the reason where it cannot listen. */
export async function startGrpc(listen: Listen, deps: GrpcDeps): Promise<GrpcListener> {
  const definitions = loadDefinitions();
  const server = new GrpcServer(deps);
  const subscriptions = new CheckSubscriptions(deps.subscriptions);
  deps.holds(() => subscriptions.specs());
  const checks = new HealthcheckService(subscriptions);
  server.add(serviceOf(definitions, 'seesaw.ipvs.IPVSManager'), ipvsService(deps.api));
  server.add(serviceOf(definitions, 'seesaw.vrrp.VRRPNode'), vrrpService(deps));
  server.add(serviceOf(definitions, 'seesaw.healthcheck.HealthCheckService'), checks.handlers());
  server.add(serviceOf(definitions, 'grpc.health.v1.Health'), healthService(deps));
  addReflection(server, definitions);
  const listener = createServer({ noDelay: true }, (socket) => server.take(socket));
  try {
    const port = await bind(listener, listen, hostPort(listen.host, listen.port));
    return {
      address: hostPort(listen.host, port),
      close: async () => {
        listener.close();
        subscriptions.close();
        await server.close();
      },
    };
  } catch (error) {
    subscriptions.close();
    await server.close();
    throw error;
  }
}

const bind = (listener: NetServer, listen: Listen, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    listener.once('error', (error) => reject(listenFailure(`control.grpc cannot listen on ${address}`, error)));
    listener.listen({ host: listen.host, port: listen.port }, () => resolve((listener.address() as AddressInfo).port));
  });
