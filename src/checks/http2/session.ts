/** HTTP/2 sessions of probes: over TLS by ALPN, or with prior knowledge; kept between probes where asked. */
import { type ClientHttp2Session, connect } from 'node:http2';
import type { TlsOptions } from '../../model/config.js';
import type { CheckerContext, ProbeSpec } from '../../model/probe.js';
import { resetOnClose } from '../../os/sockets/marked-socket.js';
import { SessionMeter } from '../../os/sockets/session-meter.js';
import { type NodeConnection, openConnection } from '../connecting/connection.js';
import { connectionKey, IdlePool, keepMsOf } from '../connecting/idle-pool.js';
import { describeTls, type TlsContexts } from '../connecting/tls-context.js';
import type { Probe } from '../probing/probe.js';

/** What a peer may make a session keep: header lists, and frames in flight. */
const MAX_HEADER_LIST_BYTES = 64 * 1024;
/** Of nghttp2's own memory, in megabytes: the least that Node can be told. */
const MAX_SESSION_MEMORY_MB = 1;
/** From one probe to the next: a body as far as it is read, headers, and what was on its way when the reader had enough. */
const MAX_SESSION_BYTES = 512 * 1024;

export type Http2Target = {
  /** Null: h2c with prior knowledge. */
  readonly tls: TlsOptions | null;
  /** Host names of the check, best first, for SNI. */
  readonly names: readonly string[];
  readonly keepAlive: boolean;
};

export type Http2Session = {
  readonly session: ClientHttp2Session;
  readonly connection: NodeConnection;
  /** What is known of TLS, for messages; empty for h2c. */
  readonly tls: string;
  /** It has served a probe before. */
  readonly reused: boolean;
};

export class Http2Sessions {
  readonly #context: CheckerContext;
  readonly #contexts: TlsContexts;
  readonly #pool = new IdlePool<Http2Session>(destroySession);
  readonly #meter = new SessionMeter(MAX_SESSION_BYTES);

  constructor(context: CheckerContext, contexts: TlsContexts) {
    this.#context = context;
    this.#contexts = contexts;
  }

  /** A kept session, if there is one; the caller owns it and puts it back. */
  take(spec: ProbeSpec, target: Http2Target): Http2Session | undefined {
    if (!target.keepAlive) return undefined;
    const kept = this.#pool.take(connectionKey(spec, target.tls, target.names));
    if (kept === undefined) return undefined;
    removeListeners(kept);
    this.begin(kept);
    return { ...kept, reused: true };
  }

  /** A probe begins on a session that its holder has kept by himself. */
  begin({ session }: Http2Session): void {
    this.#meter.begin(session);
  }

  /** Opens one; the probe holds its connection, and ends if it can't be opened. */
  open(probe: Probe, spec: ProbeSpec, target: Http2Target, ready: (session: Http2Session) => void): void {
    const { tls, names } = target;
    const options = { tls, names, alpn: tls === null ? [] : ['h2'] };
    openConnection(probe, this.#context, this.#contexts, spec, options, (connection) => {
      if (connection.kind === 'tls' && connection.socket.alpnProtocol !== 'h2') {
        probe.refuse('protocol', 'does not speak HTTP/2 over TLS: ALPN agreed on nothing');
        return;
      }
      resetOnClose(connection.socket);
      const session = connect('http://target', {
        createConnection: () => connection.socket,
        maxSessionMemory: MAX_SESSION_MEMORY_MB,
        settings: { enablePush: false, maxHeaderListSize: MAX_HEADER_LIST_BYTES },
      });
      session.on('error', nothing);
      this.#meter.add(session, connection.socket);
      const description = connection.kind === 'tls' ? describeTls(connection.socket) : '';
      ready({ session, connection, tls: description, reused: false });
    });
  }

  /** Keeps a session for the next probe where the target wants that and it is still good, or ends it. */
  putBack(spec: ProbeSpec, target: Http2Target, kept: Http2Session): void {
    removeListeners(kept);
    const { session } = kept;
    if (!target.keepAlive || session.closed || session.destroyed) {
      destroySession(kept);
      return;
    }
    const key = connectionKey(spec, target.tls, target.names);
    const discard = (): void => {
      this.#pool.drop(key, kept);
      destroySession(kept);
    };
    for (const event of ['goaway', 'close', 'error']) session.on(event, discard);
    this.#pool.put(key, kept, keepMsOf(spec));
  }

  close(): void {
    this.#pool.close();
    this.#meter.close();
  }
}

export function destroySession({ session, connection }: Http2Session): void {
  session.destroy();
  // With the linger option set above this is a reset.
  connection.socket.destroy();
}

function removeListeners({ session }: Http2Session): void {
  for (const event of ['goaway', 'close', 'error']) session.removeAllListeners(event);
  session.on('error', nothing);
}

const nothing = (): void => {};
