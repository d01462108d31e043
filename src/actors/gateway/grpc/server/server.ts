/** A gRPC server on node:http2: methods, and what their clients may cost, each and all together. */

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { type ServiceDefinition, status } from '@grpc/grpc-js';
import type { Log } from '../../../../model/observing/log.js';
import type { Meter } from '../../../../model/observing/meter.js';
import { grpcFrame } from '../../../../wire/grpc/frames.js';
import { Budget, clientOf, type Taken } from '../../listeners/budget.js';
import type { Access } from '../../listeners/guard.js';
import { metrics } from '../../metrics.js';
import { checkMayChange, GrpcRefusal } from '../refusal.js';
import { Call, type Method } from './call.js';
import { Connection } from './connection.js';
import type { Handlers } from './handlers.js';
import { answerHeaders, statusHeaders } from './status-headers.js';

/** Tools and peers, not traffic. A client is an address, or a /64 of IPv6. */
const CONNECTIONS = { total: 512, perClient: 256 };
/** Under way, with one answer each: some 10 KB. They have places of their own, so that a flood of watches keeps none of them out. */
const CALLS = { total: 4096, perClient: 2048 };
/** Those that go on until the client leaves: Watch, StreamStatus, StreamChecks, reflection. */
const LASTING_CALLS = { total: 1024, perClient: 512 };
/** Answers that wait for their clients to read them: the table of 100,000 backends, and some more. */
const UNSENT_BYTES = { total: 64 * 1024 * 1024, perClient: 32 * 1024 * 1024 };
const LOOK_MS = 1000;
/** Calls that run get so long to end. */
const CLOSE_LIMIT_MS = 1000;
/** Clients that misbehave come in floods: told one by one they would flood the log. */
const COMPLAINT_MS = 10_000;

export type GrpcServerDeps = {
  readonly access: () => Access;
  /** Bytes of half-received messages, of all doors. */
  readonly received: Budget;
  readonly log: Log;
  readonly meter: Meter;
};

export class GrpcServer {
  readonly #deps: GrpcServerDeps;
  readonly #methods = new Map<string, Method>();
  readonly #connections = new Set<Connection>();
  readonly #places = new Budget(CONNECTIONS);
  readonly #calls = new Budget(CALLS);
  readonly #lasting = new Budget(LASTING_CALLS);
  readonly #unsent = new Budget(UNSENT_BYTES);
  readonly #looking: NodeJS.Timeout;
  #complainedMs = Number.NEGATIVE_INFINITY;
  #untold = 0;
  #onEmpty: (() => void) | null = null;

  constructor(deps: GrpcServerDeps) {
    this.#deps = deps;
    this.#looking = setInterval(() => {
      for (const connection of this.#connections) connection.look(performance.now());
    }, LOOK_MS);
  }

  add(service: ServiceDefinition, handlers: Handlers): void {
    for (const [name, { path, requestDeserialize, responseSerialize }] of Object.entries(service)) {
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`nothing serves ${path}`);
      // What goes to many is one object: it is encoded for the first of them.
      const frames = new WeakMap<object, Buffer>();
      this.#methods.set(path, {
        handler,
        decode: requestDeserialize,
        encode: (message) => {
          const frame = frames.get(message) ?? grpcFrame(responseSerialize(message));
          frames.set(message, frame);
          return frame;
        },
      });
    }
  }

  take(socket: Socket): void {
    const client = clientOf(socket.remoteAddress ?? '');
    const place = this.#places.hold(client);
    if (place.take(1) !== 'taken') {
      this.#count('connections');
      socket.destroy();
      return;
    }
    const connection: Connection = new Connection(socket, {
      nowMs: () => performance.now(),
      onStream: (stream, headers) => this.#onStream(connection, client, stream, headers),
      onClose: (why) => {
        place.release();
        this.#connections.delete(connection);
        if (why !== null) this.#complain(client, why);
        if (this.#connections.size === 0) this.#onEmpty?.();
      },
    });
    this.#connections.add(connection);
  }

  async close(): Promise<void> {
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of this.#connections) connection.close();
    const impatience = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, CLOSE_LIMIT_MS);
    if (this.#connections.size > 0) await empty;
    clearTimeout(impatience);
    clearInterval(this.#looking);
  }

  #onStream(connection: Connection, client: string, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // `close` follows, and a client that goes away is no error.
    stream.on('error', () => undefined);
    const refuse = (answer: Parameters<ServerHttp2Stream['respond']>[0]): void => {
      connection.refused();
      if (stream.destroyed || stream.closed) return;
      stream.respond(answer, { endStream: true });
      stream.close(constants.NGHTTP2_NO_ERROR);
    };
    const onRefused = (code: status): void => {
      this.#count(reasons.get(code) ?? 'other');
      connection.refused();
    };
    if (headers['content-type']?.startsWith('application/grpc') !== true) {
      refuse({ ':status': 415 });
      return;
    }
    try {
      const method = this.#methodOf(headers);
      if (method.handler.change) checkMayChange(this.#deps.access(), headers.authorization);
      this.#admit(client, method, stream);
      const budgets = { received: this.#deps.received, unsent: this.#unsent };
      new Call(stream, headers, { method, client, budgets, log: this.#deps.log, onRefused }).begin();
    } catch (error) {
      if (!(error instanceof GrpcRefusal)) throw error;
      this.#count(reasons.get(error.status) ?? 'other');
      refuse({ ...answerHeaders, ...statusHeaders(error.status, error.message) });
    }
  }

  #methodOf(headers: IncomingHttpHeaders): Method {
    const path = String(headers[':path']);
    const method = this.#methods.get(path);
    if (method !== undefined) return method;
    throw new GrpcRefusal(status.UNIMPLEMENTED, `there is no method ${path.slice(0, 200)}`);
  }

  /** The places are given back when the stream is closed. */
  #admit(client: string, { handler }: Method, stream: ServerHttp2Stream): void {
    const lasting = handler.kind === 'streaming' || handler.kind === 'two-way';
    const place = (lasting ? this.#lasting : this.#calls).hold(client);
    stream.on('close', () => place.release());
    if (lasting) refuseFull(place.take(1), LASTING_CALLS, 'lasting calls (such as Watch)');
    else refuseFull(place.take(1), CALLS, 'calls');
  }

  #count(reason: string): void {
    this.#deps.meter.count(metrics.fulcrum_grpc_refused_total, { reason });
  }

  #complain(client: string, why: string): void {
    this.#count('misbehaviour');
    this.#untold += 1;
    const nowMs = performance.now();
    if (nowMs - this.#complainedMs < COMPLAINT_MS) return;
    this.#deps.log.warn(
      { client, why, connections: this.#untold },
      'control.grpc closed a connection: its client misbehaved',
    );
    this.#complainedMs = nowMs;
    this.#untold = 0;
  }
}

function refuseFull(taken: Taken, limits: typeof CALLS, what: string): void {
  if (taken === 'taken') return;
  const whose =
    taken === 'full' ? `${limits.total} ${what} of all clients` : `${limits.perClient} ${what} of this client`;
  throw new GrpcRefusal(status.RESOURCE_EXHAUSTED, `${whose} are under way already; end some, or try again later`);
}

const reasons: ReadonlyMap<status, string> = new Map([
  [status.RESOURCE_EXHAUSTED, 'exhausted'],
  [status.UNAUTHENTICATED, 'token'],
  [status.PERMISSION_DENIED, 'token'],
  [status.DEADLINE_EXCEEDED, 'timeout'],
]);
