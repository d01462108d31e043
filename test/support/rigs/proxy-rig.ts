/** An embedded proxy in this process, on real sockets, and helpers to talk through it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { EmbeddedProxy } from '../../../src/actors/proxy/proxy.js';
import type { Change } from '../../../src/model/dataplane/change.js';
import {
  destinationKey,
  serviceKey,
  type TableDestination,
  type TableService,
} from '../../../src/model/dataplane/table.js';
import type { Clock } from '../../../src/model/units.js';
import { port as portOf } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { SyscallError } from '../../../src/os/kernel/libc.js';
import { pendingError } from '../../../src/os/kernel/socket-error.js';
import { KeptSockets } from '../../../src/os/sockets/kept-sockets.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { createKeptFds, type KeptFds } from '../../../src/workers/host/kept-fds.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';

export type Rig = {
  readonly proxy: EmbeddedProxy;
  readonly lost: string[];
  /** Sum of a counter of the proxy so far, over the results named. */
  readonly counted: (result: string) => number;
};

export type RigOptions = {
  readonly now?: Clock;
  readonly maxConnections?: number;
  readonly isVirtual?: (address: string) => boolean;
  /** What a thread before this one left. */
  readonly keptFds?: KeptFds;
};

export function startProxy(t: Pick<ExecutionContext, 'teardown'>, options: RigOptions = {}): Rig {
  const meter = new ActorMeter();
  const lost: string[] = [];
  const sums = new Map<string, number>();
  const proxy = new EmbeddedProxy({
    log: silentLog,
    meter,
    now: options.now ?? monotonicNow,
    maxConnections: () => options.maxConnections ?? 10_000,
    sockets: new KeptSockets(options.keptFds ?? createKeptFds()),
    isVirtual: options.isVirtual ?? (() => false),
    lost: (service, why) => lost.push(`${service}: ${why}`),
  });
  t.teardown(() => proxy.close());
  return {
    proxy,
    lost,
    counted: (result) => {
      for (const sample of meter.take()) {
        const label = sample.labels['result'];
        if (sample.type !== 'counter' || label === undefined) continue;
        sums.set(label, (sums.get(label) ?? 0) + sample.value);
      }
      return sums.get(result) ?? 0;
    },
  };
}

export function serviceAt(
  port: number,
  more: Partial<TableService> = {},
  protocol: 'tcp' | 'udp' = 'tcp',
): TableService {
  const match = { kind: 'address', address: '127.0.0.1', port: portOf(port), protocol } as const;
  return {
    key: serviceKey(match),
    name: 'web',
    match,
    scheduler: 'rr',
    schedulerFlags: [],
    persistenceNs: null,
    onePacket: false,
    ...more,
  };
}

export const destinationAt = (port: number, more: Partial<TableDestination> = {}): TableDestination => ({
  key: destinationKey('127.0.0.1', port),
  backend: `b${port}`,
  address: '127.0.0.1',
  port,
  weight: 1,
  forwarding: 'nat',
  maxConnections: 0,
  tunnel: null,
  ...more,
});

/** The changes that make a service with its destinations. */
export const serve = (service: TableService, ...destinations: readonly TableDestination[]): readonly Change[] => [
  { kind: 'add-service', service },
  ...destinations.map((destination): Change => ({ kind: 'add-destination', service, destination })),
];

export type Backend = { readonly port: number; readonly server: Server; readonly sockets: Set<Socket> };

export async function backend(t: ExecutionContext, serveOne: (socket: Socket) => void): Promise<Backend> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serveOne(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, server, sockets };
}

/** A backend that says its name and closes. */
export const named = (t: ExecutionContext, name: string): Promise<Backend> => backend(t, (socket) => socket.end(name));

export function dial(t: ExecutionContext, port: number, from?: string): Socket {
  const socket = connect({
    port,
    host: '127.0.0.1',
    allowHalfOpen: true,
    ...(from === undefined ? {} : { localAddress: from }),
  });
  t.teardown(() => socket.destroy());
  return socket;
}

/** All that the other side says until its FIN; rejects with the socket's error. (An async iterator would end our side too.) */
export function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('error', reject);
    socket.once('end', () => {
      const errno = pendingError(socket);
      if (errno === 0) resolve(Buffer.concat(chunks));
      else reject(new SyscallError('read', errno));
    });
  });
}

/** What the service answers to a client that says nothing; `reset`, where it was reset. */
export async function ask(t: ExecutionContext, port: number, from?: string): Promise<string> {
  const socket = dial(t, port, from);
  try {
    return (await readAll(socket)).toString();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? 'reset' : String(error);
  } finally {
    socket.destroy();
  }
}
