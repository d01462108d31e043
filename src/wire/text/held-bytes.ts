/** Bytes kept until the rest of their message has come. Appending byte by byte costs no more than linear time. */
export class HeldBytes {
  #store: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds to what is held; returns all of it, as a view that the next call may overwrite. */
  append(bytes: Buffer): Buffer {
    const length = this.#length + bytes.length;
    if (length > this.#store.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#store.length));
      this.#store.copy(grown, 0, 0, this.#length);
      this.#store = grown;
    }
    bytes.copy(this.#store, this.#length);
    this.#length = length;
    return this.#store.subarray(0, length);
  }

  /** Holds a copy of `bytes`, which may be a part of what was held, and nothing else. */
  replace(bytes: Buffer): void {
    this.#store = Buffer.from(bytes);
    this.#length = bytes.length;
  }
}
