/** Commands and replies of the Redis protocol (RESP 2), as far as a health check needs them. */
import { HeldBytes } from '../text/held-bytes.js';

/** Errors and status lines are short; more is no Redis. */
const MAX_LINE_BYTES = 4096;
/** The strings that a check asks for are short too. */
const MAX_BULK_BYTES = 4096;

/** A command as an array of bulk strings. */
export function encodeCommand(...words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`);
}

export type RespReply =
  /** A status, a number or a bulk string. */
  { readonly kind: 'value'; readonly text: string } | { readonly kind: 'error'; readonly text: string };

export type RespRead =
  | { readonly kind: 'replies'; readonly replies: readonly RespReply[] }
  /** The stream is of no more use. */
  | { readonly kind: 'malformed'; readonly reason: string };

type Step = RespReply | { readonly kind: 'incomplete' } | { readonly kind: 'malformed'; readonly reason: string };

export class RespReader {
  readonly #held = new HeldBytes();

  /** Takes the next bytes; answers with the replies that they complete. */
  push(bytes: Buffer): RespRead {
    let rest = this.#held.append(bytes);
    const replies: RespReply[] = [];
    for (;;) {
      const { step, used } = readReply(rest);
      if (step.kind === 'malformed') return step;
      if (step.kind === 'incomplete') break;
      replies.push(step);
      rest = rest.subarray(used);
    }
    if (replies.length > 0) this.#held.replace(rest);
    return { kind: 'replies', replies };
  }
}

const incomplete = { step: { kind: 'incomplete' }, used: 0 } as const;
const malformed = (reason: string) => ({ step: { kind: 'malformed', reason }, used: 0 }) as const;

function readReply(bytes: Buffer): { readonly step: Step; readonly used: number } {
  const type = bytes[0];
  if (type === undefined) return incomplete;
  if (!replyTypes.includes(type)) {
    return malformed(`not a Redis reply: it begins with ${JSON.stringify(printable(bytes.toString('latin1', 0, 40)))}`);
  }
  const end = bytes.indexOf('\r\n', 1, 'latin1');
  if (end === -1 || end > MAX_LINE_BYTES) {
    // A line of the limit is known to end when both bytes of its end are there.
    return bytes.length > MAX_LINE_BYTES + 1 ? malformed(`a line is longer than ${MAX_LINE_BYTES} bytes`) : incomplete;
  }
  const line = printable(bytes.toString('utf8', 1, end));
  if (type === ERROR) return { step: { kind: 'error', text: line }, used: end + 2 };
  if (type !== BULK) return { step: { kind: 'value', text: line }, used: end + 2 };
  const length = /^\d{1,10}$/.test(line) ? Number(line) : -1;
  if (length < 0 || length > MAX_BULK_BYTES) return malformed(`a string of ${line} bytes`);
  const stop = end + 2 + length;
  if (bytes.length < stop + 2) return incomplete;
  if (bytes.toString('latin1', stop, stop + 2) !== '\r\n') return malformed('a string is longer than its size says');
  return { step: { kind: 'value', text: printable(bytes.toString('utf8', end + 2, stop)) }, used: stop + 2 };
}

const ERROR = 0x2d;
const BULK = 0x24;
/** `+` status, `-` error, `:` number, `$` bulk string. */
const replyTypes: readonly number[] = [0x2b, ERROR, 0x3a, BULK];

const printable = (text: string): string => text.replace(/[\p{Cc}]/gu, '?');
