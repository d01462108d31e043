/**
 * HTTP/1.1 answers (RFC 9112) as bytes come in, for a client that trusts nothing: any bytes give a value, memory is
 * bounded, and every refusal says what was wrong.
 */
import { HeldBytes } from '../text/held-bytes.js';
import { type BodyFraming, bodyFraming, type HttpHead, parseHead } from './head.js';

/** Status line and headers together, of one answer; nginx and Node send and take far less. */
export const MAX_HEAD_BYTES = 64 * 1024;
/** Interim answers (1xx) before the real one: a peer could send them for ever. */
export const MAX_INTERIM_ANSWERS = 10;
/** A chunk's size line with its extensions. */
const MAX_CHUNK_LINE_BYTES = 4 * 1024;
/** All size lines of an answer: a body in chunks of a byte each would cost its reader a hundred times what it is worth. */
export const MAX_CHUNK_LINES_BYTES = 64 * 1024;
/** 13 hex digits stay below 2^53. */
const MAX_CHUNK_SIZE_DIGITS = 13;

const NOTHING = Buffer.alloc(0);

export type HttpResponseSink = {
  readonly onHead: (head: HttpHead) => void;
  /** A view of the pushed bytes: copy it to keep it. */
  readonly onBody: (bytes: Buffer) => void;
};

export type ParseState =
  | { readonly kind: 'incomplete' }
  /** `reusable`: the connection may carry another request. */
  | { readonly kind: 'complete'; readonly reusable: boolean }
  | { readonly kind: 'malformed'; readonly reason: string };

type Step = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'until-close' | 'ended';

const incomplete: ParseState = { kind: 'incomplete' };

export class HttpResponseParser {
  readonly #method: string;
  readonly #sink: HttpResponseSink;
  #step: Step = 'head';
  #state: ParseState = incomplete;
  /** Bytes of a head, a chunk line or a trailer that is not whole yet. */
  readonly #held = new HeldBytes();
  /** So many of the held bytes are known not to end the head. */
  #searched = 0;
  /** Bytes left of a body with a length, or of a chunk. */
  #left = 0;
  #trailerBytes = 0;
  #chunkLineBytes = 0;
  #interim = 0;
  #reusable = false;

  /** `method` of the request: an answer to HEAD has no body. */
  constructor(method: string, sink: HttpResponseSink) {
    this.#method = method;
    this.#sink = sink;
  }

  /** Takes the next bytes. Once complete or malformed, it stays so. */
  push(bytes: Buffer): ParseState {
    let rest = this.#state !== incomplete || this.#held.length === 0 ? bytes : this.#held.append(bytes);
    let used = 0;
    while (this.#state === incomplete && rest.length > 0) {
      const taken = this.#take(rest);
      if (taken === 0) break;
      used += taken;
      rest = rest.subarray(taken);
    }
    if (this.#state !== incomplete) this.#held.replace(NOTHING);
    else if (used > 0 || this.#held.length === 0) this.#held.replace(rest);
    if (this.#state.kind === 'complete' && rest.length > 0) {
      this.#state = { kind: 'complete', reusable: false };
    }
    return this.#state;
  }

  /** The peer has closed the connection. */
  end(): ParseState {
    if (this.#state !== incomplete) return this.#state;
    if (this.#step === 'until-close') return this.#complete();
    if (this.#step === 'head') {
      const count = this.#held.length;
      return this.#fail(count === 0 ? 'closed without an answer' : `closed after ${count} bytes of the headers`);
    }
    if (this.#step === 'length') return this.#fail(`closed with ${this.#left} bytes of the body missing`);
    return this.#fail('closed in the middle of a chunked body');
  }

  /** How many of the bytes were used; 0 = more are needed. */
  #take(bytes: Buffer): number {
    switch (this.#step) {
      case 'head':
        return this.#takeHead(bytes);
      case 'length':
      case 'chunk-data':
        return this.#takeBody(bytes);
      case 'until-close':
        this.#sink.onBody(bytes);
        return bytes.length;
      case 'chunk-size':
        return this.#takeLine(bytes, (line) => this.#beginChunk(line));
      case 'chunk-end':
        return this.#takeLine(bytes, (line) => {
          if (line !== '') this.#fail('a chunk is longer than its size says');
          this.#step = 'chunk-size';
        });
      case 'trailers':
        return this.#takeLine(bytes, (line) => {
          this.#trailerBytes += line.length + 2;
          if (line === '') this.#complete();
          else if (this.#trailerBytes > MAX_HEAD_BYTES) this.#fail(`trailers longer than ${MAX_HEAD_BYTES} bytes`);
        });
      case 'ended':
        return bytes.length;
      default:
        return this.#step satisfies never;
    }
  }

  #takeHead(bytes: Buffer): number {
    const end = headEnd(bytes, this.#searched);
    this.#searched = end === -1 ? Math.max(0, bytes.length - 3) : 0;
    if (end === -1) {
      // What cannot become an answer is refused at once: a peer that speaks first would otherwise look slow.
      if (!couldBeStatusLine(bytes)) this.#fail(`not an HTTP answer: it begins with ${quote(bytes)}`);
      else if (bytes.length > MAX_HEAD_BYTES) this.#fail(`headers longer than ${MAX_HEAD_BYTES} bytes`);
      return 0;
    }
    if (end > MAX_HEAD_BYTES) {
      this.#fail(`headers longer than ${MAX_HEAD_BYTES} bytes`);
      return 0;
    }
    const parsed = parseHead(bytes.toString('latin1', 0, end));
    if (parsed.kind === 'malformed') {
      this.#fail(parsed.reason);
      return 0;
    }
    const { head } = parsed;
    if (head.status < 200 && head.status !== 101) {
      this.#interim += 1;
      if (this.#interim > MAX_INTERIM_ANSWERS) this.#fail(`more than ${MAX_INTERIM_ANSWERS} interim answers`);
      return end;
    }
    const framing = bodyFraming(head, this.#method);
    if (framing.kind === 'malformed') {
      this.#fail(framing.reason);
      return 0;
    }
    this.#beginBody(head, framing);
    return end;
  }

  #beginBody(head: HttpHead, framing: BodyFraming): void {
    this.#reusable = framing.kind !== 'until-close' && head.keepAlive;
    this.#sink.onHead(head);
    switch (framing.kind) {
      case 'none':
        this.#complete();
        return;
      case 'length':
        this.#left = framing.length;
        this.#step = 'length';
        return;
      case 'chunked':
        this.#step = 'chunk-size';
        return;
      case 'until-close':
        this.#step = 'until-close';
        return;
      default:
        framing satisfies never;
    }
  }

  #takeBody(bytes: Buffer): number {
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= part.length;
    this.#sink.onBody(part);
    if (this.#left === 0) {
      if (this.#step === 'length') this.#complete();
      else this.#step = 'chunk-end';
    }
    return part.length;
  }

  #takeLine(bytes: Buffer, then: (line: string) => void): number {
    const end = bytes.indexOf(LF);
    if (end === -1 || end > MAX_CHUNK_LINE_BYTES) {
      if (end !== -1 || bytes.length > MAX_CHUNK_LINE_BYTES) {
        this.#fail(`a line of the chunked body is longer than ${MAX_CHUNK_LINE_BYTES} bytes`);
      } else if (this.#step === 'chunk-end' && bytes[0] !== CR) {
        this.#fail('a chunk is longer than its size says');
      }
      return 0;
    }
    then(bytes.toString('latin1', 0, bytes[end - 1] === CR ? end - 1 : end));
    return end + 1;
  }

  #beginChunk(line: string): void {
    this.#chunkLineBytes += line.length + 2;
    if (this.#chunkLineBytes > MAX_CHUNK_LINES_BYTES) {
      this.#fail(`more than ${MAX_CHUNK_LINES_BYTES} bytes of chunk sizes`);
      return;
    }
    const digits = /^([0-9a-f]+)[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (digits === undefined || digits.replace(/^0+/, '').length > MAX_CHUNK_SIZE_DIGITS) {
      this.#fail(`bad chunk size ${quote(Buffer.from(line, 'latin1'))}`);
      return;
    }
    this.#left = Number.parseInt(digits, 16);
    this.#step = this.#left === 0 ? 'trailers' : 'chunk-data';
  }

  #complete(): ParseState {
    this.#step = 'ended';
    this.#state = { kind: 'complete', reusable: this.#reusable };
    return this.#state;
  }

  #fail(reason: string): ParseState {
    this.#step = 'ended';
    this.#state = { kind: 'malformed', reason };
    return this.#state;
  }
}

const LF = 0x0a;
const CR = 0x0d;

/** Where the empty line after the headers ends; -1 while it has not come. Bare line feeds count (RFC 9112 section 2.2). */
function headEnd(bytes: Buffer, from: number): number {
  for (let end = bytes.indexOf(LF, from); end !== -1; end = bytes.indexOf(LF, end + 1)) {
    if (bytes[end + 1] === LF) return end + 2;
    if (bytes[end + 1] === CR && bytes[end + 2] === LF) return end + 3;
  }
  return -1;
}

const STATUS_LINE_START = Buffer.from('HTTP/1.');

function couldBeStatusLine(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, STATUS_LINE_START.length);
  return bytes.subarray(0, length).equals(STATUS_LINE_START.subarray(0, length));
}

function quote(bytes: Buffer): string {
  const text = bytes.toString('latin1', 0, 40);
  return JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?'));
}
