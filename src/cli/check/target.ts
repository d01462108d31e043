/** TARGET of `fulcrum check`: host:port, host, or a URL, and what a URL says beside the address. */
import { isIPv6 } from 'node:net';
import type { BuiltInCheckType } from '../../checks/index.js';
import { checkers } from '../../checks/index.js';
import type { TargetSpelling } from '../../checks/probing/descriptor.js';
import { redactPath, redactUrl } from '../../config/redact.js';
import { HIDDEN } from '../../wire/secrets/redaction.js';

export type Target = {
  readonly host: string;
  /** 0 where the type has none. */
  readonly port: number;
  /** Options of the check that the URL gives; a flag wins over them. */
  readonly document: Readonly<Record<string, unknown>>;
  /** As it was written, but for a password in it. */
  readonly text: string;
};

/** What flags say that changes how a target is read. */
export type TargetFlags = { readonly tls: boolean; readonly portGiven: boolean };

/** Throws RangeError with what is wrong and what is allowed. */
export function parseTarget(type: BuiltInCheckType, text: string, flags: TargetFlags): Target {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined) return parseUrl(type, text, scheme, flags);
  const { host, port } = splitHostPort(text);
  return { host, port: port ?? usualPort(type, flags, text), document: {}, text };
}

function usualPort(type: BuiltInCheckType, { tls, portGiven }: TargetFlags, text: string): number {
  // The flag wins over whatever stands here.
  if (portGiven) return 0;
  const { defaultPort, defaultTlsPort }: TargetSpelling = checkers[type].target;
  const port = tls ? (defaultTlsPort ?? defaultPort) : defaultPort;
  if (port === null) throw new RangeError(`the target '${text}' has no port: write HOST:PORT`);
  return port;
}

function splitHostPort(text: string): { readonly host: string; readonly port: number | null } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  const plain = isIPv6(text) ? null : /^([^:/[\]\s]+)(?::(\d+))?$/.exec(text);
  const [, host, port] = bracketed ?? plain ?? (isIPv6(text) ? ['', text] : []);
  if (host === undefined || (bracketed !== null && !isIPv6(host))) {
    // `user:password@host` without a scheme.
    const shown = text.replace(/^.*@/su, `${HIDDEN}@`);
    throw new RangeError(`the target '${shown}' is not understood: HOST:PORT, HOST, [IPV6]:PORT or a URL is allowed`);
  }
  return { host, port: port === undefined ? null : portOf(port) };
}

function portOf(text: string): number {
  const port = Number(text);
  if (port < 1 || port > 65_535) throw new RangeError(`${text} is not a port: 1 to 65535 are allowed`);
  return port;
}

function parseUrl(type: BuiltInCheckType, text: string, scheme: string, { portGiven }: TargetFlags): Target {
  const { schemes, url: reading }: TargetSpelling = checkers[type].target;
  const tls = schemes[scheme];
  if (tls === undefined) {
    const allowed = Object.keys(schemes).map((name) => `${name}://`);
    throw new RangeError(`'${scheme}://' is no target of a ${type} check: ${allowed.join(' and ')} are allowed`);
  }
  let url: URL;
  try {
    // Only special schemes are parsed in full, such as the percent-encoding of the path and the letters of the host.
    url = new URL(text.replace(/^[a-z][a-z0-9+.-]*:/i, 'http:'));
  } catch {
    // The text may hold a password.
    throw new RangeError(`the target is not a URL: ${scheme}://HOST:PORT/ is allowed`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // `http:` drops its own port from the URL.
  const explicit = /^[^/?#]*:80(?:[/?#]|$)/.test(text.slice(scheme.length + 3)) ? 80 : null;
  const port =
    url.port === '' ? (explicit ?? usualPort(type, { tls, portGiven }, `${scheme}://${host}`)) : Number(url.port);
  return {
    host,
    port,
    document: reading === 'whole' ? { url: text } : reading({ url, tls }),
    text: shownUrl(type, text),
  };
}

/** A check of a URL takes its path for an address; the others show theirs, but for what looks like a token. */
const shownUrl = (type: BuiltInCheckType, text: string): string => {
  if (checkers[type].target.url === 'whole') return redactUrl(text);
  const [, start = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/isu.exec(text) ?? [];
  return `${redactUrl(start)}${redactPath(rest)}`;
};
