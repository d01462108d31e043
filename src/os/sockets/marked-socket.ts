/**
 * Sockets with a firewall mark or a source address, made by the C library and handed to libuv.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { isIPv6, Socket } from 'node:net';
import { encodeSockaddr } from '../kernel/sockaddr.js';
import {
  AF_INET,
  AF_INET6,
  bindAddress,
  closeSocket,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  lingerZero,
  makeSocket,
  SO_LINGER,
  SO_MARK,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  setOption,
  tryOption,
} from '../kernel/socket-call.js';
import { localAddressTowards } from './local-address.js';

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
  tryOption(fd, SOL_SOCKET, SO_LINGER, lingerZero());
}

function createDescriptor(target: string, type: number, identity: SocketIdentity): number {
  const fd = makeSocket(isIPv6(target) ? AF_INET6 : AF_INET, type);
  try {
    if (identity.mark !== null) setOption(fd, SOL_SOCKET, SO_MARK, identity.mark, 'SO_MARK');
    if (identity.source !== null) {
      if (type === SOCK_STREAM) tryOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
      bindAddress(fd, encodeSockaddr(identity.source, 0));
    }
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}
