import type { Checker, CheckerContext, ProbeSpec } from '../../model/probe.js';
import { type ByteStream, type Connection, socketFailure } from '../connecting/connection.js';
import { Connector } from '../connecting/connector.js';
import { describeTls } from '../connecting/tls-context.js';
import { createChecker, type Probe } from '../probing/probe.js';
import { healthy, quoteBytes } from '../probing/probe-result.js';
import type { TcpCheck } from './index.js';
import { createTcpConnectChecker, isConnectOnly } from './tcp-connect.js';

/** Connects, over TLS where asked; sends all of `send`; reads as many bytes as `receive` has, and compares. */
export function createTcpChecker(context: CheckerContext): Checker<TcpCheck> {
  const connectOnly = createTcpConnectChecker(context);
  const conversation = createConversationChecker(context);
  return {
    prepare: (spec, owner) => (isConnectOnly(spec.check) ? connectOnly : conversation).prepare(spec, owner),
    close() {
      connectOnly.close();
      conversation.close();
    },
  };
}

function createConversationChecker(context: CheckerContext): Checker<TcpCheck> {
  const connector = new Connector(context);
  return createChecker(
    context,
    (probe, spec) => {
      const { check } = spec;
      const peerSpeaksFirst = check.send === null || check.send.length === 0;
      const options = { tls: check.tls ? check : null, names: [], alpn: [], peerSpeaksFirst };
      connector.open(probe, spec, options, (connection) => converse(probe, spec, connection));
    },
    () => connector.close(),
  );
}

function converse(probe: Probe, spec: ProbeSpec<TcpCheck>, connection: Connection): void {
  const { send, receive } = spec.check;
  const socket: ByteStream = connection.socket;
  const suffix = connection.kind === 'tls' ? `, ${describeTls(connection.socket)}` : '';
  const wanted = receive ?? new Uint8Array();
  const sending = send !== null && send.length > 0;
  if (wanted.length === 0 && !sending) {
    // A turn later: our last message of the handshake is out by then, and the peer does not log one that broke off.
    setImmediate(() => probe.end(healthy(`connected${suffix}`)));
    return;
  }
  if (wanted.length > 0) expectBytes(probe, socket, wanted, `received what was expected${suffix}`);
  else socket.on('close', () => probe.refuse('closed', 'connection closed while sending'));
  if (!sending) {
    probe.phase = 'receive';
    return;
  }
  probe.phase = 'send';
  socket.write(send, (error) => {
    if (error) probe.guard(() => probe.end(socketFailure(error, probe.where)));
    else if (wanted.length === 0) probe.end(healthy(`connected and sent ${send.length} bytes${suffix}`));
    else if (probe.phase === 'send') probe.phase = 'receive';
  });
}

/** Decides at the first byte that differs, or when all have come. */
function expectBytes(probe: Probe, socket: ByteStream, wanted: Uint8Array, message: string): void {
  const received = Buffer.alloc(wanted.length);
  let count = 0;
  socket.on('data', (chunk: Buffer) => {
    const copied = chunk.copy(received, count);
    const good = received.subarray(count, count + copied).equals(wanted.subarray(count, count + copied));
    count += copied;
    if (!good) {
      const got = quoteBytes(received.subarray(0, count));
      probe.refuse('mismatch', `received ${got}, expected ${quoteBytes(wanted)}`);
    } else if (count === wanted.length) {
      probe.end(healthy(message));
    }
  });
  const closed = (): void =>
    probe.refuse('closed', `connection closed after ${count} of the ${wanted.length} bytes expected`);
  socket.on('end', closed);
  socket.on('close', closed);
}

export { createTcpChecker as create };
