/** One listener of the control API, with its limits. */
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Listen } from '../../../model/config.js';
import { hostPort } from '../../../model/ip-address.js';
import { parseInJavaScript } from '../../../os/process/terminable.js';
import { PROBLEM_TYPE, problem, problemOf } from '../http/problem.js';
import { limitConnections } from './connection-places.js';
import type { ListenerKind } from './guard.js';
import { listenFailure } from './listen-error.js';
import { DOOR_LIMITS, type ListenerLimits, MAX_HEADER_BYTES, MAX_HEADERS } from './listener-limits.js';
import { inodeOf, listenOnUnixSocket } from './unix-socket.js';

export type ListenerAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp' | 'metrics'; readonly listen: Listen };

export type DoorHandler = (request: IncomingMessage, response: ServerResponse, kind: ListenerKind) => void;
export type ListenerEvents = {
  readonly handle: DoorHandler;
  /** A connection was refused: too many, or not HTTP. */
  readonly refused: (kind: ListenerKind, reason: 'connections' | 'malformed' | 'timeout') => void;
};

export const sameAddress = (a: ListenerAddress, b: ListenerAddress): boolean =>
  describeAddress(a) === describeAddress(b);

/** A URL, or the path of the socket. */
export function describeAddress(address: ListenerAddress): string {
  if (address.kind === 'unix') return address.path;
  return urlOf(address.listen.host, address.listen.port);
}

const urlOf = (host: string, port: number): string => `http://${hostPort(host, port)}`;

export class Listener {
  readonly address: ListenerAddress;
  readonly #server: Server;
  readonly #inode: bigint | null;
  readonly #limits: ListenerLimits;

  private constructor(address: ListenerAddress, server: Server, limits: ListenerLimits) {
    this.#limits = limits;
    this.address = address;
    this.#server = server;
    this.#inode = address.kind === 'unix' ? inodeOf(address.path) : null;
  }

  /** @throws an error that names the address when it cannot be listened on */
  static async open(address: ListenerAddress, events: ListenerEvents, limits = DOOR_LIMITS): Promise<Listener> {
    const server = createDoorServer(address.kind, events, limits);
    try {
      if (address.kind === 'unix') await listenOnUnixSocket(server, address.path);
      else await listenOnTcp(server, address.listen);
    } catch (error) {
      throw openFailure(address, error);
    }
    return new Listener(address, server, limits);
  }

  /** Where it listens in fact: with the port that the kernel chose. */
  get boundAddress(): string {
    const bound = this.#server.address();
    if (this.address.kind === 'unix' || bound === null || typeof bound === 'string')
      return describeAddress(this.address);
    return urlOf(this.address.listen.host, bound.port);
  }

  /** Takes no new connections from now on, and gives requests under way a moment. */
  async close(): Promise<void> {
    if (this.address.kind === 'unix' && this.#inode !== null && inodeOf(this.address.path) === this.#inode) {
      rmSync(this.address.path, { force: true });
    }
    await new Promise<void>((resolve) => {
      const impatience = setTimeout(() => this.#server.closeAllConnections(), this.#limits.closeGraceMs);
      this.#server.close(() => {
        clearTimeout(impatience);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }
}

function createDoorServer(kind: ListenerKind, events: ListenerEvents, limits: ListenerLimits): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.timeoutCheckMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      noDelay: true,
      // The application refuses it with a problem document.
      requireHostHeader: false,
    },
    (request, response) => events.handle(request, response, kind),
  );
  parseInJavaScript(server);
  server.maxHeadersCount = MAX_HEADERS;
  server.setTimeout(limits.idleTimeoutMs);
  limitConnections(server, limits.connections, () => events.refused(kind, 'connections'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    events.refused(kind, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'timeout' : 'malformed');
    answerMalformed(error, socket);
  });
  return server;
}

/** What is not HTTP gets an answer too, where it can be sent, and the connection ends. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const found =
    problemOf(error)?.problem ?? problem(400, 'ERR_BAD_REQUEST', `not a valid HTTP request: ${error.message}`);
  const body = `${JSON.stringify(found)}\n`;
  const head = [
    `HTTP/1.1 ${found.status} ${found.title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function listenOnTcp(server: Server, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function openFailure(address: ListenerAddress, error: unknown): Error {
  if (address.kind !== 'unix') {
    const setting = address.kind === 'tcp' ? 'control.http' : 'metrics.listen';
    return listenFailure(`${setting}: cannot listen on ${describeAddress(address)}`, error);
  }
  const known = error instanceof Error ? error : new Error(String(error));
  return known.message.startsWith(address.path)
    ? known
    : Object.assign(known, { message: `${address.path}: ${known.message}` });
}
