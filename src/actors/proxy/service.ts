import type { TableService } from '../../model/dataplane/table.js';
import type { KeptSocket } from '../../os/sockets/kept-sockets.js';
import type { Balancer } from './balancer.js';
import type { Address } from './listen.js';

/** What a proxy thread serves under one address, port and protocol. */
export interface ProxyService {
  readonly balancer: Balancer;
  facts: TableService;
  /** Connections or sessions now. */
  readonly open: number;
  /** Bytes that wait for peers that do not take them. */
  readonly buffered: number;
  /** Rejects with ListenError. */
  listen(): Promise<void>;
  /** Ends what has been silent for too long. */
  sweep(): void;
  /** Resets those that make the most wait, until about so many bytes are free. */
  shed(bytes: number): void;
  /** Frees the address at once, and ends every connection. */
  close(): void;
}

/** How many connections a thread may still take. */
export type Room = {
  /** False: none. */
  readonly take: () => boolean;
  readonly free: () => void;
};

/** What a service needs of its thread. */
export type ServiceHost = {
  /** Seconds on a coarse clock. */
  readonly coarse: { readonly seconds: number };
  readonly room: Room;
  readonly counted: (service: TableService, result: string) => void;
  readonly backendFailed: (service: TableService, backend: string, why: string) => void;
  /** The listener broke. */
  readonly lost: (service: TableService, why: string) => void;
  /** Opens the socket of a listener. @throws SyscallError */
  readonly bind: (protocol: 'tcp' | 'udp', where: Address) => KeptSocket;
};
