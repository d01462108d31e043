/**
 * Looks over an HTTP/2 client's frames (RFC 9113) before the parser gets them, and says when it misbehaves: floods of frames that
 * cost us work and carry nothing, and header blocks without an end. Pure.
 */

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;
/** SETTINGS_MAX_FRAME_SIZE, which is never raised here. */
const MAX_FRAME_BYTES = 16_384;
/** One header block, over all its frames; a token and what libraries add are below 2 KB. */
const MAX_HEADER_BLOCK_BYTES = 32_768;
/** Of one header block. Three full frames would be too large already. */
const MAX_CONTINUATIONS = 4;

const DATA = 0;
const HEADERS = 1;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const names = ['DATA', 'HEADERS', 'PRIORITY', 'RST_STREAM', 'SETTINGS', 'PUSH_PROMISE', 'PING', 'GOAWAY'];

/** So many at once, and so many a second in the long run. */
type Rate = { readonly burst: number; readonly perSecond: number };
/** Cancelled calls, pings and settings of a client that works; nghttp2 allows as many cancelled streams. */
const EMPTY_FRAMES: Rate = { burst: 1000, perSecond: 100 };
/** A client that reads a large answer sends two for each 16 KB. */
const WINDOW_UPDATES: Rate = { burst: 20_000, perSecond: 10_000 };

/** A bucket of tokens. */
export class RateLimit {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  /** False: it comes too often. */
  take(nowMs: number): boolean {
    const { burst, perSecond } = this.#rate;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) * perSecond) / 1000);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

export class FrameGuard {
  readonly #head = Buffer.alloc(HEAD_BYTES);
  readonly #empty: RateLimit;
  readonly #updates: RateLimit;
  /** Bytes of the preface, or of a frame's payload, that are still to come. */
  #skip = PREFACE_BYTES;
  #headBytes = 0;
  /** Of the header block that is not ended yet; null when none is. */
  #block: { bytes: number; continuations: number; readonly sinceMs: number } | null = null;

  #calls = 0;
  #lastStream = 0;

  constructor(nowMs: number) {
    this.#empty = new RateLimit(EMPTY_FRAMES, nowMs);
    this.#updates = new RateLimit(WINDOW_UPDATES, nowMs);
  }

  /** Calls that the client has begun; fewer come through to us where their headers are refused. */
  get calls(): number {
    return this.#calls;
  }

  /** Since when a header block waits for its end; null when none does. */
  get blockSinceMs(): number | null {
    return this.#block?.sinceMs ?? null;
  }

  /** Takes the next bytes. Null, or what the client did: nothing that follows is to be read then. */
  look(chunk: Buffer, nowMs: number): string | null {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      const copied = chunk.copy(this.#head, this.#headBytes, at, at + HEAD_BYTES - this.#headBytes);
      this.#headBytes += copied;
      at += copied;
      if (this.#headBytes < HEAD_BYTES) return null;
      this.#headBytes = 0;
      const length = this.#head.readUIntBE(0, 3);
      this.#skip = length;
      const found = this.#frame(length, this.#head.readUInt8(3), this.#head.readUInt8(4), nowMs);
      if (found !== null) return found;
    }
    return null;
  }

  #frame(length: number, type: number, flags: number, nowMs: number): string | null {
    if (length > MAX_FRAME_BYTES) return `a frame of ${length} bytes, where at most ${MAX_FRAME_BYTES} are allowed`;
    if (type === HEADERS || type === CONTINUATION) return this.#headers(length, type, flags, nowMs);
    if (type === DATA && (length > 0 || (flags & END_STREAM) !== 0)) return null;
    const rate = type === WINDOW_UPDATE ? this.#updates : this.#empty;
    if (rate.take(nowMs)) return null;
    const name = type === WINDOW_UPDATE ? 'WINDOW_UPDATE' : (names[type] ?? `unknown (type ${type})`);
    return `too many frames that carry nothing, the last one ${type === DATA ? 'an empty DATA' : name}`;
  }

  #headers(length: number, type: number, flags: number, nowMs: number): string | null {
    const stream = this.#head.readUInt32BE(5);
    if (stream > this.#lastStream) {
      this.#lastStream = stream;
      this.#calls += 1;
    }
    const block = type === HEADERS ? { bytes: 0, continuations: 0, sinceMs: nowMs } : this.#block;
    if (block === null) return 'a CONTINUATION frame without its HEADERS';
    block.bytes += length;
    if (type === CONTINUATION) block.continuations += 1;
    this.#block = (flags & END_HEADERS) === 0 ? block : null;
    if (block.continuations > MAX_CONTINUATIONS) return `more than ${MAX_CONTINUATIONS} CONTINUATION frames`;
    return block.bytes > MAX_HEADER_BLOCK_BYTES ? `headers of more than ${MAX_HEADER_BLOCK_BYTES} bytes` : null;
  }
}
