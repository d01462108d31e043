import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/**
 * What a peer may send on an HTTP/2 session from one probe to the next: a body as far as it is read, headers, and what was on its way
 * when the reader had enough. nghttp2 takes frames that say nothing for as long as they come, at half of a processor.
 */
export const MAX_SESSION_BYTES = 512 * 1024;
/** How often it is looked: looking at a session costs less than 0.1 us. */
const LOOK_MS = 50;

/** Ends the HTTP/2 sessions, busy or idle, whose peer sends more than any probe needs. */
export class SessionMeter {
  /** With what had come before the present probe. */
  readonly #open = new Map<ClientHttp2Session, { readonly socket: Socket; from: number }>();
  #timer: NodeJS.Timeout | null = null;

  add(session: ClientHttp2Session, socket: Socket): void {
    this.#open.set(session, { socket, from: socket.bytesRead });
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** A probe begins on a session that is kept. */
  begin(session: ClientHttp2Session): void {
    const metered = this.#open.get(session);
    if (metered !== undefined) metered.from = metered.socket.bytesRead;
  }

  close(): void {
    this.#open.clear();
    this.#stop();
  }

  #look(): void {
    for (const [session, { socket, from }] of this.#open) {
      if (session.destroyed) this.#open.delete(session);
      else if (socket.bytesRead - from > MAX_SESSION_BYTES) {
        this.#open.delete(session);
        session.destroy(new SessionFloodError());
      }
    }
    if (this.#open.size === 0) this.#stop();
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** The peer's breach, as those that node:http2 finds. */
class SessionFloodError extends Error {
  override readonly name = 'SessionFloodError';
  readonly code = 'ERR_HTTP2_SESSION_FLOOD';
  constructor() {
    super(`the peer has sent more than ${MAX_SESSION_BYTES} bytes for one probe`);
  }
}
