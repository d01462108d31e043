/** A request has four short fields; this is room for two names of full length. */
export const MAX_LINE_BYTES = 1024;

const LF = 0x0a;
const CR = 0x0d;

export type TakenLine =
  | { readonly kind: 'line'; readonly line: string }
  /** No end within the limit: nothing that follows can be trusted. */
  | { readonly kind: 'too-long' }
  /** Nothing whole is there yet. */
  | { readonly kind: 'more' };

/** Cuts the bytes of one connection into lines, one at a time, so that the reader sets the pace. */
export class LineBuffer {
  #bytes: Buffer = Buffer.alloc(0);
  #offset = 0;

  push(chunk: Buffer): void {
    const rest = this.#bytes.subarray(this.#offset);
    this.#bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.#offset = 0;
  }

  /** The next line without its LF or CR LF; bytes outside ASCII come as they are (latin1), for the parser to refuse. */
  take(): TakenLine {
    const end = this.#bytes.indexOf(LF, this.#offset);
    const length = (end === -1 ? this.#bytes.length : end) - this.#offset;
    if (length > MAX_LINE_BYTES) return { kind: 'too-long' };
    if (end === -1) return { kind: 'more' };
    const text = this.#text(end);
    this.#offset = end + 1;
    return { kind: 'line', line: text };
  }

  /** What a client that closed its side left without a line end; empty when it left nothing. */
  takeRest(): string {
    const text = this.#text(this.#bytes.length);
    this.#offset = this.#bytes.length;
    return text;
  }

  /** A line is begun. */
  get partial(): boolean {
    return this.#offset < this.#bytes.length;
  }

  #text(end: number): string {
    const stop = end > this.#offset && this.#bytes[end - 1] === CR ? end - 1 : end;
    return this.#bytes.toString('latin1', this.#offset, stop);
  }
}
