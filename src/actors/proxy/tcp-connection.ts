/**
 * One client connection and the backend connection that serves it: bytes are carried both ways as fast as the slower side
 * takes them, a FIN is passed on as a FIN after the last byte, and a reset as a reset.
 */
import { connect, type Socket } from 'node:net';
import { pendingError } from '../../os/kernel/socket-error.js';
import { isSelfConnected } from '../../os/sockets/self-connection.js';
import type { Balancer, Client } from './balancer.js';
import type { Destination, Flow } from './destination.js';
import {
  CONNECT_ATTEMPT_MS,
  CONNECT_ATTEMPTS,
  CONNECT_BUDGET_MS,
  HALF_CLOSED_TIMEOUT_S,
  IDLE_TIMEOUT_S,
  KEEP_ALIVE_DELAY_MS,
  STALLED_S,
} from './proxy-limits.js';

/** How a client connection ended, or that it found its backend. */
export type Outcome = 'accepted' | 'no-destination' | 'connect-failed';

export type ConnectionHost = {
  readonly balancer: Balancer;
  /** Seconds on a coarse clock: read for every chunk. */
  readonly coarse: { readonly seconds: number };
  readonly outcome: (outcome: Outcome) => void;
  /** Why an attempt to reach a destination failed. */
  readonly attemptFailed: (destination: Destination, why: string) => void;
  readonly ended: (connection: TcpConnection) => void;
};

export class TcpConnection implements Flow {
  readonly #host: ConnectionHost;
  readonly #client: Socket;
  readonly #address: Client;
  readonly #deadlineMs: number;
  readonly #tried = new Set<string>();
  #backend: Socket | null = null;
  #destination: Destination | null = null;
  #timer: NodeJS.Timeout | null = null;
  #open = false;
  #over = false;
  #keptAlive = false;
  /** Sides that are entirely closed. */
  #closed = 0;
  #lastActive: number;

  /** `client` is paused: nothing of it may be read before a backend is there to take it. */
  constructor(client: Socket, address: Client, host: ConnectionHost) {
    this.#client = client;
    this.#address = address;
    this.#host = host;
    this.#deadlineMs = performance.now() + CONNECT_BUDGET_MS;
    this.#lastActive = host.coarse.seconds;
    client.on('error', () => this.abort());
    client.on('close', () => this.#onClose());
    this.#attempt();
  }

  /** Resets both sides. */
  abort(): void {
    if (this.#over) return;
    this.#finish();
    reset(this.#client);
    if (this.#backend !== null) reset(this.#backend);
  }

  /** While nothing of the client has been passed on, another destination is as good. */
  leave(): void {
    const [backend, destination] = [this.#backend, this.#destination];
    if (this.#open || backend === null || destination === null) this.abort();
    else this.#attemptFailed(backend, destination, 'it was taken out');
  }

  /** Ends what has been silent for too long. */
  sweep(): void {
    this.#keepAlive();
    const idle = this.#host.coarse.seconds - this.#lastActive;
    const halfClosed = this.#client.readableEnded || this.#backend?.readableEnded === true;
    if (idle > (halfClosed ? HALF_CLOSED_TIMEOUT_S : IDLE_TIMEOUT_S)) this.abort();
  }

  /** Bytes that wait for a side that does not take them. */
  get buffered(): number {
    return this.#client.writableLength + (this.#backend?.writableLength ?? 0);
  }

  get stalled(): boolean {
    return this.#host.coarse.seconds - this.#lastActive > STALLED_S;
  }

  get over(): boolean {
    return this.#over;
  }

  get lastActive(): number {
    return this.#lastActive;
  }

  /** Not at the start: most connections are over before it could matter, and it costs eight system calls. */
  #keepAlive(): void {
    if (this.#keptAlive || !this.#open) return;
    this.#keptAlive = true;
    this.#client.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    this.#backend?.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  }

  #attempt(): void {
    const leftMs = this.#deadlineMs - performance.now();
    const mayTry = this.#tried.size < CONNECT_ATTEMPTS && leftMs > 0;
    const destination = mayTry ? this.#host.balancer.pick(this.#address, this.#tried) : null;
    if (destination === null) {
      this.#host.outcome(this.#tried.size === 0 ? 'no-destination' : 'connect-failed');
      this.abort();
      return;
    }
    this.#destination = destination;
    destination.flows.add(this);
    const { address, port } = destination.facts;
    const backend = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    this.#backend = backend;
    this.#timer = setTimeout(
      () => this.#attemptFailed(backend, destination, 'no answer in time'),
      Math.min(CONNECT_ATTEMPT_MS, leftMs),
    );
    backend.once('connect', () => this.#connected(backend, destination));
    backend.on('error', (error) => {
      if (this.#open) this.abort();
      else this.#attemptFailed(backend, destination, error.message);
    });
  }

  #attemptFailed(backend: Socket, destination: Destination, why: string): void {
    if (this.#over || this.#backend !== backend) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#host.attemptFailed(destination, why);
    destination.flows.delete(this);
    this.#backend = null;
    this.#tried.add(destination.key);
    reset(backend);
    this.#attempt();
  }

  #connected(backend: Socket, destination: Destination): void {
    if (this.#over) return;
    if (isSelfConnected(backend, destination.facts.port)) {
      // Nobody listens there: the client would hear what it says.
      this.#attemptFailed(backend, destination, 'connected to itself');
      return;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#open = true;
    destination.total += 1;
    this.#host.outcome('accepted');
    backend.on('close', () => this.#onClose());
    const client = this.#client;
    this.#carry(client, backend, (bytes) => destination.addIn(bytes));
    this.#carry(backend, client, (bytes) => destination.addOut(bytes));
    client.resume();
  }

  /** Carries what `from` says to `to`: no more is read than `to` has room for. */
  #carry(from: Socket, to: Socket, count: (bytes: number) => void): void {
    from.on('data', (chunk: Buffer) => {
      this.#lastActive = this.#host.coarse.seconds;
      count(chunk.length);
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => {
      if (pendingError(from) === 0) to.end();
      else this.abort();
    });
  }

  #onClose(): void {
    this.#closed += 1;
    // One side closes alone when it has said and heard everything, while the other still takes its last bytes.
    if (this.#closed === 2) this.#finish();
    else if (!this.#open) this.abort();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#destination?.flows.delete(this);
    this.#host.ended(this);
  }
}

/** Closes with a RST instead of a FIN, whatever state the socket is in. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.connecting) {
    socket.destroy();
  } else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) {
    // The FIN is on its way through libuv, which refuses to reset a socket in that moment.
    socket.once('finish', () => reset(socket));
  } else {
    socket.resetAndDestroy();
  }
}
