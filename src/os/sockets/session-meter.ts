import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** How often it is looked: looking at a session costs less than 0.1 us. */
const LOOK_MS = 50;

/**
 * Ends the HTTP/2 sessions, busy or idle, whose peer sends more than any probe needs: nghttp2 takes frames that say nothing for as
 * long as they come, at half of a processor.
 */
export class SessionMeter {
  /** With what had come before the present probe. */
  readonly #open = new Map<ClientHttp2Session, { readonly socket: Socket; from: number }>();
  #timer: NodeJS.Timeout | null = null;
  readonly #maxBytes: number;

  /** `maxBytes`: what a peer may send from one probe to the next. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

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
      else if (socket.bytesRead - from > this.#maxBytes) {
        this.#open.delete(session);
        session.destroy(new SessionFloodError(this.#maxBytes));
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
  constructor(maxBytes: number) {
    super(`the peer has sent more than ${maxBytes} bytes for one probe`);
  }
}
