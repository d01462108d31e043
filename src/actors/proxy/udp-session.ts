/** What one UDP client says to one destination, through a socket of its own, so that the answers find their way back. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Destination, Flow } from './destination.js';
import { MAX_UDP_QUEUE_BYTES, MAX_UDP_WAITING, UDP_IDLE_S, UDP_UNANSWERED_S } from './proxy-limits.js';

export type SessionHost = {
  readonly coarse: { readonly seconds: number };
  /** An answer for the client. */
  readonly answer: (datagram: Buffer) => void;
  readonly dropped: () => void;
  /** The backend's host said that nobody listens (ICMP), or the socket could not be made. */
  readonly failed: (why: string) => void;
  readonly ended: () => void;
};

export class UdpSession implements Flow {
  readonly #host: SessionHost;
  readonly #destination: Destination;
  readonly #socket: Socket;
  /** Ends with its first answer. */
  readonly #onePacket: boolean;
  /** Datagrams before the socket is connected; null from then on. */
  #waiting: Buffer[] | null = [];
  #answered = false;
  #over = false;
  #lastActive: number;

  constructor(destination: Destination, onePacket: boolean, host: SessionHost) {
    this.#host = host;
    this.#destination = destination;
    this.#onePacket = onePacket;
    this.#lastActive = host.coarse.seconds;
    destination.flows.add(this);
    destination.total += 1;
    const { address, port } = destination.facts;
    this.#socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
    this.#socket.on('message', (datagram) => this.#onAnswer(datagram));
    // An ICMP error tells of one datagram; the next may well arrive.
    this.#socket.on('error', (error) => host.failed(error.message));
    this.#socket.connect(port, address, () => this.#connected());
  }

  send(datagram: Buffer): void {
    this.#lastActive = this.#host.coarse.seconds;
    this.#destination.addIn(datagram.length);
    if (this.#waiting === null) this.#pass(datagram);
    else if (this.#waiting.length < MAX_UDP_WAITING) this.#waiting.push(datagram);
    else this.#host.dropped();
  }

  sweep(): void {
    const idle = this.#host.coarse.seconds - this.#lastActive;
    if (idle > (this.#answered ? UDP_IDLE_S : UDP_UNANSWERED_S)) this.abort();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#destination.flows.delete(this);
    this.#socket.close();
    this.#host.ended();
  }

  /** The client's next datagram finds another destination. */
  leave(): void {
    this.abort();
  }

  #connected(): void {
    if (this.#over) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const datagram of waiting) this.#pass(datagram);
  }

  #pass(datagram: Buffer): void {
    if (this.#socket.getSendQueueSize() > MAX_UDP_QUEUE_BYTES) this.#host.dropped();
    else
      this.#socket.send(datagram, (error) => {
        if (error !== null && !this.#over) this.#host.failed(error.message);
      });
  }

  #onAnswer(datagram: Buffer): void {
    this.#lastActive = this.#host.coarse.seconds;
    this.#answered = true;
    this.#destination.addOut(datagram.length);
    this.#host.answer(datagram);
    if (this.#onePacket) this.abort();
  }
}
