/** Names of unix sockets, and who listens on them. */
import { createServer, type Server } from 'node:net';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { check, errnoName, libc, SyscallError } from '../kernel/libc.js';
import { closeOwnedFd } from '../kernel/owned-fd.js';
import {
  AF_UNIX,
  bindAddress,
  closeSocket,
  makeSocket,
  openSocket,
  SOCK_STREAM,
  SOL_SOCKET,
  unixAddress,
} from '../kernel/socket-call.js';

const connect = libc.func('int connect(int fd, const uint8_t *address, uint32_t length)');
const getsockopt = libc.func('int getsockopt(int fd, int level, int name, uint8_t *value, uint32_t *length)');

const SO_PEERCRED = 17;
/** `struct ucred` of <sys/socket.h>: pid, uid, gid. */
const UCRED_BYTES = 12;

/** The process that called `listen`; `pid` 0 = in a namespace that is not seen from here. */
export type UnixPeer = { readonly pid: number; readonly uid: number };

/**
 * Null: nobody listens there. `busy`: somebody does, with a full queue. Asks by connecting, without ever waiting.
 * @throws SyscallError
 */
export function listenerOf(path: string): UnixPeer | 'busy' | null {
  const fd = openSocket(AF_UNIX, SOCK_STREAM, 0);
  try {
    const address = unixAddress(path);
    if (connect(fd, address, address.length) === 0) return credentialsOf(fd);
    const code = errnoName();
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return null;
    if (code === 'EAGAIN') return 'busy';
    throw new SyscallError(`connect to ${path}`);
  } finally {
    closeOwnedFd(fd);
  }
}

function credentialsOf(fd: number): UnixPeer {
  const bytes = new Uint8Array(UCRED_BYTES);
  check('getsockopt(SO_PEERCRED)', getsockopt(fd, SOL_SOCKET, SO_PEERCRED, bytes, Uint32Array.of(bytes.length)));
  const view = new DataView(bytes.buffer);
  return { pid: view.getInt32(0, HOST_LITTLE_ENDIAN), uid: view.getUint32(4, HOST_LITTLE_ENDIAN) };
}

/**
 * Holds a name of the abstract namespace (unix(7)), which is this network namespace's, until the server is closed or the thread
 * ends. Null: somebody else has it. Not by Node.js alone, whose versions spell one name differently.
 * @throws SyscallError
 */
export async function holdName(name: string): Promise<Server | null> {
  const fd = makeSocket(AF_UNIX, SOCK_STREAM);
  try {
    bindAddress(fd, unixAddress(`\0${name}`));
  } catch (error) {
    closeSocket(fd);
    if (error instanceof SyscallError && error.code === 'EADDRINUSE') return null;
    throw error;
  }
  // Who asks whose it is has connected, and would wait in the queue for ever.
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ fd }, resolve));
  return server;
}
