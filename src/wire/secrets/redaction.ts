/**
 * Hides known secrets in text, in every spelling in which a peer or a library may repeat them. By value: whoever wrote the text
 * need not know that there is a secret in it. Pure.
 */
import type { Secrets } from './secret-fields.js';

/** What stands for a secret. */
export const HIDDEN = '***';
/** Shorter ones are hidden in their own fields alone: nearly every text has such characters somewhere. */
export const MIN_SECRET_LENGTH = 4;
/** Deeper values than any record has: they may be a circle. */
const MAX_DEPTH = 12;

export interface Redaction {
  text(text: string): string;
  /** The same in all texts of a value; an error becomes what a log shows of one. */
  value(value: unknown): unknown;
}

type Pattern = {
  readonly text: string;
  /** Neither a letter nor a digit may stand beside it. */
  readonly isWord: boolean;
  /** It stands in base64, whose neighbouring characters belong to the same secret. */
  readonly isBase64: boolean;
};

/** For the messages of one check or component, in which a length limit may have cut a secret in two. */
export const redactionOf = ({ everywhere, nearby }: Secrets): Redaction =>
  new Matcher(
    [...everywhere].flatMap(spellingsOf),
    [...nearby].filter((word) => !everywhere.has(word)).flatMap(wordSpellingsOf),
    true,
  );

/** `scheme://user:password@host` keeps its scheme and host: for texts whose secrets are not known. */
export const hideLogins = (text: string): string =>
  text.replace(/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]*@/giu, `$1${HIDDEN}@`);

const known = new WeakMap<readonly string[], Redaction>();

/** For what leaves a thread that holds the configuration: its `secrets`. Made once for a configuration, when something is first said. */
export function redactionFor(secrets: readonly string[]): Redaction {
  const made = known.get(secrets) ?? new Matcher(secrets.flatMap(spellingsOf), [], false);
  known.set(secrets, made);
  return made;
}

class Matcher implements Redaction {
  /** By their first characters, so that the cost does not grow with the number of secrets. */
  readonly #patterns = new Map<string, Pattern[]>();
  /** First characters of patterns: what most places of a text are done with. */
  readonly #starts = new Uint8Array(256);
  readonly #mayBeCut: boolean;

  constructor(secrets: readonly Pattern[], words: readonly Pattern[], mayBeCut: boolean) {
    this.#mayBeCut = mayBeCut;
    const texts = new Set<string>();
    for (const pattern of [...secrets, ...words]) {
      if (!texts.has(pattern.text)) this.#add(pattern);
      texts.add(pattern.text);
    }
  }

  #add(pattern: Pattern): void {
    const { text } = pattern;
    if (text.length < MIN_SECRET_LENGTH) return;
    const start = text.slice(0, MIN_SECRET_LENGTH);
    const patterns = this.#patterns.get(start);
    if (patterns === undefined) this.#patterns.set(start, [pattern]);
    else patterns.push(pattern);
    this.#starts[text.charCodeAt(0) & 0xff] = 1;
  }

  text(text: string): string {
    if (this.#patterns.size === 0) return text;
    let shown = '';
    let taken = 0;
    for (let at = 0; at <= text.length - MIN_SECRET_LENGTH; ) {
      const found = this.#starts[text.charCodeAt(at) & 0xff] === 0 ? null : this.#find(text, at, taken);
      if (found === null) {
        at += 1;
        continue;
      }
      shown += `${text.slice(taken, found.from)}${HIDDEN}`;
      taken = found.to;
      at = found.to;
    }
    return taken === 0 ? text : shown + text.slice(taken);
  }

  #find(text: string, at: number, taken: number): { readonly from: number; readonly to: number } | null {
    const patterns = this.#patterns.get(text.slice(at, at + MIN_SECRET_LENGTH));
    if (patterns === undefined) return null;
    let from = at;
    let to = 0;
    for (const pattern of patterns) {
      const common = commonLength(pattern.text, text, at);
      const isWhole = common === pattern.text.length;
      if (!isWhole && !(this.#mayBeCut && isCut(text, at + common))) continue;
      const end = at + common;
      if (pattern.isWord && (isWordCharacter(text, at - 1) || (isWhole && isWordCharacter(text, end)))) continue;
      if (!pattern.isBase64) {
        to = Math.max(to, end);
        continue;
      }
      let [first, last] = [at, end];
      while (first > taken && isBase64Character(text, first - 1)) first -= 1;
      while (isBase64Character(text, last)) last += 1;
      from = Math.min(from, first);
      to = Math.max(to, last);
    }
    return to === 0 ? null : { from, to };
  }

  value(value: unknown): unknown {
    return this.#value(value, 0);
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (depth > MAX_DEPTH) return HIDDEN;
    if (Array.isArray(value)) {
      const safe = value.map((item) => this.#value(item, depth + 1));
      return safe.some((item, index) => item !== value[index]) ? safe : value;
    }
    if (value instanceof Error) return this.#error(value, depth);
    // Mostly there is nothing to hide, and thousands of events need no copies.
    let copy: Record<string, unknown> | null = null;
    for (const [key, inner] of Object.entries(value)) {
      const safe = this.#value(inner, depth + 1);
      if (safe === inner) continue;
      copy ??= { ...value };
      copy[key] = safe;
    }
    return copy ?? value;
  }

  /** In pino's words. An error's own fields may hold anything, such as the whole of a URL: only its code is told. */
  #error(error: Error, depth: number): object {
    const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
    return {
      type: error.name,
      message: this.text(error.message),
      stack: this.text(error.stack ?? ''),
      ...(typeof code === 'string' ? { code: this.text(code) } : {}),
      ...(cause instanceof Error ? { cause: this.#value(cause, depth + 1) } : {}),
    };
  }
}

function commonLength(pattern: string, text: string, at: number): number {
  let length = MIN_SECRET_LENGTH;
  while (length < pattern.length && pattern.charCodeAt(length) === text.charCodeAt(at + length)) length += 1;
  return length;
}

/** Text was left out here, or a quotation of limited length ends. */
const isCut = (text: string, at: number): boolean =>
  at >= text.length || text.startsWith('...', at) || '…"\''.includes(text.charAt(at));

const isWordCharacter = (text: string, at: number): boolean => /[\p{L}\p{N}]/u.test(text.charAt(at));
const isBase64Character = (text: string, at: number): boolean => /[\w+/=-]/u.test(text.charAt(at));

const wordSpellingsOf = (word: string): Pattern[] =>
  [...plainSpellings(word)].map((text) => ({ text, isWord: true, isBase64: false }));

function spellingsOf(secret: string): Pattern[] {
  if (secret.length < MIN_SECRET_LENGTH) return [];
  return [
    ...Array.from(plainSpellings(secret), (text) => ({ text, isWord: false, isBase64: false })),
    ...Array.from(base64Spellings(secret), (text) => ({ text, isWord: false, isBase64: true })),
  ];
}

/** Most secrets are letters and digits, and all of these the same. */
const SIMPLE = /^[A-Za-z0-9_.-]*$/u;

function plainSpellings(secret: string): ReadonlySet<string> {
  if (SIMPLE.test(secret)) return new Set([secret]);
  const bytes = Buffer.from(secret);
  // Without halves of surrogate pairs, which cannot be encoded.
  const wellFormed = bytes.toString();
  const percent = encodeURIComponent(wellFormed);
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return new Set([
    secret,
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/gu, (code) => code.toLowerCase()),
    percent.replaceAll('%20', '+'),
    percent.replaceAll(/[!'()*]/gu, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`),
    encodeURI(wellFormed),
    json,
    json.replaceAll('/', '\\/'),
    html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    html.replaceAll('"', '&#34;').replaceAll("'", '&#x27;'),
    // What messages make of a peer's bytes: C escapes, a mark for what is not printable, one space for white space.
    escapedBytes(bytes),
    escapedBytes(bytes).replaceAll('\\"', '"'),
    printable(secret),
    JSON.stringify(printable(secret)).slice(1, -1),
    bytes.toString('latin1'),
    printable(bytes.toString('latin1')),
    JSON.stringify(printable(bytes.toString('latin1'))).slice(1, -1),
    secret.replace(/\s+/gu, ' ').trim(),
  ]);
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');

const named: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' };
const escapedBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => {
    if (byte in named) return named[byte];
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }).join('');

/** A shorter piece of base64 is in many texts. */
const MIN_BASE64_LENGTH = 5;

/** What base64 has of it wherever it begins, as after `user:`: the characters that depend on nothing else. */
function base64Spellings(secret: string): ReadonlySet<string> {
  const bytes = Buffer.from(secret);
  const pieces = [0, 1, 2].map((lead) => {
    const text = Buffer.concat([Buffer.alloc(lead), bytes]).toString('base64');
    return text.slice(Math.ceil((lead * 8) / 6), Math.floor(((lead + bytes.length) * 8) / 6));
  });
  const urlSafe = pieces.map((piece) => piece.replaceAll('+', '-').replaceAll('/', '_'));
  return new Set([...pieces, ...urlSafe].filter((piece) => piece.length >= MIN_BASE64_LENGTH));
}
