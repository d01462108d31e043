/** What an HTTP check asks for, worked out once per check: the request and how the answer is judged. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isIP } from 'node:net';
import { hostPort } from '../../model/ip-address.js';
import type { ProbeSpec } from '../../model/probe.js';
import { SetupError } from '../probing/probe-result.js';
import type { CodeRange, HttpCheck } from './index.js';

export type HttpRules = {
  readonly method: string;
  /** Path, or the absolute URL in proxy mode. */
  readonly target: string;
  /** The Host header, or `:authority`. */
  readonly authority: string;
  /** By lower-case name, without Host and what belongs to the connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly expectedCodes: readonly CodeRange[];
  readonly receive: Uint8Array | null;
  readonly regex: RegExp | null;
  /** Of the whole body: MD5 or SHA-256 in small hex digits, by its length. */
  readonly digest: string | null;
  /** Host names of the check, best first, for SNI. */
  readonly names: readonly string[];
  /** The whole HTTP/1.1 request. */
  readonly request: Buffer;
};

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const USER_AGENT = 'fulcrum';
/** What the checker writes itself. */
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

/** Rules by check, made at its first probe. Throws SetupError for a request that cannot be written. */
export class HttpRulesCache {
  readonly #rules = new WeakMap<ProbeSpec<HttpCheck>, readonly HttpRules[]>();

  /** Of each request, in their order. */
  get(spec: ProbeSpec<HttpCheck>): readonly HttpRules[] {
    const known = this.#rules.get(spec);
    if (known !== undefined) return known;
    const { paths } = spec.check;
    const asked = paths.length === 0 ? [spec.check] : paths;
    const made = asked.map((each) => httpRules(spec, each));
    this.#rules.set(spec, made);
    return made;
  }
}

/** What differs between the requests of a check. */
type OnePath = Pick<HttpCheck, 'path' | 'receive' | 'receiveRegex' | 'digest'> & {
  readonly expectedCodes: HttpCheck['expectedCodes'] | null;
};

function httpRules(spec: ProbeSpec<HttpCheck>, asked: OnePath): HttpRules {
  const { check } = spec;
  const scheme = check.tls && !check.proxy ? 'https' : 'http';
  const absolute = check.proxy ? absoluteUrl(asked.path) : null;
  const fallback = spec.port === DEFAULT_PORTS[scheme] ? bracketed(spec.host) : hostPort(spec.host, spec.port);
  const authority = check.host ?? absolute?.host ?? fallback;
  const path = asked.path.startsWith('/') || asked.path === '*' ? asked.path : `/${asked.path}`;
  const target = check.proxy ? (absolute?.href ?? `http://${authority}${path}`) : path;
  const headers = ownedHeaders(check.headers);
  const body = check.body === null ? null : Buffer.from(check.body);
  const rules = {
    method: check.method.toUpperCase(),
    target,
    authority,
    headers,
    body,
    expectedCodes: asked.expectedCodes ?? check.expectedCodes,
    receive: asked.receive,
    regex: asked.receiveRegex === null ? null : compile(asked.receiveRegex),
    digest: asked.digest?.toLowerCase() ?? null,
    names: [hostName(authority)],
  };
  return { ...rules, request: writeRequest(rules, check.keepAlive) };
}

function absoluteUrl(path: string): { readonly host: string; readonly href: string } | null {
  if (!/^https?:\/\//i.test(path)) return null;
  try {
    return new URL(path);
  } catch {
    throw new SetupError(`the path ${JSON.stringify(path)} is not a URL`);
  }
}

function ownedHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*' };
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    if (ownHeaders.has(lower)) throw new SetupError(`the header ${name} is set by the check itself`);
    headers[lower] = value;
  }
  return headers;
}

function writeRequest(rules: Omit<HttpRules, 'request'>, keepAlive: boolean): Buffer {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Z]+$/.test(rules.method))
    throw new SetupError(`bad method ${JSON.stringify(rules.method)}`);
  if (!/^[\x21-\x7e]+$/.test(rules.target)) {
    throw new SetupError(
      `the path ${JSON.stringify(rules.target)} holds white space or other than ASCII: percent-encode it`,
    );
  }
  const fields: [string, string][] = [['host', rules.authority], ...Object.entries(rules.headers)];
  if (rules.body !== null) fields.push(['content-length', String(rules.body.length)]);
  if (!keepAlive) fields.push(['connection', 'close']);
  let text = `${rules.method} ${rules.target} HTTP/1.1\r\n`;
  for (const [name, value] of fields) {
    checkHeader(name, value);
    text += `${name}: ${value}\r\n`;
  }
  const head = Buffer.from(`${text}\r\n`, 'latin1');
  return rules.body === null ? head : Buffer.concat([head, rules.body]);
}

function checkHeader(name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (error) {
    // The value may be a credential.
    throw new SetupError(`the header ${name} can't be sent: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source, 's');
  } catch (error) {
    throw new SetupError(`receive_regex: ${(error as Error).message}`);
  }
}

const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** `[::1]:80` and `example.com:80` without port and brackets. */
const hostName = (authority: string): string => authority.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

/** `200`, `200-299, 301`. */
export const formatCodes = (codes: readonly CodeRange[]): string =>
  codes.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
