import type { TcpCheck } from '../config/model.js';
import { StreamSockets } from '../net/stream-socket.js';
import type { Checker, CheckerContext, ProbeSpec } from './checker.js';
import { type ByteStream, type Connection, openConnection, openPlain, socketFailure } from './connection.js';
import { healthy, quoteBytes } from './ending.js';
import { createChecker, type Probe } from './probe.js';
import { createTcpConnectChecker, isConnectOnly } from './tcp-connect.js';
import { describeTls, TlsContexts } from './tls-context.js';

/** Connects, over TLS where asked; sends all of `send`; reads as many bytes as `receive` has, and compares. */
export function createTcpChecker(context: CheckerContext): Checker<TcpCheck> {
  const connectOnly = createTcpConnectChecker(context);
  const conversation = createConversationChecker(context);
  return {
    start: (spec, done) => (isConnectOnly(spec.check) ? connectOnly : conversation).start(spec, done),
    prepare: (spec, done) =>
      isConnectOnly(spec.check) ? connectOnly.prepare(spec, done) : { start: () => conversation.start(spec, done) },
    close() {
      connectOnly.close();
      conversation.close();
    },
  };
}

function createConversationChecker(context: CheckerContext): Checker<TcpCheck> {
  const contexts = new TlsContexts();
  const sockets = new StreamSockets();
  return createChecker(
    context,
    (probe, spec) => {
      const { check } = spec;
      const ready = (connection: Connection): void => converse(probe, spec, connection);
      const options = { tls: check, names: [], alpn: [] };
      if (check.tls) openConnection(probe, context, contexts, spec, options, ready);
      else openPlain(probe, context, sockets, spec, ready, check.send === null || check.send.length === 0);
    },
    () => sockets.close(),
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
