/** Who may do what: pure decisions over a request's door and headers. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ProblemError } from '../http/problem.js';
import type { Token } from './token.js';

/** How a request came in. The unix socket is guarded by its file mode; the metrics door serves /metrics alone. */
export type ListenerKind = 'unix' | 'tcp' | 'metrics';

export type Access = {
  /** Null: changes over TCP are refused. */
  readonly token: Token | null;
  /** Names, besides addresses and localhost, by which a browser may reach a loopback listener. */
  readonly hostNames: readonly string[];
  /** These listeners are reachable from this machine only. */
  readonly loopbackOnly: Readonly<Record<Exclude<ListenerKind, 'unix'>, boolean>>;
};

/** Throws ProblemError unless a request from this door and with these headers may be carried out. */
export function checkAccess(access: Access, door: ListenerKind, change: boolean, headers: IncomingHttpHeaders): void {
  if (door === 'unix') return;
  if (access.loopbackOnly[door]) checkHost(access.hostNames, headers.host);
  if (!change) return;
  checkSameOrigin(headers);
  checkToken(access, headers.authorization);
}

/**
 * DNS rebinding: a page of a stranger's site makes its own name point to 127.0.0.1 and then reads our answers as its own.
 * Its requests still name that site in Host. A listener for the network is reached by names that we cannot know.
 */
export function checkHost(hostNames: readonly string[], host: string | undefined): void {
  // A health probe in HTTP/1.0; no browser sends that.
  if (host === undefined) return;
  const name = hostNameOf(host);
  if (name !== null && (isIP(name) !== 0 || name === 'localhost' || hostNames.includes(name))) return;
  throw new ProblemError(
    421,
    'ERR_HOST',
    `this listener is for this machine and does not answer to Host ${JSON.stringify(host)}; use localhost or an IP address`,
  );
}

export const isLoopback = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** The lower-case name or address in a Host header, without port and brackets; null when it is none. */
export function hostNameOf(host: string): string | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/@]+))(?::\d{1,5})?$/.exec(host);
  return match === null ? null : (match[1] ?? match[2] ?? '').toLowerCase().replace(/\.$/, '');
}

/** Cross-site request forgery: browsers say where a request comes from, and a page cannot make them lie. */
function checkSameOrigin(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  const { origin } = headers;
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const foreignOrigin = origin !== undefined && origin.replace(/^https?:\/\//, '') !== headers.host;
  if (foreignSite || foreignOrigin) {
    throw new ProblemError(
      403,
      'ERR_CROSS_ORIGIN',
      `changes are not accepted from another site's page (origin ${JSON.stringify(origin ?? 'unknown')})`,
    );
  }
}

/** Whether the request carries the token, for what is shown to the trusted only. */
export const mayReadDetails = (access: Access, authorization: string | undefined): boolean => {
  const candidate = bearerOf(authorization);
  return candidate !== null && access.token?.matches(candidate) === true;
};

const bearerOf = (authorization: string | undefined): string | null =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;

function checkToken(access: Access, authorization: string | undefined): void {
  if (access.token === null) {
    throw new ProblemError(
      403,
      'ERR_CHANGES_REFUSED',
      'changes over TCP need a token, and none is configured: set control.token_file, or use the unix socket',
    );
  }
  const challenge = { 'www-authenticate': 'Bearer realm="fulcrum"' };
  if (authorization === undefined) {
    throw new ProblemError(
      401,
      'ERR_UNAUTHORIZED',
      'this changes something: send Authorization: Bearer TOKEN',
      challenge,
    );
  }
  if (!mayReadDetails(access, authorization)) {
    throw new ProblemError(401, 'ERR_UNAUTHORIZED', 'that is not the token of control.token_file', {
      'www-authenticate': 'Bearer realm="fulcrum", error="invalid_token"',
    });
  }
}
