/** Opens the listeners of services, and says precisely why one cannot be opened. */
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import type { TableService } from '../../model/dataplane/table.js';
import { hostPort } from '../../model/ip-address.js';
import { bindFree } from '../../os/sockets/freebind.js';
import { LISTEN_BACKLOG } from './proxy-limits.js';

export type Address = { readonly address: string; readonly port: number };

/** An address that VRRP brings may be bound before it is there: a backup must be ready when it becomes master. */
export type IsVirtual = (address: string) => boolean;

/** A service that cannot be listened for; `message` says which, where, why, and what to do. */
export class ListenError extends Error {
  readonly code: string;
  constructor(service: TableService, { address, port }: Address, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'ERR_LISTEN';
    const what = `service ${service.name ?? service.key} cannot listen on ${service.match.protocol} ${hostPort(address, port)}`;
    super(`${what}: ${code}: ${advice(code)}`);
    this.code = code;
  }
}

function advice(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there; stop it, or give the service another address or port';
    case 'EADDRNOTAVAIL':
      return 'no interface of this machine has that address; add it, or declare it in vrrp.instances.addresses';
    case 'EACCES':
    case 'EPERM':
      return 'ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE; grant it, or use a higher port';
    case 'EMFILE':
    case 'ENFILE':
      return 'the process is out of file descriptors; raise its limit (LimitNOFILE)';
    default:
      return 'the kernel refused';
  }
}

export function listenTcp(server: Server, service: TableService, where: Address, isVirtual: IsVirtual): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown) => reject(new ListenError(service, where, cause));
    const options = isVirtual(where.address)
      ? { fd: tryBind('tcp', where, refuse) }
      : { host: where.address, port: where.port, ipv6Only: true };
    if (options.fd === null) return;
    server.once('error', refuse);
    server.listen({ ...options, backlog: LISTEN_BACKLOG } as Parameters<Server['listen']>[0], () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

export function listenUdp(
  socket: DatagramSocket,
  service: TableService,
  where: Address,
  isVirtual: IsVirtual,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown) => reject(new ListenError(service, where, cause));
    const options = isVirtual(where.address)
      ? { fd: tryBind('udp', where, refuse) }
      : { address: where.address, port: where.port };
    if (options.fd === null) return;
    socket.once('error', refuse);
    socket.bind(options as Parameters<DatagramSocket['bind']>[0] & object, () => {
      socket.off('error', refuse);
      resolve();
    });
  });
}

function tryBind(protocol: 'tcp' | 'udp', where: Address, refuse: (cause: unknown) => void): number | null {
  try {
    return bindFree(protocol, where.address, where.port);
  } catch (error) {
    refuse(error);
    return null;
  }
}
