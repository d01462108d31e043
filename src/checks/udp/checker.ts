import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Checker, CheckerContext, ProbeSpec } from '../../model/probe.js';
import { createMarkedUdpSocket, identityOf } from '../../os/sockets/marked-socket.js';
import { createChecker, type Probe, resolveTarget } from '../probing/probe.js';
import { healthy, quoteBytes, unhealthy } from '../probing/probe-result.js';
import type { UdpCheck } from './index.js';

/**
 * A probe passes over so many datagrams that do not fit its question. Somebody who forges them has to guess its port; a target
 * that sends more is not well, and would keep this thread busy until the timeout.
 */
export const MAX_IGNORED_DATAGRAMS = 1000;

/** Sends one datagram (even an empty one) and needs one answer, which must begin with `receive`. */
export function createUdpChecker(context: CheckerContext): Checker<UdpCheck> {
  return createChecker(context, (probe, spec) => {
    resolveTarget(probe, context, spec.host, (address) => {
      openDatagramSocket(probe, spec, address, (socket) => {
        socket.on('message', (datagram) => judge(probe, spec.check.receive, datagram));
        socket.send(spec.check.send, (error) => {
          if (error !== null) probe.fail(error);
        });
        probe.phase = 'receive';
      });
    });
  });
}

/** With Seesaw's truncation: what comes after the expected bytes does not matter. */
function judge(probe: Probe, expected: Uint8Array, datagram: Buffer): void {
  if (datagram.subarray(0, expected.length).equals(expected)) {
    probe.end(healthy(`answered with ${datagram.length} bytes`));
  } else {
    const message = `${probe.where}: received ${quoteBytes(datagram)}, expected ${quoteBytes(expected)}`;
    probe.end(unhealthy('mismatch', message));
  }
}

/**
 * A UDP socket connected to the target: the kernel drops what others send to it, and reports a closed port as an error.
 * The probe holds it.
 */
export function openDatagramSocket(
  probe: Probe,
  spec: ProbeSpec,
  address: string,
  ready: (socket: Socket) => void,
): void {
  probe.phase = 'connect';
  const identity = identityOf(spec);
  const socket =
    identity.mark === null && identity.source === null
      ? createSocket(isIPv6(address) ? 'udp6' : 'udp4')
      : createMarkedUdpSocket(address, identity);
  probe.hold(() => closeQuietly(socket));
  socket.on('error', (error) => probe.fail(error));
  socket.connect(spec.port, address, (error?: Error) =>
    probe.guard(() => {
      if (error !== undefined) probe.fail(error);
      else if (isOwn(socket, spec.port, address)) probe.refuse('refused', 'connection refused');
      else ready(socket);
    }),
  );
}

function closeQuietly(socket: Socket): void {
  socket.removeAllListeners('message');
  socket.close();
}

/**
 * A port of this host that nobody has may be given to the very socket that is to ask there, and would then answer with its own
 * question. So nobody else is there.
 */
function isOwn(socket: Socket, port: number, address: string): boolean {
  const own = socket.address();
  return own.port === port && own.address === address;
}

export { createUdpChecker as create };
