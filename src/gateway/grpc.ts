/** The gRPC door: the seeds' services and the standard health service on one TCP listener, with reflection. */
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { Observable } from 'rxjs';
import type { Listen } from '../config/model.js';
import type { HealthChecker } from '../health/checker.js';
import { throughJavaScript } from '../net/terminable.js';
import { hostPort } from '../wire/ip-address.js';
import type { Store, StoreChange } from '../wire/store.js';
import type { FromSubscriber, ToSubscriber } from '../wire/subscription-link.js';
import type { Link, Log } from '../workers/actor.js';
import { loadDefinitions, serviceOf } from './grpc/definitions.js';
import { healthService } from './grpc/health-service.js';
import { HealthcheckService } from './grpc/healthcheck-service.js';
import { ipvsService } from './grpc/ipvs-service.js';
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
  readonly log: Log;
};

export type GrpcDoor = {
  /** `host:port`, with the port that was chosen. */
  readonly address: string;
  /** Ends all calls. */
  close(): Promise<void>;
};

/** A ConfigUpdate of 20,000 checks has about 2 MB. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Per connection; tools that misbehave must not take the others' place. */
const MAX_CONCURRENT_STREAMS = 256;
/** Tools and peers, not traffic. */
const MAX_CONNECTIONS = 256;
/** How often a silent connection is asked whether its client is still there. */
const KEEPALIVE_MS = 30_000;
/** Calls that run get so long to end. */
const CLOSE_LIMIT_MS = 1000;

/** Rejects with the reason where it cannot listen. */
export async function startGrpc(listen: Listen, deps: GrpcDeps): Promise<GrpcDoor> {
  // What the library would print comes to us as errors.
  setLogVerbosity(logVerbosity.NONE);
  const definitions = loadDefinitions();
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
  });
  const subscriptions = new CheckSubscriptions(deps.subscriptions);
  const checks = new HealthcheckService(deps, subscriptions);
  server.addService(serviceOf(definitions, 'seesaw.ipvs.IPVSManager'), ipvsService(deps, deps.questions));
  server.addService(serviceOf(definitions, 'seesaw.vrrp.VRRPNode'), vrrpService(deps, deps));
  server.addService(serviceOf(definitions, 'seesaw.healthcheck.HealthCheckService'), checks.implementation());
  server.addService(serviceOf(definitions, 'grpc.health.v1.Health'), healthService(deps, deps));
  new ReflectionService(definitions).addToServer(server);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer({ noDelay: true }, (socket) => injector.injectConnection(throughJavaScript(socket)));
  listener.maxConnections = MAX_CONNECTIONS;
  try {
    const port = await bind(listener, listen, hostPort(listen.host, listen.port));
    return {
      address: hostPort(listen.host, port),
      close: async () => {
        listener.close();
        subscriptions.close();
        await shutDown(server);
      },
    };
  } catch (error) {
    subscriptions.close();
    server.forceShutdown();
    throw error;
  }
}

const bind = (listener: NetServer, listen: Listen, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    listener.once('error', (error) => reject(listenFailure(`control.grpc cannot listen on ${address}`, error)));
    listener.listen({ host: listen.host, port: listen.port }, () => resolve((listener.address() as AddressInfo).port));
  });

const shutDown = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), CLOSE_LIMIT_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
