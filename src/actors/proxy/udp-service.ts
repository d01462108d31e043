/** One UDP service: its socket and its sessions, one for each client address and port. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { TableService } from '../../model/dataplane/table.js';
import { hostPort } from '../../model/ip-address.js';
import type { Balancer } from './balancer.js';
import { type Address, listenUdp } from './listen.js';
import { MAX_UDP_QUEUE_BYTES, MAX_UDP_SESSIONS } from './proxy-limits.js';
import type { ProxyService, ServiceHost } from './service.js';
import { UdpSession } from './udp-session.js';

export class UdpService implements ProxyService {
  readonly balancer: Balancer;
  facts: TableService;
  readonly #host: ServiceHost;
  readonly #where: Address;
  /** By client; one-packet sessions have a number instead, for each is alone. */
  readonly #sessions = new Map<string, UdpSession>();
  #nextNumber = 0;
  #socket: Socket | null = null;
  #release = (): void => {};

  constructor(facts: TableService, where: Address, balancer: Balancer, host: ServiceHost) {
    this.facts = facts;
    this.balancer = balancer;
    this.#where = where;
    this.#host = host;
  }

  get open(): number {
    return this.#sessions.size;
  }

  /** UDP keeps nothing back: what has no room is dropped. */
  get buffered(): number {
    return 0;
  }

  async listen(): Promise<void> {
    const family = isIPv6(this.#where.address)
      ? ({ type: 'udp6', ipv6Only: true } as const)
      : ({ type: 'udp4' } as const);
    const socket = createSocket(family);
    this.#socket = socket;
    socket.on('message', (datagram, client) => this.#onDatagram(datagram, client));
    try {
      this.#release = await listenUdp(socket, this.facts, this.#where, (where) => this.#host.bind('udp', where));
    } catch (error) {
      this.#socket = null;
      socket.close();
      throw error;
    }
    // A client that went away (ICMP) is no fault of the listener.
    socket.on('error', () => this.#host.counted(this.facts, 'send-failed'));
    socket.on('close', () => {
      if (this.#socket === socket) this.#host.lost(this.facts, 'its socket was closed');
    });
  }

  sweep(): void {
    for (const session of [...this.#sessions.values()]) session.sweep();
  }

  shed(): void {}

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#release();
    for (const session of [...this.#sessions.values()]) session.abort();
  }

  #onDatagram(datagram: Buffer, client: RemoteInfo): void {
    const name = this.facts.onePacket ? String(this.#nextNumber++) : hostPort(client.address, client.port);
    const session = this.#sessions.get(name) ?? this.#open(name, client);
    session?.send(datagram);
  }

  #open(name: string, client: RemoteInfo): UdpSession | null {
    const destination = this.balancer.pick(client);
    if (destination === null) {
      this.#host.counted(this.facts, 'no-destination');
      return null;
    }
    if (this.#sessions.size >= MAX_UDP_SESSIONS || !this.#host.room.take()) {
      this.#host.counted(this.facts, 'limit');
      return null;
    }
    const session: UdpSession = new UdpSession(destination, this.facts.onePacket, {
      coarse: this.#host.coarse,
      answer: (answer) => this.#answer(answer, client),
      dropped: () => this.#host.counted(this.facts, 'dropped'),
      failed: (why) => {
        const { backend, key } = destination.facts;
        this.#host.backendFailed(this.facts, backend ?? key, why);
      },
      ended: () => {
        this.#sessions.delete(name);
        this.#host.room.free();
      },
    });
    this.#sessions.set(name, session);
    this.#host.counted(this.facts, 'accepted');
    return session;
  }

  #answer(datagram: Buffer, client: RemoteInfo): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (socket.getSendQueueSize() > MAX_UDP_QUEUE_BYTES) this.#host.counted(this.facts, 'dropped');
    else
      socket.send(datagram, client.port, client.address, (error) => {
        if (error !== null) this.#host.counted(this.facts, 'send-failed');
      });
  }
}
