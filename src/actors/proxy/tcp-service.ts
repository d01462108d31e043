/** One TCP service: its listener and its connections. */
import { createServer, type Server, type Socket } from 'node:net';
import type { TableService } from '../../model/dataplane/table.js';
import type { Balancer } from './balancer.js';
import { type Address, listenTcp } from './listen.js';
import { MAX_SERVICE_CONNECTIONS } from './proxy-limits.js';
import type { ProxyService, ServiceHost } from './service.js';
import { type ConnectionHost, reset, TcpConnection } from './tcp-connection.js';

export class TcpService implements ProxyService {
  readonly balancer: Balancer;
  facts: TableService;
  readonly #host: ServiceHost;
  readonly #where: Address;
  readonly #connections = new Set<TcpConnection>();
  readonly #connectionHost: ConnectionHost;
  #server: Server | null = null;
  #release = (): void => {};

  constructor(facts: TableService, where: Address, balancer: Balancer, host: ServiceHost) {
    this.facts = facts;
    this.balancer = balancer;
    this.#where = where;
    this.#host = host;
    this.#connectionHost = {
      balancer,
      coarse: host.coarse,
      outcome: (outcome) => host.counted(this.facts, outcome),
      attemptFailed: ({ facts: { backend, key } }, why) => host.backendFailed(this.facts, backend ?? key, why),
      ended: (connection) => {
        this.#connections.delete(connection);
        host.room.free();
      },
    };
  }

  get open(): number {
    return this.#connections.size;
  }

  get buffered(): number {
    let sum = 0;
    for (const connection of this.#connections) sum += connection.buffered;
    return sum;
  }

  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
    this.#server = server;
    this.#release = await listenTcp(server, this.facts, this.#where, (where) => this.#host.bind('tcp', where));
    server.on('error', (error) => {
      // An accept that failed for want of descriptors does not end the listener.
      if (server.listening) this.#host.counted(this.facts, 'accept-failed');
      else this.#host.lost(this.facts, error.message);
    });
  }

  sweep(): void {
    for (const connection of [...this.#connections]) connection.sweep();
  }

  shed(bytes: number): void {
    const stalled = [...this.#connections].filter((connection) => connection.stalled && connection.buffered > 0);
    let freed = 0;
    for (const connection of stalled.sort((a, b) => a.lastActive - b.lastActive)) {
      if (freed >= bytes) break;
      freed += connection.buffered;
      this.#host.counted(this.facts, 'stalled');
      connection.abort();
    }
  }

  close(): void {
    this.#server?.close();
    this.#server = null;
    this.#release();
    for (const connection of [...this.#connections]) connection.abort();
  }

  #accept(client: Socket): void {
    const { remoteAddress, remotePort } = client;
    // Gone before it was looked at.
    if (remoteAddress === undefined || remotePort === undefined) {
      client.on('error', () => {});
      client.destroy();
      return;
    }
    if (this.#connections.size >= MAX_SERVICE_CONNECTIONS || !this.#host.room.take()) {
      this.#host.counted(this.facts, 'limit');
      client.on('error', () => {});
      reset(client);
      return;
    }
    const connection = new TcpConnection(client, { address: remoteAddress, port: remotePort }, this.#connectionHost);
    // It may have ended at once, for want of a destination.
    if (!connection.over) this.#connections.add(connection);
  }
}
