import type { Probe } from '../probing/probe.js';
import { type ByteStream, type Connection, destroyConnection, socketFailure } from './connection.js';

/** What one probe does with a connection. */
export type Exchange = {
  readonly onData: (bytes: Buffer) => void;
  /** The peer has closed the connection in good order. */
  readonly onClosed: () => void;
  /** For a kept connection: goes on with a new one, where the peer had closed it before a single byte came. */
  readonly again: (() => void) | null;
  /** Frees what the exchange holds beside the connection. */
  readonly release?: () => void;
};

/**
 * Parts in which an answer may come: 256 KB, the most that is read of a body, in parts of 64 bytes. Each TLS record and each DATA
 * frame is one, and costs its reader as much as some kilobytes do.
 */
export const MAX_PARTS = 4096;

const nothing = (): void => {};

/**
 * Gives the connection to the exchange, in the place of all listeners before; the probe holds it, and ends with its errors.
 * Returns what takes it away again, when the exchange is over and the connection is to be kept.
 */
export function beginExchange(probe: Probe, connection: Connection, exchange: Exchange): () => void {
  const socket: ByteStream = connection.socket;
  const { again } = exchange;
  let parts = 0;
  const detach = (): void => {
    for (const event of ['data', 'end', 'error', 'close'] as const) socket.removeAllListeners(event);
    socket.on('error', nothing);
  };
  const free = (): void => {
    detach();
    exchange.release?.();
    destroyConnection(connection);
  };
  const onClosed = (error?: unknown): void => {
    // The peer may close a kept connection while the request is on its way: that says nothing about its health.
    if (again !== null && parts === 0) probe.replace(again);
    else if (error instanceof Error) probe.end(socketFailure(error, probe.where));
    else exchange.onClosed();
  };
  detach();
  probe.hold(free);
  socket.on('data', (bytes: Buffer) => {
    parts += 1;
    if (parts > MAX_PARTS) probe.refuse('protocol', `an answer in more than ${MAX_PARTS} parts`);
    else exchange.onData(bytes);
  });
  socket.on('end', onClosed);
  socket.on('error', onClosed);
  socket.on('close', onClosed);
  return detach;
}
