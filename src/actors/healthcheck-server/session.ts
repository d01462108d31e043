import type { Socket } from 'node:net';
import type { TargetStatus } from '../../wire/links/targets.js';
import {
  type ClientMessage,
  errorLine,
  type IdentifiedStatus,
  messageOf,
  notificationLine,
  readClientMessage,
  readyLine,
  statusResponseLine,
} from '../../wire/seesaw/healthcheck-messages.js';
import { type JsonRead, type JsonValue, startReading } from '../../wire/text/lossless-json.js';
import { LineSplitter } from '../../wire/text/ndjson.js';
import type { Holding } from '../gateway/listeners/budget.js';
import { Batcher } from './batcher.js';
import { type Change, ConfigSet, type Transition } from './config-set.js';

/** A replacement of 100,000 configs is about 20 MB. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** Bytes that a client has not read: more wait as statuses, of which only the newest are kept. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** Seesaw's patience: 10 failures to send, 2 s apart. */
const STALL_LIMIT_MS = 20_000;
/** From our end of the connection to the client's: what it still sends is thrown away, so that it can read why. */
const LINGER_MS = 1000;
/** What each client may hold of a line without paying for it: all but a replacement of hundreds of configs. */
const FREE_LINE_BYTES = 64 * 1024;
/** From the first byte that is paid for to the line's end. A replacement of 100,000 configs takes a second to send. */
const LINE_LIMIT_MS = 20_000;
/** How long a message is read before other clients and the supervisor have their turn. */
const TURN_MS = 5;
/** Of a long line that is written: less than a millisecond of work. */
const PART_LENGTH = 64 * 1024;
/** Between two looks at the clock. */
const VALUES_PER_LOOK = 500;

export type SessionOptions = {
  /** Unique among all sessions of this server's life. */
  readonly name: string;
  readonly batchSize: number;
  readonly batchDelayMs: number;
  /** Pays for the line that is not whole yet, or waits to be read. */
  readonly holding: Holding;
  /** Large messages are read one after the other, whoever sent them: each takes several times its size meanwhile. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly otherConfigs: () => number;
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
  /** Until the line must be whole; null when it is paid for by nobody. */
  #lineLimit: NodeJS.Timeout | null = null;
  #configured = false;
  /** A long line is being written: nothing may come between its parts. */
  #withinLine = false;

  constructor(socket: Socket, options: SessionOptions) {
    this.name = options.name;
    this.configs = new ConfigSet(options.name, options.otherConfigs);
    this.#socket = socket;
    this.#options = options;
    this.#batcher = new Batcher({
      maxBatch: options.batchSize,
      delayMs: options.batchDelayMs,
      ready: () => !this.#withinLine && this.#hasRoom(),
      send: (batch) => this.#write(notificationLine(batch)),
    });
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('timeout', () => this.#onTimeout());
    // A client that goes away is no error; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#batcher.stop();
      this.#settle();
    });
    this.#write(readyLine);
  }

  get unreadBytes(): number {
    return this.#socket.writableLength;
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
    if (!this.#pay(chunk.length)) {
      this.#refuse('clients hold too much memory with lines that have no end; send it again in a moment');
      this.end();
      return;
    }
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
        this.#settle();
        this.#socket.resume();
        break;
      }
      if (line.length <= FREE_LINE_BYTES) await this.#handle(readClientMessage(line));
      else await this.#options.inTurn(async () => this.#handle(messageOf(await readInTurns(line))));
    }
    this.#handling = false;
  }

  #pay(bytes: number): boolean {
    if (this.#lines.heldBytes + bytes <= FREE_LINE_BYTES) return true;
    this.#lineLimit ??= setTimeout(() => this.#onLineLimit(), LINE_LIMIT_MS);
    return this.#options.holding.take(bytes) === 'taken';
  }

  /** Nothing waits to be read. */
  #settle(): void {
    this.#options.holding.release();
    if (this.#lineLimit !== null) clearTimeout(this.#lineLimit);
    this.#lineLimit = null;
  }

  #onLineLimit(): void {
    this.#lineLimit = null;
    // It is our turn to read what came, not the client's to send.
    if (this.#handling) return;
    this.#refuse(`a line without an end within ${LINE_LIMIT_MS / 1000} s`);
    this.end();
  }

  async #handle(message: ClientMessage): Promise<void> {
    switch (message.kind) {
      case 'update-configs':
        await this.#replace(message.configs);
        break;
      case 'request-status':
        await this.#writeInParts(
          statusResponseLine(this.#configured ? this.configs.statuses() : this.#options.allStatuses()),
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
    await inTurns(() => (replacement.step(1) ? null : true));
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

  /** At the pace at which the client reads, and others have their turn in between. */
  async #writeInParts(pieces: Iterable<string>): Promise<void> {
    this.#withinLine = true;
    let part = '';
    for (const piece of pieces) {
      part += piece;
      if (part.length < PART_LENGTH) continue;
      this.#write(part);
      part = '';
      if (this.#hasRoom()) await nextTurn();
      else if (!this.#socket.destroyed) await this.#room();
      if (this.#socket.destroyed) return;
    }
    this.#write(part);
    this.#withinLine = false;
    this.#batcher.flush();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }

  #hasRoom(): boolean {
    return this.unreadBytes < MAX_UNREAD_BYTES;
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

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const readInTurns = (line: string): Promise<JsonRead> => {
  const reading = startReading(line);
  return inTurns(() => reading(VALUES_PER_LOOK));
};

/** Takes steps until one has a result, and lets others have their turn in between. */
async function inTurns<T>(step: () => T | null): Promise<T> {
  for (let untilMs = performance.now() + TURN_MS; ; ) {
    const result = step();
    if (result !== null) return result;
    if (performance.now() < untilMs) continue;
    await nextTurn();
    untilMs = performance.now() + TURN_MS;
  }
}
