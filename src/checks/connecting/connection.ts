/** Opens the TCP or TLS connection of a probe, phase by phase, and reads what can go wrong there. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { CheckConfig, TlsOptions } from '../../model/config.js';
import type { CheckerContext, ProbeSpec } from '../../model/probe.js';
import { createMarkedTcpSocket, identityOf, resetOnClose } from '../../os/sockets/marked-socket.js';
import { isSelfConnected } from '../../os/sockets/self-connection.js';
import type { StreamSocket } from '../../os/sockets/stream-socket.js';
import { type Probe, resolveTarget } from '../probing/probe.js';
import { endingOfCode, type ProbeResult, resultOfError, unhealthy } from '../probing/probe-result.js';
import { type TlsContexts, tlsServerName } from './tls-context.js';

/** A stream of Node's: what TLS and HTTP/2 go over. */
export type NodeConnection =
  | { readonly kind: 'tcp'; readonly socket: Socket }
  | { readonly kind: 'tls'; readonly socket: TLSSocket };
/** `plain`: TCP at the least cost. */
export type Connection = NodeConnection | { readonly kind: 'plain'; readonly socket: StreamSocket };

/** What the sockets of all connections have in common. */
export interface ByteStream {
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeAllListeners(event: 'data' | 'end' | 'error' | 'close'): unknown;
  /** `done`: the kernel has taken all, or an error came. */
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): unknown;
}

export type ConnectOptions = {
  /** Null: plain TCP. */
  readonly tls: TlsOptions | null;
  /** Names to use for SNI where `server_name` is not set, best first. */
  readonly names: readonly string[];
  readonly alpn: readonly string[];
};

export const plainTcp: ConnectOptions = { tls: null, names: [], alpn: [] };

/**
 * Resolves, connects and shakes hands; then calls `ready`. The probe holds the socket, and a failure of the socket ends
 * the probe, until the caller takes both over.
 */
export function openConnection(
  probe: Probe,
  context: CheckerContext,
  contexts: TlsContexts,
  spec: ProbeSpec,
  options: ConnectOptions,
  ready: (connection: NodeConnection) => void,
): void {
  resolveTarget(probe, context, spec.host, (address) => {
    probe.phase = 'connect';
    const socket = openSocket(address, spec.port, spec);
    probe.hold(() => resetAndDestroy(socket));
    socket.on('error', nothing);
    socket.on('error', (error) => probe.fail(error));
    socket.once('connect', () => {
      const { tls } = options;
      if (isSelfConnected(socket, spec.port)) probe.end(endingOfCode('ECONNREFUSED', '', probe.where));
      else if (tls === null) probe.guard(() => ready({ kind: 'tcp', socket }));
      else probe.guard(() => startTls(probe, contexts, spec, socket, { ...options, tls }, ready));
    });
  });
}

/** Begins to connect. The socket emits its errors. */
function openSocket(address: string, port: number, spec: ProbeSpec<CheckConfig>): Socket {
  const identity = identityOf(spec);
  if (identity.mark === null && identity.source === null) return connect({ host: address, port });
  return createMarkedTcpSocket(address, identity).connect({ host: address, port });
}

const nothing = (): void => {};

/** Frees a connection at once. */
export function destroyConnection({ kind, socket }: Connection): void {
  // Of these sockets, both are reset: the plain ones are born so.
  if (kind === 'tcp') resetAndDestroy(socket);
  else socket.destroy();
}

/** Ends a connection with a reset, so that no TIME_WAIT is left of it. */
function resetAndDestroy(socket: Socket): void {
  // Not before it is connected: Node would wait for the connection, to reset it. Nor once it is shutting down, as it is
  // when the peer has closed first: libuv refuses that, and Node would leak the descriptor.
  if (socket.connecting || socket.destroyed || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** Goes on in TLS on a connection that began without it. */
export function upgradeToTls(
  probe: Probe,
  contexts: TlsContexts,
  spec: ProbeSpec,
  { socket }: NodeConnection,
  tls: TlsOptions,
  ready: (connection: NodeConnection) => void,
): void {
  startTls(probe, contexts, spec, socket, { tls, names: [], alpn: [] }, ready);
}

function startTls(
  probe: Probe,
  contexts: TlsContexts,
  spec: ProbeSpec,
  socket: Socket,
  options: ConnectOptions & { readonly tls: TlsOptions },
  ready: (connection: NodeConnection) => void,
): void {
  contexts.use(probe, spec, options.tls, (secureContext) =>
    shakeHands(probe, secureContext, spec, socket, options, ready),
  );
}

function shakeHands(
  probe: Probe,
  secureContext: SecureContext,
  spec: ProbeSpec,
  socket: Socket,
  options: ConnectOptions & { readonly tls: TlsOptions },
  ready: (connection: NodeConnection) => void,
): void {
  const { tls } = options;
  probe.phase = 'tls';
  const name = tlsServerName(tls, [...options.names, spec.host]);
  // Not resetAndDestroy: under a TLS socket it frees what the TLS layer still uses (Node 20 crashes).
  resetOnClose(socket);
  const secure = connectTls({
    socket,
    host: spec.host,
    secureContext,
    rejectUnauthorized: tls.tlsVerify,
    ...(name === null ? {} : { servername: name }),
    ...(options.alpn.length === 0 ? {} : { ALPNProtocols: [...options.alpn] }),
  });
  probe.hold(() => secure.destroy());
  secure.on('error', (error) =>
    probe.end(probe.phase === 'tls' ? tlsFailure(error, probe.where) : socketFailure(error, probe.where)),
  );
  secure.once('close', () => {
    if (probe.phase === 'tls') probe.refuse('tls', 'connection closed during the TLS handshake');
  });
  secure.once('secureConnect', () => probe.guard(() => ready({ kind: 'tls', socket: secure })));
}

/** Errors of an open connection: the kernel's, or an alert of the TLS peer. */
export function socketFailure(error: unknown, where: string): ProbeResult {
  const { code = '' } = error as { readonly code?: string };
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')
    ? tlsFailure(error, where)
    : resultOfError(error, where);
}

function tlsFailure(error: unknown, where: string): ProbeResult {
  const ending = resultOfError(error, where);
  // A reset or an end in the middle of the handshake is the TLS layer's failure to a person; our own shortages stay ours.
  if (ending.kind === 'error' && ending.shortage !== 'other') return ending;
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return unhealthy('tls', `${where}: TLS handshake failed: ${tlsReasons[code ?? ''] ?? cleanMessage(message)}`);
}

const tlsReasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in an untrusted self-signed certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'an issuer of the certificate is missing',
  ECONNRESET: 'connection reset or closed by the peer',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the peer does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the peer does not speak TLS',
};

/** OpenSSL's `40E7...:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:../file.c:1605:SSL alert number 40`. */
function cleanMessage(message: string): string {
  const parts = message.trim().split(':');
  return parts[1] === 'error' ? (parts[5] ?? message).trim() : message.trim();
}
