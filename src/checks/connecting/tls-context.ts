import { isIP } from 'node:net';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { TlsOptions } from '../../model/config.js';
import { MAX_PEM_BYTES, readRegularFile } from '../../os/files/regular-file.js';
import { SetupError } from '../probing/probe-result.js';

/** How long a context made of files is used before they are read again: a renewed CA is seen within this time. */
const REREAD_MS = 60_000;
/** Below this the certificate's expiry is a warning. */
const EXPIRY_WARNING_DAYS = 14;
const MS_PER_DAY = 86_400_000;

/** TLS contexts by the files they are made of: making one costs more than a handshake. */
export class TlsContexts {
  readonly #contexts = new Map<string, { readonly context: SecureContext; readonly madeMs: number }>();

  /** Throws SetupError where a file can't be read or used. */
  get(options: TlsOptions): SecureContext {
    const key = `${options.caFile}\n${options.certFile}\n${options.keyFile}`;
    const known = this.#contexts.get(key);
    const nowMs = performance.now();
    if (known !== undefined && (key === NO_FILES || nowMs - known.madeMs < REREAD_MS)) return known.context;
    const context = makeContext(options);
    this.#contexts.set(key, { context, madeMs: nowMs });
    return context;
  }
}
const NO_FILES = 'null\nnull\nnull';

function makeContext(options: TlsOptions): SecureContext {
  const ca = readPem('CA file', options.caFile);
  const cert = readPem('certificate file', options.certFile);
  const key = readPem('key file', options.keyFile ?? (cert === null ? null : options.certFile));
  try {
    return createSecureContext({
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    });
  } catch (error) {
    const files = [options.caFile, options.certFile, options.keyFile].filter((file) => file !== null).join(', ');
    throw new SetupError(`the TLS files ${files} can't be used: ${(error as Error).message}`);
  }
}

function readPem(what: string, file: string | null): Buffer | null {
  if (file === null) return null;
  try {
    return readRegularFile(file, MAX_PEM_BYTES).bytes;
  } catch (error) {
    throw new SetupError(`the ${what} ${file}: ${(error as Error).message}`);
  }
}

/** The name for SNI and for the certificate's check: the configured one, else the first candidate that is no address. */
export function tlsServerName(options: TlsOptions, candidates: readonly string[]): string | null {
  if (options.serverName !== null) return options.serverName;
  return candidates.find((name) => name !== '' && isIP(name) === 0) ?? null;
}

/** `TLSv1.3, certificate expires 2027-01-31`; a warning when that is near or past. */
export function describeTls(socket: TLSSocket, nowMs: number = Date.now()): string {
  const protocol = socket.getProtocol() ?? 'TLS';
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return protocol;
  return `${protocol}, ${describeExpiry(Date.parse(certificate.validTo), nowMs)}`;
}

export function describeExpiry(expiresMs: number, nowMs: number): string {
  if (!Number.isFinite(expiresMs)) return 'certificate without a readable expiry date';
  const date = new Date(expiresMs).toISOString().slice(0, 10);
  const days = Math.floor((expiresMs - nowMs) / MS_PER_DAY);
  if (expiresMs <= nowMs) return `WARNING: certificate expired on ${date}`;
  if (days < EXPIRY_WARNING_DAYS)
    return `WARNING: certificate expires in ${days} ${days === 1 ? 'day' : 'days'}, on ${date}`;
  return `certificate expires ${date}`;
}
