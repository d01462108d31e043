import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isSelfConnected } from '../../../os/sockets/self-connection.js';
import type { AgentRequest } from '../request-line.js';
import type { ChannelSettings } from '../settings.js';
import type { Resolve } from './resolver.js';

export type Connected =
  | { readonly kind: 'connected'; readonly socket: Socket }
  | { readonly kind: 'failed'; readonly cause: 'unreachable' | 'timeout' | 'forbidden'; readonly reason: string };

/**
 * Opens TCP, and TLS where the request says so, within the connect timeout. Calls `done` once, never before it returns.
 * The address that is connected to is the one that was compared with the rules: a name is resolved once.
 */
export function connect(
  request: AgentRequest,
  settings: ChannelSettings,
  resolve: Resolve,
  done: (connected: Connected) => void,
): void {
  let phase = 'resolve';
  let socket: Socket | null = null;
  let ended = false;
  const end = (connected: Connected): void => {
    if (ended) {
      if (connected.kind === 'connected') connected.socket.destroy();
      return;
    }
    ended = true;
    clearTimeout(timer);
    if (connected.kind === 'failed') socket?.destroy();
    setImmediate(done, connected);
  };
  const fail = (cause: 'unreachable' | 'timeout' | 'forbidden', reason: string): void =>
    end({ kind: 'failed', cause, reason });
  const timer = setTimeout(
    () => fail('timeout', `no connection within ${settings.connectTimeoutMs} ms (${phase})`),
    settings.connectTimeoutMs,
  );

  resolve(request.host, (error, addresses) => {
    if (ended) return;
    if (error !== null) return fail('unreachable', `the name cannot be resolved: ${codeOf(error)}`);
    const allowed = addresses.filter((address) => settings.allowTargets.allows(address));
    if (allowed.length === 0) return fail('forbidden', 'allow_targets does not allow this target');
    phase = 'connect';
    socket = connectTcp({
      host: request.host,
      port: request.port,
      noDelay: true,
      // Happy eyeballs over the allowed addresses alone.
      lookup: (_host, _options, callback) =>
        callback(
          null,
          allowed.map((address) => ({ address, family: isIP(address) })),
        ),
    });
    socket.on('error', (failure) => fail('unreachable', `${phase}: ${messageOf(failure)}`));
    socket.once('connect', () => {
      const plain = socket as Socket;
      if (isSelfConnected(plain, request.port)) {
        // In Node's words.
        return fail('unreachable', `connect: connect ECONNREFUSED ${plain.remoteAddress}:${request.port}`);
      }
      if (!request.tls) return end({ kind: 'connected', socket: plain });
      phase = 'tls';
      const secure = connectTls({ socket: plain, ...tlsOptions(request, settings) }, () => {
        if (secure.alpnProtocol !== 'h2') return fail('unreachable', 'tls: the server does not offer HTTP/2 (ALPN h2)');
        end({ kind: 'connected', socket: secure });
      });
      secure.on('error', (failure) => fail('unreachable', `tls: ${messageOf(failure)}`));
    });
  });
}

function tlsOptions({ authority }: AgentRequest, { tls }: ChannelSettings) {
  const name = hostOf(authority);
  return {
    ALPNProtocols: ['h2'],
    rejectUnauthorized: tls.verify,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    // An address is no server name (RFC 6066); the certificate is compared with it all the same.
    ...(isIP(name) === 0 ? { servername: name } : { host: name }),
  };
}

/** An authority without its port and its brackets. */
function hostOf(authority: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(authority)?.[1];
  if (bracketed !== undefined) return bracketed;
  return isIP(authority) === 6 ? authority : authority.replace(/:\d*$/, '');
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;

/** Of several addresses that were tried, what each said. */
function messageOf(error: Error): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(codeOf))].join(', ');
  return error.message;
}
