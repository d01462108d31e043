/** Opens the listeners of services, and says precisely why one cannot be opened. */
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import type { TableService } from '../../model/dataplane/table.js';
import { hostPort } from '../../model/ip-address.js';
import type { KeptSocket } from '../../os/sockets/kept-sockets.js';
import { LISTEN_BACKLOG } from './proxy-limits.js';

export type Address = { readonly address: string; readonly port: number };

/** @throws SyscallError */
export type Bind = (where: Address) => KeptSocket;

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

/** Resolves with what lets the address go, when the server listens. */
export function listenTcp(server: Server, service: TableService, where: Address, bind: Bind): Promise<() => void> {
  return listening(server, service, where, bind, (fd, then) => server.listen({ fd, backlog: LISTEN_BACKLOG }, then));
}

export function listenUdp(
  socket: DatagramSocket,
  service: TableService,
  where: Address,
  bind: Bind,
): Promise<() => void> {
  return listening(socket, service, where, bind, (fd, then) => socket.bind({ fd }, then));
}

function listening(
  emitter: Server | DatagramSocket,
  service: TableService,
  where: Address,
  bind: Bind,
  listen: (fd: number, then: () => void) => void,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown) => reject(new ListenError(service, where, cause));
    let kept: KeptSocket;
    try {
      kept = bind(where);
    } catch (error) {
      return refuse(error);
    }
    const failed = (error: unknown): void => {
      kept.release();
      refuse(error);
    };
    emitter.once('error', failed);
    listen(kept.fd, () => {
      emitter.off('error', failed);
      resolve(kept.release);
    });
  });
}
