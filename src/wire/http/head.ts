/** The head of an HTTP/1.1 answer, and what it says about the body (RFC 9112 sections 4 to 6). */
import { shorten } from '../text/shorten.js';

export type HttpHead = {
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
  readonly status: number;
  /** May be empty. */
  readonly reason: string;
  /** By lower-case name; several of one name are joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** The peer does not mean to close the connection after this answer. */
  readonly keepAlive: boolean;
};

export type HeadRead =
  | { readonly kind: 'head'; readonly head: HttpHead }
  | { readonly kind: 'malformed'; readonly reason: string };

const statusLine = /^(HTTP\/1\.[01]) (\d{3})(?: ([^\0\r\n]*))?$/;
const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reads a whole head, from the status line to the empty line, as latin1 text. */
export function parseHead(text: string): HeadRead {
  const lines = text.split('\n');
  const first = stripCr(lines[0] ?? '');
  const match = statusLine.exec(first);
  if (match === null) return malformed(`bad status line ${quote(first)}`);
  const [, version = '', code = '', reason = ''] = match;
  const status = Number(code);
  if (status < 100) return malformed(`bad status code ${code}`);
  const headers = new Map<string, string>();
  let name = '';
  for (let index = 1; index < lines.length; index += 1) {
    const line = stripCr(lines[index] ?? '');
    if (line === '') break;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      // obs-fold: the previous field goes on.
      if (name === '') return malformed('the first header line begins with white space');
      headers.set(name, `${headers.get(name) ?? ''} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    const field = line.slice(0, colon === -1 ? line.length : colon);
    if (colon === -1 || !fieldName.test(field)) return malformed(`bad header line ${quote(line)}`);
    name = field.toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const keepAlive = isKeptAlive(version, headers.get('connection') ?? '');
  return { kind: 'head', head: { version, status, reason, headers, keepAlive } };
}

function isKeptAlive(version: string, connection: string): boolean {
  const tokens = connection.toLowerCase().split(',').map(trim);
  if (tokens.includes('close')) return false;
  return version === 'HTTP/1.1' || tokens.includes('keep-alive');
}

export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** How long the body is (RFC 9112 section 6.3). */
export function bodyFraming(
  head: HttpHead,
  method: string,
): BodyFraming | { readonly kind: 'malformed'; readonly reason: string } {
  const { status, headers } = head;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined) {
    if (coding.toLowerCase() === 'chunked') return { kind: 'chunked' };
    return malformed(`transfer coding ${quote(coding)} is not understood, only chunked`);
  }
  const length = headers.get('content-length');
  if (length === undefined) return { kind: 'until-close' };
  const [first = '', ...others] = length.split(',').map(trim);
  if (others.some((other) => other !== first)) return malformed(`contradicting content lengths ${quote(length)}`);
  // 15 digits stay below 2^53.
  if (!/^\d{1,15}$/.test(first)) return malformed(`bad content length ${quote(length)}`);
  return first === '0' || Number(first) === 0 ? { kind: 'none' } : { kind: 'length', length: Number(first) };
}

const malformed = (reason: string): { readonly kind: 'malformed'; readonly reason: string } => ({
  kind: 'malformed',
  reason,
});
const trim = (text: string): string => text.trim();
const stripCr = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
const quote = (text: string): string => JSON.stringify(shorten(text.replace(/[^\x20-\x7e]/g, '?'), 60));
