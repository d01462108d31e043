import type { Socket } from 'node:net';
import {
  errorLine,
  type IdentifiedStatus,
  notificationLine,
  readClientMessage,
  readyLine,
  statusResponseLine,
} from '../../wire/healthcheck-messages.js';
import type { JsonValue } from '../../wire/lossless-json.js';
import { LineSplitter } from '../../wire/ndjson.js';
import type { TargetStatus } from '../../wire/target-link.js';
import { Batcher } from './batcher.js';
import { type Change, ConfigSet, type Transition } from './config-set.js';

/** A replacement of 100,000 configs is about 20 MB. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** Bytes that a client has not read: more wait as statuses, of which only the newest are kept. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** Seesaw's patience: 10 failures to send, 2 s apart. */
const STALL_LIMIT_MS = 20_000;
/** From our end of the connection to the client's: what it still sends is thrown away, so that it can read why. */
const LINGER_MS = 1000;
/** Elements read in one turn: some milliseconds, so that other clients and the supervisor are served in between. */
const ELEMENTS_PER_TURN = 200;

export type SessionOptions = {
  /** Unique among all sessions of this server's life. */
  readonly name: string;
  readonly batchSize: number;
  readonly batchDelayMs: number;
  readonly onChange: (session: Session, change: Change) => void;
  /** For a client that configured nothing: what the others did. */
  readonly allStatuses: () => Iterable<IdentifiedStatus>;
  readonly onShutdown: (session: Session) => void;
  readonly onTransition: (session: Session, transition: Transition) => void;
  readonly onProblem: (session: Session, message: string) => void;
};

/** One client of the health-check server's socket. */
export class Session {
  readonly name: string;
  readonly configs: ConfigSet;
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  readonly #batcher: Batcher;
  /** Lines that came and are not handled yet; the socket is paused while there are any. */
  #queue: string[] = [];
  #handling = false;
  #configured = false;

  constructor(socket: Socket, options: SessionOptions) {
    this.name = options.name;
    this.configs = new ConfigSet(options.name);
    this.#socket = socket;
    this.#options = options;
    this.#batcher = new Batcher({
      maxBatch: options.batchSize,
      delayMs: options.batchDelayMs,
      ready: () => this.#hasRoom(),
      send: (batch) => this.#write(notificationLine(batch)),
    });
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('timeout', () => this.#onTimeout());
    // A client that goes away is no error; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#batcher.stop());
    this.#write(readyLine);
  }

  /** A status of one of its subscriptions, or of somebody else's. */
  update(subscription: string, status: TargetStatus): void {
    const transition = this.configs.update(subscription, status);
    if (transition === null) return;
    this.#options.onTransition(this, transition);
    this.#batcher.add(transition.to, this.configs.size);
  }

  /** The whole state, as notifications. Left out while the client is behind: what waits for it is as new. */
  notifyAll(): void {
    if (this.#batcher.waiting > 0) return;
    for (const status of this.configs.statuses()) this.#batcher.add(status, this.configs.size);
  }

  end(): void {
    this.#batcher.flush();
    this.#socket.end();
    this.#socket.resume();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(linger));
  }

  #onData(chunk: Buffer): void {
    if (this.#socket.writableEnded) return;
    const read = this.#lines.push(chunk);
    if (read.kind === 'too-long') {
      this.#refuse(`a line of more than ${MAX_LINE_BYTES} bytes`);
      this.end();
      return;
    }
    if (read.lines.length === 0) return;
    this.#queue.push(...read.lines);
    void this.#handleQueue();
  }

  /** One message after the other, at the pace at which the client reads the answers. */
  async #handleQueue(): Promise<void> {
    if (this.#handling) return;
    this.#handling = true;
    this.#socket.pause();
    while (this.#hasRoom() && !this.#socket.destroyed && !this.#socket.writableEnded) {
      const line = this.#queue.shift();
      if (line === undefined) {
        this.#socket.resume();
        break;
      }
      await this.#handle(line);
    }
    this.#handling = false;
  }

  async #handle(line: string): Promise<void> {
    const message = readClientMessage(line);
    switch (message.kind) {
      case 'update-configs':
        await this.#replace(message.configs);
        break;
      case 'request-status':
        this.#write(
          statusResponseLine([...(this.#configured ? this.configs.statuses() : this.#options.allStatuses())]),
        );
        break;
      case 'shutdown':
        this.#options.onShutdown(this);
        break;
      case 'malformed':
        this.#refuse(message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  async #replace(elements: readonly JsonValue[]): Promise<void> {
    const replacement = this.configs.replacement(elements);
    while (replacement.step(ELEMENTS_PER_TURN)) await new Promise((resolve) => setImmediate(resolve));
    // The client may be gone by now, and its configs with it.
    if (this.#socket.destroyed) return;
    const change = replacement.finish();
    this.#configured = true;
    this.#batcher.retain((id) => this.configs.has(id));
    this.#options.onChange(this, change);
    for (const error of change.errors) this.#refuse(error);
  }

  #refuse(message: string): void {
    this.#options.onProblem(this, message);
    this.#write(errorLine(message));
  }

  #write(line: string): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    // From the first byte that is not read at once; a read, or rather the write that it allows, starts it anew.
    if (!this.#socket.write(line)) this.#socket.setTimeout(STALL_LIMIT_MS);
  }

  #hasRoom(): boolean {
    return this.#socket.writableLength < MAX_UNREAD_BYTES;
  }

  #onDrain(): void {
    this.#socket.setTimeout(0);
    this.#batcher.flush();
    void this.#handleQueue();
  }

  #onTimeout(): void {
    this.#options.onProblem(this, `it has read nothing for ${STALL_LIMIT_MS / 1000} s: its connection is closed`);
    this.#socket.destroy();
  }
}
