/** The gRPC door: the seeds' services and the standard health service on one TCP listener, with reflection. */
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import type { Observable } from 'rxjs';
import type { Listen } from '../config/model.js';
import type { HealthChecker } from '../health/checker.js';
import { hostPort } from '../wire/ip-address.js';
import type { Store, StoreChange } from '../wire/store.js';
import type { FromSubscriber, ToSubscriber } from '../wire/subscription-link.js';
import type { Link, Log, Meter } from '../workers/actor.js';
import type { Budget } from './budget.js';
import { loadDefinitions, serviceOf } from './grpc/definitions.js';
import { healthService } from './grpc/health-service.js';
import { HealthcheckService } from './grpc/healthcheck-service.js';
import { ipvsService } from './grpc/ipvs-service.js';
import { addReflection } from './grpc/reflection.js';
import { GrpcServer } from './grpc/server.js';
import { CheckSubscriptions } from './grpc/subscriptions.js';
import { vrrpService } from './grpc/vrrp-service.js';
import type { Access } from './guard.js';
import { listenFailure } from './listen-failure.js';
import type { Questions } from './questions.js';

export type GrpcDeps = {
  readonly questions: Questions;
  readonly store: Store;
  /** Every change of the store, after it was made. */
  readonly changes$: Observable<StoreChange>;
  readonly health: () => HealthChecker;
  readonly access: () => Access;
  /** To the engine, for probes that clients ask for. */
  readonly subscriptions: Link<ToSubscriber, FromSubscriber>;
  /** Bytes of half-received messages. */
  readonly received: Budget;
  readonly log: Log;
  readonly meter: Meter;
};

export type GrpcDoor = {
  /** `host:port`, with the port that was chosen. */
  readonly address: string;
  /** Ends all calls. */
  close(): Promise<void>;
};

/** Rejects with the reason where it cannot listen. */
export async function startGrpc(listen: Listen, deps: GrpcDeps): Promise<GrpcDoor> {
  const definitions = loadDefinitions();
  const server = new GrpcServer(deps);
  const subscriptions = new CheckSubscriptions(deps.subscriptions);
  const checks = new HealthcheckService(subscriptions);
  server.add(serviceOf(definitions, 'seesaw.ipvs.IPVSManager'), ipvsService(deps.questions));
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
