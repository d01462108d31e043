/** TARGET of `fulcrum check`: host:port, host, or a URL, and what a URL says beside the address. */
import { isIPv6 } from 'node:net';
import { redactPath, redactUrl } from '../../config/redact.js';
import type { BuiltInCheckType } from '../../model/config.js';
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

/** Ports of types that have a usual one. */
const usualPorts: Partial<Record<BuiltInCheckType, number>> = {
  http: 80,
  dns: 53,
  radius: 1812,
  postgres: 5432,
  redis: 6379,
  qdrant: 6333,
  icmp: 0,
};
const HTTPS_PORT = 443;

/** URL schemes of each type, and whether they mean TLS. */
const schemes: Record<BuiltInCheckType, Readonly<Record<string, boolean>>> = {
  tcp: { tcp: false, tls: true },
  udp: { udp: false },
  http: { http: false, https: true },
  icmp: { icmp: false },
  dns: { dns: false },
  radius: { radius: false },
  grpc: { grpc: false, grpcs: true },
  postgres: { postgres: false, postgresql: false },
  redis: { redis: false, rediss: true },
  qdrant: { http: false, https: true },
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
  const port = type === 'http' && tls ? HTTPS_PORT : usualPorts[type];
  if (port === undefined) throw new RangeError(`the target '${text}' has no port: write HOST:PORT`);
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
  const known = schemes[type];
  const tls = known[scheme];
  if (tls === undefined) {
    const allowed = Object.keys(known).map((name) => `${name}://`);
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
  return { host, port, document: urlDocument(type, text, url, tls), text: shownUrl(type, text) };
}

function urlDocument(type: BuiltInCheckType, text: string, url: URL, tls: boolean): Record<string, unknown> {
  switch (type) {
    case 'postgres':
    case 'redis':
    case 'qdrant':
      return { url: text };
    case 'http': {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      const headers = { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
      const path = `${url.pathname}${url.search}`;
      return { path, ...(tls ? { tls } : {}), ...(credentials === ':' ? {} : { headers }) };
    }
    case 'grpc': {
      const service = url.pathname.slice(1);
      return { ...(tls ? { tls } : {}), ...(service === '' ? {} : { service }) };
    }
    case 'tcp':
      return tls ? { tls } : {};
    case 'udp':
    case 'icmp':
    case 'dns':
    case 'radius':
      return {};
    default:
      return type satisfies never;
  }
}

/** A check of a URL takes its path for an address; the others show theirs, but for what looks like a token. */
const shownUrl = (type: BuiltInCheckType, text: string): string => {
  if (type === 'postgres' || type === 'redis' || type === 'qdrant') return redactUrl(text);
  const [, start = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/isu.exec(text) ?? [];
  return `${redactUrl(start)}${redactPath(rest)}`;
};
