import type { CheckerContext, ProbeSpec } from '../../model/probe.js';
import { identityOf } from '../../os/sockets/marked-socket.js';
import { StreamSockets } from '../../os/sockets/stream-socket.js';
import { type Probe, resolveTarget } from '../probing/probe.js';
import { type Connection, type ConnectOptions, openConnection } from './connection.js';
import { TlsContexts } from './tls-context.js';

type Options = ConnectOptions & {
  /** Nothing is sent before something came: the peer is not kept waiting for the end of the handshake. */
  readonly peerSpeaksFirst?: boolean;
};

/** Opens the connections of one checker: over TLS through Node's streams, plain TCP at the least cost. */
export class Connector {
  readonly #context: CheckerContext;
  readonly #contexts: TlsContexts;
  readonly #sockets = new StreamSockets();

  constructor(context: CheckerContext, contexts = new TlsContexts(context)) {
    this.#context = context;
    this.#contexts = contexts;
  }

  /** As `openConnection`. */
  open(probe: Probe, spec: ProbeSpec, options: Options, ready: (connection: Connection) => void): void {
    if (options.tls === null) this.#openPlain(probe, spec, options.peerSpeaksFirst === true, ready);
    else openConnection(probe, this.#context, this.#contexts, spec, options, ready);
  }

  /** For when all connections are destroyed. */
  close(): void {
    this.#sockets.close();
  }

  #openPlain(probe: Probe, spec: ProbeSpec, peerSpeaksFirst: boolean, ready: (connection: Connection) => void): void {
    resolveTarget(probe, this.#context, spec.host, (address) => {
      probe.phase = 'connect';
      const socket = this.#sockets.open(address, spec.port, identityOf(spec), peerSpeaksFirst);
      probe.hold(() => socket.destroy());
      socket.on('error', (error) => probe.fail(error));
      socket.connect(() => probe.guard(() => ready({ kind: 'plain', socket })));
    });
  }
}
