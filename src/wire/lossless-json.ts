/**
 * JSON (RFC 8259) whose integers keep every digit: those beyond 2^53 come as bigint. Everything else is as JSON.parse has
 * it. Node.js 20 cannot give a reviver the source text, hence a reader of our own.
 */

export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
/** Without a prototype: a key such as `__proto__` is a key like any other. */
export type JsonObject = { readonly [key: string]: JsonValue };

export type JsonRead =
  | { readonly ok: true; readonly value: JsonValue }
  /** `column` counts characters from 1. */
  | { readonly ok: false; readonly message: string; readonly column: number };

/** Deeper than any message of ours; keeps a hostile line from exhausting the stack. */
const MAX_DEPTH = 64;
/** A 64-bit number has 20 digits; a BigInt of a million digits would take seconds. */
const MAX_BIGINT_LENGTH = 40;

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

export function readJson(text: string): JsonRead {
  try {
    return { ok: true, value: new Reader(text).document() };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, message: error.message, column: error.offset + 1 };
  }
}

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

class Unreadable extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new Unreadable(`nested deeper than ${MAX_DEPTH} levels`, this.#at);
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const object: Record<string, JsonValue> = Object.create(null);
    this.#at += 1;
    this.#space();
    if (this.#took('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected();
      const key = this.#string();
      this.#space();
      if (!this.#took(':')) throw this.#unexpected();
      object[key] = this.#value(depth + 1);
      this.#space();
    } while (this.#took(','));
    if (!this.#took('}')) throw this.#unexpected();
    return object;
  }

  #array(depth: number): readonly JsonValue[] {
    const array: JsonValue[] = [];
    this.#at += 1;
    this.#space();
    if (this.#took(']')) return array;
    do {
      array.push(this.#value(depth + 1));
      this.#space();
    } while (this.#took(','));
    if (!this.#took(']')) throw this.#unexpected();
    return array;
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return escaped ? this.#unescape(start, at + 1) : this.#text.slice(start + 1, at);
      }
      if (code < 0x20) throw new Unreadable('a control character in a string', at);
      if (code === 0x5c) {
        escaped = true;
        at += 1;
      }
    }
    throw new Unreadable('a string without an end', start);
  }

  #unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.#text.slice(start, end)) as string;
    } catch {
      throw new Unreadable('a bad escape in a string', start);
    }
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#unexpected();
    const [digits, fraction, exponent] = match;
    this.#at += digits.length;
    const value = Number(digits);
    const exact = fraction !== undefined || exponent !== undefined || Number.isSafeInteger(value);
    return exact || digits.length > MAX_BIGINT_LENGTH ? value : BigInt(digits);
  }

  #word<W extends JsonValue>(word: string, value: W): W {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #took(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #unexpected(): Unreadable {
    const found = this.#text[this.#at];
    const message = found === undefined ? 'it ends too early' : `${JSON.stringify(found)} is not expected here`;
    return new Unreadable(message, this.#at);
  }
}
