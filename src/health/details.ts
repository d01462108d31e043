import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';

/** Whether this request may read messages, which can name addresses and accounts. */
export type DetailsRule<R> = (request: R) => boolean;

/**
 * The rule when none is given: only those on this machine, and not those whom a proxy on it let in. A service behind a
 * proxy that adds neither header gives its own rule.
 */
export function localOnly(request: IncomingMessage): boolean {
  if (request.headers['x-forwarded-for'] !== undefined || request.headers['forwarded'] !== undefined) return false;
  return isLoopback(request.socket.remoteAddress);
}

/** A unix socket has no address: whoever may open it is on this machine. */
function isLoopback(address: string | undefined): boolean {
  if (address === undefined || address === '::1') return true;
  const ipv4 = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return isIPv4(ipv4) && ipv4.startsWith('127.');
}
