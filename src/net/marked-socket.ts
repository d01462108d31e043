/**
 * Sockets with a firewall mark or a source address, made by the C library and handed to libuv.
 * Layouts: `struct sockaddr_in` and `sockaddr_in6` of <netinet/in.h>, options of <asm-generic/socket.h> and <linux/in.h>.
 */

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { isIPv6, Socket } from 'node:net';
import { check, libc } from './libc.js';
import { localAddressTowards } from './local-address.js';
import { encodeSockaddr } from './sockaddr.js';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SO_MARK = 36;
const IPPROTO_IP = 0;
/** Lets the kernel pick the source port at connect, so that one port serves many destinations. */
const IP_BIND_ADDRESS_NO_PORT = 24;

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const close = libc.func('int close(int fd)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)');

/** What makes a probe's socket differ from an ordinary one. */
export type SocketIdentity = { readonly mark: number | null; readonly source: string | null };

/** The identity that a probe is to have: its own source, or (behind a mark) the one towards the backend. */
export function identityOf(spec: {
  readonly host: string;
  readonly mark: number | null;
  readonly via?: string;
  readonly check: { readonly source: string | null };
}): SocketIdentity {
  const { mark, via, host } = spec;
  // A tunnel may lead to a backend of the other family: then there is no such address.
  const sameFamily = via !== undefined && isIPv6(via) === isIPv6(host);
  return { mark, source: spec.check.source ?? (sameFamily ? localAddressTowards(via) : null) };
}

/** An unconnected TCP socket towards an address of `target`'s family. Throws `SyscallError`: EPERM without CAP_NET_ADMIN. */
export function createMarkedTcpSocket(target: string, identity: SocketIdentity): Socket {
  return new Socket({ fd: createDescriptor(target, SOCK_STREAM, identity) });
}

/** The same for UDP: open, not connected. */
export function createMarkedUdpSocket(target: string, identity: SocketIdentity): DatagramSocket {
  const fd = createDescriptor(target, SOCK_DGRAM, identity);
  // Exclusive: in a worker of node:cluster the descriptor would be asked for at the primary process.
  return createSocket(isIPv6(target) ? 'udp6' : 'udp4').bind({ fd, exclusive: true });
}

/** Makes the next close of a connected socket a reset: no TIME_WAIT is left behind. Sockets without a descriptor are left alone. */
export function resetOnClose(connected: Socket): void {
  const fd = (connected as unknown as { readonly _handle?: { readonly fd?: number } })._handle?.fd;
  if (fd === undefined || fd < 0) return;
  // struct linger { int l_onoff = 1; int l_linger = 0; }
  setsockopt(fd, SOL_SOCKET, SO_LINGER, LINGER_ZERO, LINGER_ZERO.length);
}
const LINGER_ZERO = Buffer.from(Int32Array.of(1, 0).buffer);

function createDescriptor(target: string, type: number, identity: SocketIdentity): number {
  const domain = isIPv6(target) ? AF_INET6 : AF_INET;
  const fd = check('socket', socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  try {
    if (identity.mark !== null) {
      const mark = Buffer.from(Uint32Array.of(identity.mark).buffer);
      check('setsockopt SO_MARK', setsockopt(fd, SOL_SOCKET, SO_MARK, mark, mark.length));
    }
    if (identity.source !== null) {
      if (type === SOCK_STREAM) {
        const on = Buffer.from(Int32Array.of(1).buffer);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on, on.length);
      }
      const address = encodeSockaddr(identity.source, 0);
      check('bind', bind(fd, address, address.length));
    }
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
