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

/** Of a value within the values of a message, such as one check: what it sends and expects has 64 KB each, some of it escaped. */
const MAX_INNER_LENGTH = 1024 * 1024;

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

/** Total: any text gives a value. */
export function readJson(text: string): JsonRead {
  const reading = startReading(text);
  for (;;) {
    const read = reading(Number.POSITIVE_INFINITY);
    if (read !== null) return read;
  }
}

/** The same in turns: each call reads about so many values; null until the end. */
export function startReading(text: string): (values: number) => JsonRead | null {
  const reader = new Reader(text);
  return (values) => {
    try {
      const read = reader.read(values);
      return read === null ? null : { ok: true, value: read.value };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return { ok: false, message: error.message, column: error.offset + 1 };
    }
  };
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

/** What is open where the text is read. */
type Open =
  | { readonly kind: 'array'; readonly items: JsonValue[]; readonly start: number }
  | { readonly kind: 'object'; readonly fields: Record<string, JsonValue>; readonly start: number; key: string };

class Reader {
  readonly #text: string;
  readonly #open: Open[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Null when there is more. */
  read(values: number): { readonly value: JsonValue } | null {
    for (let count = 0; count < values; count += 1) {
      const whole = this.#step();
      if (whole !== undefined) {
        this.#space();
        if (this.#at < this.#text.length) throw this.#unexpected();
        return { value: whole };
      }
    }
    return null;
  }

  /** Reads the next value, or opens the next array or object; answers with the document when that was its end. */
  #step(): JsonValue | undefined {
    this.#space();
    const character = this.#text[this.#at];
    if (character !== '{' && character !== '[') return this.#put(this.#plain(character));
    if (this.#open.length > MAX_DEPTH) throw new Unreadable(`nested deeper than ${MAX_DEPTH} levels`, this.#at);
    const start = this.#at;
    this.#at += 1;
    this.#space();
    if (character === '[') {
      if (this.#took(']')) return this.#put([]);
      this.#open.push({ kind: 'array', items: [], start });
    } else {
      const fields: Record<string, JsonValue> = Object.create(null);
      if (this.#took('}')) return this.#put(fields);
      this.#open.push({ kind: 'object', fields, start, key: this.#key() });
    }
    return undefined;
  }

  /** Into what is open, and closes as much of that as ends here. */
  #put(value: JsonValue): JsonValue | undefined {
    let put = value;
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      if (open.kind === 'array') open.items.push(put);
      else open.fields[open.key] = put;
      this.#space();
      if (this.#took(',')) {
        if (open.kind === 'object') open.key = this.#key();
        return undefined;
      }
      if (!this.#took(open.kind === 'array' ? ']' : '}')) throw this.#unexpected();
      this.#open.pop();
      if (this.#open.length > 1) this.#checkLength(open.start);
      put = open.kind === 'array' ? open.items : open.fields;
    }
    return put;
  }

  #key(): string {
    this.#space();
    if (this.#text[this.#at] !== '"') throw this.#unexpected();
    const key = this.#string();
    this.#space();
    if (!this.#took(':')) throw this.#unexpected();
    return key;
  }

  #plain(character: string | undefined): JsonValue {
    switch (character) {
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

  #checkLength(start: number): void {
    if (this.#at - start <= MAX_INNER_LENGTH) return;
    throw new Unreadable(`a value of more than ${MAX_INNER_LENGTH} characters`, start);
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
      if (at - start > MAX_INNER_LENGTH)
        throw new Unreadable(`a string of more than ${MAX_INNER_LENGTH} characters`, start);
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
    if (digits.length > MAX_INNER_LENGTH) throw new Unreadable('a number of too many digits', this.#at);
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
