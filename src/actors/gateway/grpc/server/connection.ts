/** One client's HTTP/2 connection. Whoever misbehaves loses it, and its places, at once. */
import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { throughJavaScript } from '../../../../os/process/terminable.js';
import { FrameGuard, RateLimit } from './frame-guard.js';

/** Per connection; beside it the calls of a client and of all are bounded. */
const MAX_CONCURRENT_STREAMS = 256;
/** Decoded: names, values and 32 bytes a field (RFC 9113 section 6.5.2). A token and what libraries add are below 2 KB. */
const MAX_HEADER_LIST_BYTES = 16_384;
const MAX_HEADER_FIELDS = 64;
/** Megabytes that one session of the library may hold: its queued answers above all. */
const MAX_SESSION_MB = 64;
/** A new connection's answer to our settings, and the end of a header block, come within this. */
const SETTLE_LIMIT_MS = 10_000;
/** How often a client is asked whether it is still there, and how long it may take to say so. */
const PING_MS = 30_000;
const PONG_LIMIT_MS = 20_000;
/** A client with a mistake asks again and again; one that does so faster only keeps us busy. */
const REFUSED_CALLS = { burst: 1000, perSecond: 50 };

/** Calls that the library refuses for their headers. */
const MAX_BAD_HEADERS = 20;

export type ConnectionParts = {
  readonly nowMs: () => number;
  readonly onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
  /** Called once. `why`: what the client did; null when it left, or was asked to. */
  readonly onClose: (why: string | null) => void;
};

export class Connection {
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #parts: ConnectionParts;
  readonly #openedMs: number;
  readonly #refused: RateLimit;
  readonly #guard: FrameGuard;
  #settled = false;
  #pingedMs: number;
  #waitsForPong = false;
  #calls = 0;
  /** Calls begun that had not come through at the last look. */
  #missing = 0;
  #why: string | null = null;

  constructor(socket: Socket, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#openedMs = parts.nowMs();
    this.#pingedMs = this.#openedMs;
    this.#refused = new RateLimit(REFUSED_CALLS, this.#openedMs);
    this.#guard = new FrameGuard(this.#openedMs);
    // Before the parser gets them.
    socket.on('data', (chunk) => {
      const found = this.#guard.look(chunk, parts.nowMs());
      if (found !== null) this.hangUp(found);
    });
    // A client that goes away is no error; `close` follows.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#session.destroy();
      parts.onClose(this.#why);
    });
    this.#session = performServerHandshake(throughJavaScript(socket), {
      maxSessionMemory: MAX_SESSION_MB,
      maxHeaderListPairs: MAX_HEADER_FIELDS,
      settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: MAX_HEADER_LIST_BYTES },
    });
    this.#session.on('localSettings', () => {
      this.#settled = true;
    });
    this.#session.on('stream', (stream, headers) => {
      this.#calls += 1;
      parts.onStream(stream, headers);
    });
    // The library found something: its own end may wait for a client that reads nothing.
    this.#session.on('error', (error) => this.hangUp(error.message));
    this.#session.on('close', () => socket.destroy());
  }

  /** Looks, once a second, whether the client keeps to its limits in time. */
  look(nowMs: number): void {
    const session = this.#session;
    const blockSinceMs = this.#guard.blockSinceMs;
    const missing = this.#guard.calls - this.#calls;
    // Looked at twice: a call may be on its way to us.
    const badHeaders = Math.min(missing, this.#missing);
    this.#missing = missing;
    if (session.destroyed) this.hangUp('it broke the protocol');
    else if (badHeaders > MAX_BAD_HEADERS) this.hangUp('headers that are too large or wrong, again and again');
    else if (!this.#settled && nowMs - this.#openedMs > SETTLE_LIMIT_MS) this.hangUp('it never answered our settings');
    else if (blockSinceMs !== null && nowMs - blockSinceMs > SETTLE_LIMIT_MS) this.hangUp('its headers had no end');
    else if (this.#waitsForPong && nowMs - this.#pingedMs > PONG_LIMIT_MS) this.hangUp('it did not answer a ping');
    else if (!this.#waitsForPong && nowMs - this.#pingedMs > PING_MS) this.#ping(nowMs);
  }

  /** Counts a call that was refused. */
  refused(): void {
    if (!this.#refused.take(this.#parts.nowMs())) this.hangUp('too many calls that are refused');
  }

  hangUp(why: string): void {
    if (this.#socket.destroyed) return;
    this.#why ??= why;
    this.#socket.destroy();
  }

  /** Takes no new calls, and ends with the last one. */
  close(): void {
    if (!this.#session.destroyed) this.#session.close();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #ping(nowMs: number): void {
    this.#pingedMs = nowMs;
    this.#waitsForPong = this.#session.ping((error) => {
      if (error === null) this.#waitsForPong = false;
    });
  }
}
