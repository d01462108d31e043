import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { ExecutionContext } from 'ava';
import { loadReportTrailer } from '../../../src/wire/grpc/orca.js';
import { readFields, writeDouble, writeVarint } from '../../../src/wire/grpc/protobuf.js';
import { freePort } from '../fixtures/ports.js';
import type { TestCertificate } from './certificates.js';
import { LOOPBACK, type Place } from './server-process.js';

const servingNumber = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;
type Serving = keyof typeof servingNumber;
type Asked = { readonly service: string };

/** A grpc-js server with grpc.health.v1.Health/Check and Watch, as its state says at the time. */
export interface GrpcHealthServer {
  readonly port: number;
  /** By service name; '' is the server itself. An unknown name is NOT_FOUND. */
  readonly services: Map<string, Serving>;
  /** What each call so far came with. */
  readonly calls: { readonly service: string; readonly authority: string }[];
  /** Calls wait for this long, or until `release`. */
  delayMs: number | 'held';
  release(): void;
  /** Sets a status and tells whoever watches the service. */
  tell(service: string, serving: Serving): void;
  /** Watch streams that are open. */
  readonly watchers: number;
  /** Ends all Watch streams with this code. */
  endWatches(code: status): void;
  /** Declared in a load report with each answer. */
  utilization: number | null;
  stop(): void;
}

export async function startGrpcHealthServer(
  t: Pick<ExecutionContext, 'teardown'>,
  {
    certificate = null,
    ...place
  }: Partial<Place> & { certificate?: Pick<TestCertificate, 'cert' | 'key'> | null } = {},
): Promise<GrpcHealthServer> {
  const { address = LOOPBACK.address, port = await freePort() } = place;
  const server = new Server();
  const held: (() => void)[] = [];
  const watchers = new Set<ServerWritableStream<Asked, Serving>>();
  const double: Omit<GrpcHealthServer, 'port'> = {
    services: new Map([['', 'SERVING']]),
    calls: [],
    delayMs: 0,
    utilization: null,
    stop: () => server.forceShutdown(),
    tell(service, serving) {
      double.services.set(service, serving);
      for (const call of watchers) if (call.request.service === service) call.write(serving);
    },
    get watchers() {
      return watchers.size;
    },
    endWatches(code) {
      for (const call of watchers) call.emit('error', { code, details: 'told to' });
    },
    release() {
      for (const answer of held.splice(0)) answer();
    },
  };
  const state = double as GrpcHealthServer;
  const messages = {
    requestStream: false,
    requestSerialize: ({ service }: Asked) => Buffer.from(service),
    // An object: grpc-js takes an empty text for no message.
    requestDeserialize: (request: Buffer): Asked => ({ service: serviceOf(request) }),
    responseSerialize: (serving: Serving) => Buffer.from(writeVarint(1, servingNumber[serving])),
    responseDeserialize: () => 'UNKNOWN' as const,
  };
  server.addService(
    {
      Check: { path: '/grpc.health.v1.Health/Check', responseStream: false, ...messages },
      Watch: { path: '/grpc.health.v1.Health/Watch', responseStream: true, ...messages },
    },
    {
      // As the protocol has it, an unknown service is a status here, and may become known.
      Watch(call: ServerWritableStream<Asked, Serving>) {
        watchers.add(call);
        call.on('cancelled', () => watchers.delete(call));
        call.on('close', () => watchers.delete(call));
        call.write(state.services.get(call.request.service) ?? 'SERVICE_UNKNOWN');
      },
      Check(call: ServerUnaryCall<Asked, Serving>, callback: sendUnaryData<Serving>) {
        state.calls.push({ service: call.request.service, authority: call.getHost() });
        const answer = (): void => {
          const serving = state.services.get(call.request.service);
          if (serving === undefined) callback({ code: status.NOT_FOUND, details: 'unknown service' });
          else callback(null, serving, loadReport(state.utilization));
        };
        if (state.delayMs === 'held') held.push(answer);
        else if (state.delayMs === 0) answer();
        else setTimeout(answer, state.delayMs);
      },
    },
  );
  const credentials =
    certificate === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: certificate.cert, private_key: certificate.key }]);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, credentials, (error) => (error === null ? resolve() : reject(error)));
  });
  t.teardown(() => server.forceShutdown());
  return Object.assign(state, { port });
}

function serviceOf(request: Buffer): string {
  const field = readFields(request)?.find(({ number }) => number === 1);
  return field?.wire === 'bytes' ? Buffer.from(field.value).toString() : '';
}

function loadReport(utilization: number | null): Metadata {
  const metadata = new Metadata();
  if (utilization !== null) metadata.set(loadReportTrailer, Buffer.from(writeDouble(9, utilization)));
  return metadata;
}
