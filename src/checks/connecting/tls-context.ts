import { isIP } from 'node:net';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { TlsOptions } from '../../model/config.js';
import type { CheckerContext, FileReading, ProbeSpec } from '../../model/probe.js';
import { msFromNs, NS_PER_S } from '../../model/units.js';
import type { Probe } from '../probing/probe.js';
import { ourError, SetupError } from '../probing/probe-result.js';

/** How long a context made of files is used before they are read again: a renewed CA is seen within this time. */
const REREAD_NS = 60 * NS_PER_S;
/** Which part of a probe's time its files may take: a probe that times out for them would be laid to its target. */
const PATIENCE = 0.9;
/** Below this the certificate's expiry is a warning. */
const EXPIRY_WARNING_DAYS = 14;
const MS_PER_DAY = 86_400_000;

type Known = { readonly context: SecureContext; readNs: number };
type FileContext = Pick<CheckerContext, 'now' | 'readFile'>;
type TlsFiles = Pick<TlsOptions, 'caFile' | 'certFile' | 'keyFile'>;

/** TLS contexts by the files they are made of: making one costs more than a handshake. */
export class TlsContexts {
  readonly #context: FileContext;
  readonly #known = new Map<string, Known>();
  readonly #making = new Map<string, Promise<SecureContext>>();

  constructor(context: FileContext) {
    this.#context = context;
  }

  /** Goes on with the context: at once where there is one. */
  use(probe: Probe, { check }: ProbeSpec, options: TlsOptions, then: (context: SecureContext) => void): void {
    const context = this.get(options);
    if (!(context instanceof Promise)) {
      then(context);
      return;
    }
    const impatience = setTimeout(
      () => probe.end(ourError('other', `the TLS files ${namesOf(options)} are not read yet`)),
      msFromNs(check.timeoutNs) * PATIENCE,
    );
    context
      .finally(() => clearTimeout(impatience))
      .then(
        (made) => probe.guard(() => then(made)),
        (error: unknown) => probe.fail(error),
      );
  }

  /** Files are read again now and then; until that has ended, what they held before is used. Rejects with SetupError. */
  get(options: TlsOptions): SecureContext | Promise<SecureContext> {
    const key = `${options.caFile}\n${options.certFile}\n${options.keyFile}`;
    const known = this.#known.get(key);
    if (known === undefined) {
      return namesOf(options) === '' ? this.#keep(key, createSecureContext()) : this.#make(key, options);
    }
    const nowNs = this.#context.now();
    if (namesOf(options) !== '' && nowNs - known.readNs >= REREAD_NS) {
      known.readNs = nowNs;
      this.#make(key, options).catch(() => {});
    }
    return known.context;
  }

  #keep(key: string, context: SecureContext): SecureContext {
    this.#known.set(key, { context, readNs: this.#context.now() });
    return context;
  }

  #make(key: string, files: TlsFiles): Promise<SecureContext> {
    const under = this.#making.get(key);
    if (under !== undefined) return under;
    const making = this.#read(files)
      .then((pem) => this.#keep(key, contextOf(files, pem)))
      .catch((error: unknown) => {
        // What a file system that hangs holds is not known: what was read before is used.
        if (!(error instanceof LateFile)) this.#known.delete(key);
        throw error;
      })
      .finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  async #read({ caFile, certFile, keyFile }: TlsFiles): Promise<Pem> {
    const read = async (what: string, file: string | null) =>
      file === null ? null : bytesOf(`the ${what} ${file}`, await this.#context.readFile(file));
    const [ca, cert, key] = await Promise.all([
      read('CA file', caFile),
      read('certificate file', certFile),
      read('key file', keyFile ?? certFile),
    ]);
    return { ca, cert, key };
  }
}

type Pem = { readonly [part in 'ca' | 'cert' | 'key']: Buffer | null };

class LateFile extends SetupError {}

function bytesOf(what: string, reading: FileReading): Buffer {
  if (reading.kind === 'read') return Buffer.from(reading.bytes);
  const message = `${what}: ${reading.why}`;
  throw reading.kind === 'late' ? new LateFile(message) : new SetupError(message);
}

const namesOf = ({ caFile, certFile, keyFile }: TlsFiles): string =>
  [caFile, certFile, keyFile].filter((file) => file !== null).join(', ');

function contextOf(files: TlsFiles, { ca, cert, key }: Pem): SecureContext {
  try {
    return createSecureContext({
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    });
  } catch (error) {
    throw new SetupError(`the TLS files ${namesOf(files)} can't be used: ${(error as Error).message}`);
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
