/**
 * Which fields of the configuration hold secrets, and the secrets in them. A new secret field is one line of `secretFields`: its
 * values are then hidden in the configuration that people see, in the messages of the check or component, in errors and in logs.
 */
import { parseEscapes } from '../text/escapes.js';

/** How a credential stands in a field. `values`: those of a map. `name`: an account's name. `text`: anything that is sent, such as a login among other words. */
export type SecretKind = 'value' | 'values' | 'name' | 'url' | 'path' | 'headers' | 'text';

/** By name, wherever it stands in the document or the model. */
export const secretFields: ReadonlyMap<string, SecretKind> = new Map([
  ['password', 'value'],
  ['secret', 'value'],
  ['keys', 'values'],
  ['username', 'name'],
  ['url', 'url'],
  ['path', 'path'],
  ['headers', 'headers'],
  ['body', 'text'],
  ['send', 'text'],
]);

/** What is hidden, each once. */
export type Secrets = {
  /** Hidden wherever they appear. */
  readonly everywhere: ReadonlySet<string>;
  /**
   * Hidden as whole words in the messages of whatever they belong to: a user's name or a word that is sent may be an ordinary
   * word, and hiding it everywhere would ruin other messages.
   */
  readonly nearby: ReadonlySet<string>;
};

class Collector implements Secrets {
  readonly everywhere = new Set<string>();
  readonly nearby = new Set<string>();
  readonly #seen = new Set<object>();

  walk(value: unknown): void {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    // A check that thousands of backends share is read once.
    if (this.#seen.has(value)) return;
    this.#seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      const kind = Array.isArray(value) ? undefined : secretFields.get(key);
      if (kind !== undefined && this.field(kind, inner)) continue;
      // The keys of this map are the users' own words.
      if (key === 'checks' && !Array.isArray(inner) && isMap(inner))
        for (const each of Object.values(inner)) this.walk(each);
      else this.walk(inner);
    }
  }

  /** False where the value is none that the field can have. */
  field(kind: SecretKind, value: unknown): boolean {
    if (kind === 'headers') {
      if (!isMap(value)) return false;
      for (const [name, inner] of Object.entries(value)) if (typeof inner === 'string') this.#header(name, inner);
      return true;
    }
    if (kind === 'values') {
      if (!isMap(value)) return false;
      for (const inner of Object.values(value)) if (typeof inner === 'string') this.everywhere.add(inner);
      return true;
    }
    if (value instanceof Uint8Array) this.#text(Buffer.from(value.subarray(0, MAX_TEXT_BYTES)).toString());
    else if (typeof value !== 'string') return false;
    else if (kind === 'value') this.everywhere.add(value);
    else if (kind === 'name') this.nearby.add(value);
    else if (kind === 'url') this.#url(value);
    else if (kind === 'path') this.#path(value);
    else this.#escapedText(value);
    return true;
  }

  #add(value: string, everywhere: boolean): void {
    (everywhere || isToken(value) ? this.everywhere : this.nearby).add(value);
  }

  #url(text: string): void {
    const [, login = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/iu.exec(text) ?? [];
    const colon = login.indexOf(':');
    const user = colon === -1 ? login : login.slice(0, colon);
    if (!serverWords.has(user)) for (const each of spelled(user)) this.nearby.add(each);
    if (colon !== -1) for (const each of spelled(login.slice(colon + 1))) this.everywhere.add(each);
    if (login !== '') this.everywhere.add(Buffer.from(decoded(login)).toString('base64'));
    const { path, query } = splitUrl(text);
    for (const segment of path.split('/')) {
      if (!isPlainSegment(segment) && !serverWords.has(segment))
        for (const each of spelled(segment)) this.#add(each, false);
    }
    this.#query(query);
  }

  #path(text: string): void {
    const { path, query } = splitPath(text);
    for (const segment of path.split('/')) if (isToken(segment)) this.everywhere.add(segment);
    this.#query(query);
  }

  #query(query: string): void {
    for (const { name, value } of parameters(query)) {
      if (plainParameters.has(name)) continue;
      for (const each of spelled(value)) this.#add(each, name === '' || isTelling(name));
    }
  }

  #header(name: string, value: string): void {
    this.#add(value, isTelling(name));
    const [, scheme = '', credentials = ''] = /^([A-Za-z][\w-]*)\s+(\S.*)$/u.exec(value) ?? [];
    if (isTelling(name) && credentials !== '') this.everywhere.add(credentials);
    if (scheme.toLowerCase() === 'basic') this.#login(Buffer.from(credentials, 'base64').toString());
    // Cookies, and the parameters of other headers.
    for (const part of value.split(/[;,]\s*/u)) {
      const [, key = '', inner = ''] = /^([^=\s]+)="?([^"]+)"?$/u.exec(part.trim()) ?? [];
      if (key !== '') this.#add(inner, isTelling(name) || isTelling(key));
    }
  }

  #login(text: string): void {
    const colon = text.indexOf(':');
    if (colon === -1) return;
    this.nearby.add(text.slice(0, colon));
    this.everywhere.add(text.slice(colon + 1));
  }

  #escapedText(text: string): void {
    const read = parseEscapes(text);
    this.#text(text);
    if (read.ok) this.#text(Buffer.from(read.bytes).toString());
  }

  #text(text: string): void {
    this.#add(text, false);
    for (const line of text.split(/[\r\n]+/u)) if (line !== text) this.#add(line, false);
    for (const { word, named } of words(text).slice(0, MAX_WORDS)) this.#add(word, named);
  }
}

/** All that a configuration, a document of one, a check or a component holds. */
export function secretsIn(tree: unknown): Secrets {
  const found = new Collector();
  found.walk(tree);
  return found;
}

/** Those of one field, whatever is wrong with it; its whole value is one too. */
export function secretsOfField(kind: SecretKind, value: unknown): Secrets {
  const found = new Collector();
  found.field(kind, value);
  for (const each of isMap(value) ? Object.values(value) : [value]) {
    // A plain path says what is wrong with it.
    if (kind === 'path' && !/[?#;=]/u.test(String(each))) continue;
    if (typeof each === 'string' || typeof each === 'number') found.everywhere.add(String(each));
  }
  return found;
}

export const secretsOfUrl = (url: string): Secrets => secretsIn({ url });

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array);

/** Names of headers and parameters that usually carry a credential. */
const TELLING = /auth|cookie|token|secret|passw|pwd|credential|key|session|signature/iu;
export const isTelling = (name: string): boolean => TELLING.test(name);

/** Long, of letters and digits: nobody's word, so it is hidden wherever it appears. */
const TOKEN = /^(?=.*[0-9])(?=.*[A-Za-z])[\w+/=~.-]{16,}$/u;
const isToken = (text: string): boolean => TOKEN.test(text) && !/^[A-Za-z]+\/[\w.+-]+$/u.test(text);

/** Their values are words of a closed set. */
const plainParameters: ReadonlySet<string> = new Set(['sslmode', 'tls_verify']);
export const isPlainParameter = (name: string): boolean => plainParameters.has(name);

/** Of a URL's path: what health endpoints are called, versions, and the numbers of databases. */
export const isPlainSegment = (segment: string): boolean =>
  /^(?:|[0-9]{1,4}|v[0-9]+|api|healthz?|readyz?|livez?|ping|status)$/u.test(segment);
export const isPlainPathSegment = (segment: string): boolean => !isToken(segment);

/** What follows the host of a URL. */
export function splitUrl(text: string): { readonly start: string; readonly path: string; readonly query: string } {
  const [, start = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/isu.exec(text) ?? [];
  return { start, ...splitPath(rest) };
}

export function splitPath(text: string): { readonly path: string; readonly query: string } {
  const mark = text.search(/[?#]/u);
  return mark === -1 ? { path: text, query: '' } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}

/** Of a query as it is written; `name` is empty where there is but a value. */
export const parameters = (query: string): { readonly name: string; readonly value: string }[] =>
  query
    .split(/[&;#]/u)
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at === -1 ? { name: '', value: part } : { name: part.slice(0, at), value: part.slice(at + 1) };
    });

/** As it is written, and decoded. */
const spelled = (text: string): readonly string[] => [text, decoded(text), decoded(text.replaceAll('+', ' '))];

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Words of protocols, and of our own messages: a message without them would say nothing. */
const plainWords: ReadonlySet<string> = new Set(
  (
    'after answer answered before begins body bytes close closed connection content does during ends expected from have host ' +
    'http https localhost keep-alive match message received refused reset status text then type user-agent with'
  ).split(' '),
);
/** Kinds of servers, which our messages name; they are the names of their first users too. */
const serverWords: ReadonlySet<string> = new Set(['default', 'postgres', 'qdrant', 'redis']);
/** As protocols write their commands, such as AUTH and EHLO. */
const COMMAND = /^[A-Z]{1,8}$|^HTTP\/[0-9.]+$/u;
/** What a configuration may send at most; whoever makes a check by hand may send more. */
const MAX_TEXT_BYTES = 65_536;
/** Of one text; a login is among the first. Each is looked for in every message of its check. */
const MAX_WORDS = 1000;
/** The bounds between words. */
const WORD = /([^\s"'`,;&?<>(){}[\]|=:\p{Cc}]+)(["']?\s*[:=](?!\/\/))?/gu;

/** The words of a text that may be credentials; `named`: the word before it says that it is one. */
function words(text: string): { readonly word: string; readonly named: boolean }[] {
  const found: { word: string; named: boolean }[] = [];
  let before = '';
  for (const [, word = '', isName] of text.matchAll(WORD)) {
    // The name of a header or of a field.
    if (isName === undefined && !COMMAND.test(word) && !plainWords.has(word.toLowerCase())) {
      found.push({ word, named: isTelling(before) || /^pass$/iu.test(before) });
    }
    before = word;
  }
  return found;
}
