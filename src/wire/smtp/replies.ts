/** Replies of a mail server (RFC 5321 section 4.2), as far as a health check needs them. */
import { LineSplitter } from '../text/ndjson.js';

/** The RFC allows 512; some list their extensions in more. */
const MAX_LINE_BYTES = 2048;
/** Banners with the terms of use have some twenty lines. */
const MAX_LINES = 100;

/** `lines` has at least one, without its code. */
export type SmtpReply = { readonly code: number; readonly lines: readonly string[] };
export type SmtpRead =
  | { readonly kind: 'replies'; readonly replies: readonly SmtpReply[] }
  /** The stream is of no more use. */
  | { readonly kind: 'malformed'; readonly reason: string };

export class SmtpReader {
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  /** Of the reply that goes on. */
  #code = '';
  #texts: string[] = [];

  /** Whether a reply has begun and not ended. */
  get isInside(): boolean {
    return this.#texts.length > 0 || this.#lines.heldBytes > 0;
  }

  /** Takes the next bytes; answers with the replies that they complete. */
  push(bytes: Buffer): SmtpRead {
    const read = this.#lines.push(bytes);
    if (read.kind === 'too-long') return malformed(`a line is longer than ${MAX_LINE_BYTES} bytes`);
    const replies: SmtpReply[] = [];
    for (const line of read.lines) {
      const [, code = '', mark = ' ', text = ''] = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s.exec(line) ?? [];
      if (code === '')
        return malformed(`not a reply of a mail server: ${JSON.stringify(printable(line).slice(0, 60))}`);
      if (this.#texts.length > 0 && code !== this.#code) {
        return malformed(`a reply that begins with ${this.#code} goes on with ${code}`);
      }
      this.#code = code;
      this.#texts.push(printable(text));
      if (this.#texts.length > MAX_LINES) return malformed(`a reply of more than ${MAX_LINES} lines`);
      if (mark === ' ') replies.push({ code: Number(code), lines: this.#texts.splice(0) });
    }
    return { kind: 'replies', replies };
  }
}

const malformed = (reason: string) => ({ kind: 'malformed', reason }) as const;
const printable = (text: string): string => text.replace(/[\p{Cc}]/gu, '?');
