/** gRPC's length-prefixed messages of one call as they arrive. What is held of one that is not whole yet is paid for. */
import { status } from '@grpc/grpc-js';
import type { Holding } from '../../listeners/budget.js';

/** One flag byte, four length bytes (the PROTOCOL-HTTP2 document). */
const PREFIX_BYTES = 5;
/** What each call may hold unpaid: the messages of all that only reads. */
export const FREE_BYTES = 4096;

export type InboxMessage = { readonly compressed: boolean; readonly bytes: Buffer };
export type InboxRead =
  /** To be used before the next push: their memory is no longer paid for. */
  | { readonly kind: 'messages'; readonly messages: readonly InboxMessage[] }
  | { readonly kind: 'refused'; readonly code: status; readonly details: string };

const nothing: Buffer = Buffer.alloc(0);

export class Inbox {
  readonly #maxMessageBytes: number;
  readonly #holding: Holding;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #body: Buffer = nothing;
  #bodyBytes = 0;
  #wanted = 0;

  constructor(maxMessageBytes: number, holding: Holding) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#holding = holding;
  }

  /** A message is begun and not whole. */
  get partial(): boolean {
    return this.#prefixBytes > 0;
  }

  push(chunk: Buffer): InboxRead {
    const messages: InboxMessage[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#prefixBytes < PREFIX_BYTES) {
        const copied = chunk.copy(this.#prefix, this.#prefixBytes, at, at + PREFIX_BYTES - this.#prefixBytes);
        this.#prefixBytes += copied;
        at += copied;
        if (this.#prefixBytes < PREFIX_BYTES) break;
        this.#wanted = this.#prefix.readUInt32BE(1);
        if (this.#wanted > this.#maxMessageBytes) return this.#tooLong();
      }
      const part = chunk.subarray(at, at + this.#wanted - this.#bodyBytes);
      const refused = this.#append(part);
      if (refused !== null) return refused;
      at += part.length;
      if (this.#bodyBytes === this.#wanted) messages.push(this.#whole());
    }
    return { kind: 'messages', messages };
  }

  /** Forgets what it holds. */
  clear(): void {
    this.#body = nothing;
    this.#bodyBytes = 0;
    this.#prefixBytes = 0;
    this.#holding.release();
  }

  /** A copy: a view would keep all that came with it, however small it is. */
  #append(part: Buffer): InboxRead | null {
    const bytes = this.#bodyBytes + part.length;
    if (bytes > this.#body.length) {
      const capacity = Math.min(this.#wanted, Math.max(bytes, 2 * this.#body.length));
      if (capacity > FREE_BYTES) {
        const taken = this.#holding.take(capacity - this.#body.length);
        if (taken !== 'taken') return this.#refuse(taken);
      }
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#body.copy(grown, 0, 0, this.#bodyBytes);
      this.#body = grown;
    }
    part.copy(this.#body, this.#bodyBytes);
    this.#bodyBytes = bytes;
    return null;
  }

  #whole(): InboxMessage {
    const message = { compressed: this.#prefix[0] === 1, bytes: this.#body.subarray(0, this.#wanted) };
    this.clear();
    return message;
  }

  #refuse(taken: 'client-full' | 'full'): InboxRead {
    this.clear();
    const whose = taken === 'full' ? 'all clients together hold' : 'this client holds';
    return {
      kind: 'refused',
      code: status.RESOURCE_EXHAUSTED,
      details: `${whose} too much memory with half-sent messages; send it again in a moment`,
    };
  }

  #tooLong(): InboxRead {
    const details = `a message of ${this.#wanted} bytes; at most ${this.#maxMessageBytes} are taken here`;
    this.clear();
    return { kind: 'refused', code: status.RESOURCE_EXHAUSTED, details };
  }
}
