/**
 * Whether a socket that seems to have ended was reset. When a reset comes right behind data, libuv (1.51, src/unix/stream.c,
 * uv__stream_io) reports the data and then an ordinary end; the kernel still knows better: SO_ERROR, socket(7).
 */
import type { Socket } from 'node:net';
import { libc } from './libc.js';

const SOL_SOCKET = 1;
const SO_ERROR = 4;

const getsockopt = libc.func('int getsockopt(int fd, int level, int name, _Out_ int *value, _Inout_ uint32_t *length)');

/** The errno that waits on the socket, which this call takes; 0 = none, or not to be had. */
export function pendingError(socket: Socket): number {
  // Not documented, but in every Node.js since the first: the descriptor of a socket's handle.
  const fd = (socket as unknown as { readonly _handle: { readonly fd?: number } | null })._handle?.fd ?? -1;
  if (fd < 0) return 0;
  const value = [0];
  const length = [4];
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, value, length) === 0 ? (value[0] ?? 0) : 0;
}
