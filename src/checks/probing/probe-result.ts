/** How a probe's story ends, before its duration is known, and how system errors read as one. */
import { MissingPrivilegeError } from '../../model/errors.js';
import type { CheckWeight, FailureCause, Outcome, Shortage } from '../../model/probe.js';
import { ownFault } from './local-fault.js';

type WithoutDuration<T> = T extends unknown ? Omit<T, 'durationNs'> : never;
export type ProbeResult = WithoutDuration<Outcome>;

export const healthy = (message: string, weight?: CheckWeight): ProbeResult =>
  weight === undefined ? { kind: 'healthy', message } : { kind: 'healthy', message, weight };
export const unhealthy = (cause: FailureCause, message: string): ProbeResult => ({ kind: 'unhealthy', cause, message });
export const ourError = (shortage: Shortage, message: string): ProbeResult => ({ kind: 'error', shortage, message });

/** A failure with the place where it happened in front. */
export const located = (ending: ProbeResult, where: string): ProbeResult =>
  ending.kind === 'healthy' ? ending : { ...ending, message: `${where}: ${ending.message}` };

/** A fault in how the check is set up here (a missing file, an impossible header), found while it runs. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** A name without an address. `no-answer`: no DNS server said so, which is no fault of the target. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError';
  readonly kind: 'no-such-name' | 'no-answer';
  constructor(kind: ResolveError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

const causes: Readonly<Record<string, readonly [FailureCause, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ECONNRESET: ['reset', 'connection reset by the peer'],
  ECONNABORTED: ['reset', 'connection aborted'],
  EPIPE: ['closed', 'connection closed by the peer'],
  EHOSTUNREACH: ['unreachable', 'host unreachable'],
  ENETUNREACH: ['unreachable', 'network unreachable'],
  EHOSTDOWN: ['unreachable', 'host down'],
  ENETDOWN: ['unreachable', 'network down'],
  ENOPROTOOPT: ['unreachable', 'protocol unreachable'],
  EPROTO: ['protocol', 'protocol error'],
  ETIMEDOUT: ['timeout', 'the kernel gave up connecting'],
};

/** Reads an error of a socket, towards `where` (such as `10.0.0.1:80`). What nobody can attribute is taken as ours. */
export function resultOfError(error: unknown, where: string): ProbeResult {
  if (error instanceof SetupError) return ourError('other', error.message);
  if (error instanceof MissingPrivilegeError) return ourError('privilege', error.message);
  if (error instanceof ResolveError) {
    return error.kind === 'no-such-name' ? unhealthy('resolve', error.message) : ourError('other', error.message);
  }
  const { code = '', message = String(error) } = error as { readonly code?: string; readonly message?: string };
  return endingOfCode(code, message, where);
}

/** The same of an errno's name, such as ECONNREFUSED; `message` is for one that nobody can attribute. */
export function endingOfCode(code: string, message: string, where: string): ProbeResult {
  const fault = ownFault(code);
  if (fault !== null) return ourError(fault.shortage, fault.message);
  const known = causes[code];
  if (known !== undefined) return unhealthy(known[0], `${where}: ${known[1]}`);
  return ourError('other', `${where}: ${message}`);
}

/** Longest part of a peer's bytes that is quoted in a message. */
const MAX_QUOTED_BYTES = 40;

/** A peer's bytes for a message: printable ASCII, the rest as C escapes, cut to 40 bytes. */
export function quoteBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes.subarray(0, MAX_QUOTED_BYTES)) text += quoteByte(byte);
  return `"${text}"${bytes.length > MAX_QUOTED_BYTES ? '...' : ''}`;
}

function quoteByte(byte: number): string {
  if (byte === 0x0d) return '\\r';
  if (byte === 0x0a) return '\\n';
  if (byte === 0x09) return '\\t';
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
}
