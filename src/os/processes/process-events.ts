/**
 * What the kernel tells of processes as they come and go. It does so in the first network, process and user namespace alone, to
 * whoever has CAP_NET_ADMIN: elsewhere nobody answers, and `works` stays false.
 */
import {
  PROCESS_EVENT_GROUP,
  type ProcessEvent,
  readProcessEvent,
  writeProcessListening,
} from '../../wire/netlink/process-events.js';
import { readMessages } from '../../wire/netlink/reader.js';
import { NetlinkWriter } from '../../wire/netlink/writer.js';
import { EPOLLIN } from '../kernel/epoll.js';
import { errnoName, SyscallError } from '../kernel/libc.js';
import { Waiters } from '../kernel/waiters.js';
import { type OpenNetlinkPort, openNetlink } from '../netlink/socket.js';

export type ProcessListener = {
  /** What came together. */
  heard(events: readonly ProcessEvent[]): void;
  /** The kernel dropped some: all must be looked at. */
  lost(): void;
};

export class ProcessEvents {
  readonly #listener: ProcessListener;
  readonly #port: OpenNetlinkPort | null;
  readonly #waiters = new Waiters();
  /** The kernel answered: it tells of each process from then on. */
  works = false;
  /** Why it does not; null where it may yet answer. */
  refusal: string | null = null;

  constructor(listener: ProcessListener) {
    this.#listener = listener;
    this.#port = this.#open();
  }

  close(): void {
    if (this.#port === null) return;
    this.#ask(this.#port, false);
    this.#waiters.close();
    this.#port.close();
  }

  #open(): OpenNetlinkPort | null {
    try {
      const port = openNetlink('connector', PROCESS_EVENT_GROUP);
      this.#waiters.set(port.fd, EPOLLIN, { onReady: () => this.#receive(port) });
      const refused = this.#ask(port, true);
      if (refused !== 0) this.refusal = errnoName(refused);
      return port;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      this.refusal = error.message;
      return null;
    }
  }

  #ask(port: OpenNetlinkPort, listen: boolean): number {
    const writer = new NetlinkWriter();
    writeProcessListening(writer, listen);
    return port.send(writer.take());
  }

  #receive(port: OpenNetlinkPort): void {
    const events: ProcessEvent[] = [];
    let lost = false;
    for (;;) {
      const received = port.receive();
      if (received.kind === 'empty' || received.kind === 'failed') break;
      if (received.kind === 'lost') {
        lost = true;
        continue;
      }
      for (const message of readMessages(received.bytes).items) {
        const event = readProcessEvent(message);
        if (event === null) continue;
        if (event.kind === 'answer') this.works ||= event.errno === 0;
        else events.push(event);
      }
    }
    if (lost) this.#listener.lost();
    else if (events.length > 0) this.#listener.heard(events);
  }
}
