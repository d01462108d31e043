/** Newline-delimited JSON: bytes of a stream into lines. */

const LF = 0x0a;
/** Pieces that are kept before they are joined: a line that trickles in byte by byte must not cost an object a byte. */
const MAX_PIECES = 1024;

export type LinesRead = { readonly kind: 'lines'; readonly lines: readonly string[] } | { readonly kind: 'too-long' };

/** Cuts bytes into lines; what is not UTF-8 becomes U+FFFD, for the JSON reader to refuse or a string to hold. */
export class LineSplitter {
  readonly #maxBytes: number;
  /** Chunks of the line that is not ended yet. */
  #held: Buffer[] = [];
  /** Those before them, joined so many at a time: each byte is copied once, however small the chunks are. */
  #joined: Buffer[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of the line that is not ended yet. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The lines that `chunk` ends, without LF or CR LF; empty ones are left out. */
  push(chunk: Buffer): LinesRead {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const part = chunk.subarray(start, end);
      if (this.#heldBytes + part.length > this.#maxBytes) return this.#tooLong();
      const line = Buffer.concat([...this.#joined, ...this.#held, part])
        .toString('utf8')
        .trim();
      this.#forget();
      start = end + 1;
      if (line !== '') lines.push(line);
    }
    if (start < chunk.length) {
      this.#held.push(chunk.subarray(start));
      this.#heldBytes += chunk.length - start;
      if (this.#held.length > MAX_PIECES) this.#joined.push(Buffer.concat(this.#held.splice(0)));
    }
    return this.#heldBytes > this.#maxBytes ? this.#tooLong() : { kind: 'lines', lines };
  }

  #tooLong(): LinesRead {
    this.#forget();
    return { kind: 'too-long' };
  }

  #forget(): void {
    this.#held = [];
    this.#joined = [];
    this.#heldBytes = 0;
  }
}
