/** The gRPC door on a port of its own, over actors that the test plays, and clients of its services. */

import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { Subject } from 'rxjs';
import type { ControlApi } from '../../../src/actors/gateway/control-api.js';
import { clientOf, loadDefinitions, type ServiceName } from '../../../src/actors/gateway/grpc/definitions.js';
import { type GrpcListener, startGrpc } from '../../../src/actors/gateway/grpc/index.js';
import { Budget } from '../../../src/actors/gateway/listeners/budget.js';
import { RECEIVED_BYTES } from '../../../src/actors/gateway/listeners/listener-limits.js';
import { Token } from '../../../src/actors/gateway/listeners/token.js';
import { HealthChecker } from '../../../src/health/checker.js';
import { Store, type StoreChange } from '../../../src/machines/telemetry/store.js';
import { type FromSubscriber, subscriptionsLink } from '../../../src/wire/links/subscriptions.js';
import type { Telemetry } from '../../../src/wire/links/telemetry.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { linkPair } from '../../../src/workers/links/link-pair.js';
import { allMetrics } from '../fixtures/metrics.js';

export const TOKEN = 'a-token-of-the-test-0123456789abcdef';
const definitions = loadDefinitions();

export type Plain = Record<string, unknown>;
export type GrpcStream = {
  on(event: 'data', then: (message: Plain) => void): unknown;
  on(event: 'error', then: (error: ServiceError) => void): unknown;
  write(message: object): boolean;
  cancel(): void;
};

export type GrpcClients = {
  /** One answer; rejects with a ServiceError. `sent` is the token, null = none. */
  readonly call: (service: ServiceName, method: string, request: object, sent?: string | null) => Promise<Plain>;
  /** `request` null: the client's messages are a stream too. */
  readonly stream: (service: ServiceName, method: string, request: object | null, sent?: string | null) => GrpcStream;
  readonly close: () => void;
};

export function grpcClients(address: string): GrpcClients {
  const open: { close(): void }[] = [];
  const client = (service: ServiceName) => {
    const made = new (clientOf(definitions, service))(address, credentials.createInsecure());
    open.push(made);
    return made as unknown as Record<string, (...input: unknown[]) => unknown>;
  };
  const metadata = (sent: string | null): Metadata => {
    const made = new Metadata();
    if (sent !== null) made.set('authorization', `Bearer ${sent}`);
    return made;
  };
  return {
    call: (service, method, request, sent = TOKEN) =>
      new Promise((resolve, reject) => {
        client(service)[method]?.(request, metadata(sent), (error: ServiceError | null, reply: Plain) =>
          error === null ? resolve(reply) : reject(error),
        );
      }),
    stream: (service, method, request, sent = TOKEN) => {
      const input = request === null ? [metadata(sent)] : [request, metadata(sent)];
      return client(service)[method]?.(...input) as GrpcStream;
    },
    close: () => {
      for (const one of open.splice(0)) one.close();
    },
  };
}

export async function startGrpcRig(
  played: Partial<ControlApi> = {},
  options: { readonly token?: string | null; readonly health?: HealthChecker } = {},
) {
  const store = new Store({ epoch: 'test', metrics: allMetrics });
  const changes$ = new Subject<StoreChange>();
  const link = linkPair('subscriptions', subscriptionsLink);
  const asked: FromSubscriber[] = [];
  link.b.in$.subscribe((message) => asked.push(message));
  const token = options.token === undefined ? TOKEN : options.token;
  const received = new Budget(RECEIVED_BYTES);
  const health = options.health ?? new HealthChecker({ timeoutMs: 1000 });
  const door: GrpcListener = await startGrpc(
    { host: '127.0.0.1', port: 0 },
    {
      api: played as ControlApi,
      store,
      changes$,
      health: () => health,
      access: () => ({
        token: token === null ? null : new Token(token),
        hostNames: [],
        loopbackOnly: { tcp: true, metrics: true },
      }),
      subscriptions: link.a,
      received,
      holds: () => {},
      log: silentLog,
      meter: new ActorMeter(),
    },
  );
  const clients = grpcClients(door.address);
  return {
    door,
    store,
    received,
    /** What the engine was asked to probe. */
    asked,
    engine: link.b.out,
    reconnect: link.connect,
    tell: (message: Telemetry) => {
      for (const change of store.apply('test', message)) changes$.next(change);
    },
    call: clients.call,
    stream: clients.stream,
    close: async () => {
      clients.close();
      await door.close();
      await health.close();
    },
  };
}
export type GrpcRig = Awaited<ReturnType<typeof startGrpcRig>>;

/** What comes on a stream, to be awaited one by one; an error ends it and is thrown. */
export function messagesOf(stream: GrpcStream): { readonly next: () => Promise<Plain> } {
  const come: (Plain | ServiceError)[] = [];
  let wake: (() => void) | null = null;
  const put = (one: Plain | ServiceError): void => {
    come.push(one);
    wake?.();
  };
  stream.on('data', put);
  stream.on('error', put);
  return {
    next: async () => {
      while (come.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const first = come.shift();
      if (first instanceof Error) throw first;
      return first as Plain;
    },
  };
}
