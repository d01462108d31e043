/**
 * rtnetlink from a thread that does not wait for promises: links and addresses are read, watched and changed by calls that
 * return when the kernel is done, which for these requests is at once.
 */
import {
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  readAcknowledgement,
  readMessages,
} from '../../wire/netlink/reader.js';
import {
  type AddressChange,
  LINK_AND_ADDRESS_GROUPS,
  type RouteFact,
  readRouteFact,
  writeAddressChange,
  writeDump,
} from '../../wire/netlink/route.js';
import { NetlinkWriter } from '../../wire/netlink/writer.js';
import { errnoName } from '../kernel/libc.js';
import { type OpenNetlinkPort, openNetlink } from './socket.js';

/** A table that changes during each of so many readings is taken as it was read last; changes are told anyway. */
const MAX_DUMPS = 5;

/** Null = done; else an errno name. */
export type ChangeResult = string | null;

export class RouteSocket {
  readonly #requests: OpenNetlinkPort;
  readonly #watch: OpenNetlinkPort;
  readonly #writer = new NetlinkWriter();
  #sequence = 0;

  /** Throws SyscallError. What changes from now on is told by `changes`. */
  constructor() {
    this.#watch = openNetlink('route', LINK_AND_ADDRESS_GROUPS);
    this.#requests = openNetlink('route');
  }

  /** Readable when something changed. */
  get watchFd(): number {
    return this.#watch.fd;
  }

  close(): void {
    this.#requests.close();
    this.#watch.close();
  }

  /** All links, then all addresses. */
  readAll(): readonly RouteFact[] {
    return [...this.#dump('links'), ...this.#dump('addresses')];
  }

  /** What changed since the last call; null when the kernel dropped some of it, so that all must be read again. */
  changes(): readonly RouteFact[] | null {
    const facts: RouteFact[] = [];
    for (;;) {
      const received = this.#watch.receive();
      if (received.kind === 'empty') return facts;
      if (received.kind !== 'datagram') return null;
      for (const message of readMessages(received.bytes).items) {
        const fact = readRouteFact(message);
        if (fact !== null) facts.push(fact);
      }
    }
  }

  /** Carries out all changes in order, in one call; a refused one does not stop the rest. One result for each. */
  change(changes: readonly AddressChange[]): readonly ChangeResult[] {
    if (changes.length === 0) return [];
    const first = this.#take(changes.length);
    this.#writer.take();
    changes.forEach((change, index) => {
      writeAddressChange(this.#writer, change, first + index);
    });
    const results = new Array<ChangeResult>(changes.length).fill('no answer');
    const unsent = this.#requests.send(this.#writer.take());
    if (unsent !== 0) return results.fill(errnoName(unsent));
    this.#receive((message) => {
      const index = message.sequence - first;
      if (message.type !== NLMSG_ERROR || index < 0 || index >= results.length) return false;
      const code = readAcknowledgement(message)?.errno ?? -1;
      results[index] = code === 0 ? null : errnoName(code);
      return index === results.length - 1;
    });
    return results;
  }

  #dump(what: 'links' | 'addresses'): readonly RouteFact[] {
    let facts: RouteFact[] = [];
    for (let attempt = 0; attempt < MAX_DUMPS; attempt += 1) {
      facts = [];
      let interrupted = false;
      const sequence = this.#take(1);
      this.#writer.take();
      writeDump(this.#writer, what, sequence);
      if (this.#requests.send(this.#writer.take()) !== 0) continue;
      const complete = this.#receive((message) => {
        if (message.sequence !== sequence) return false;
        interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        const fact = readRouteFact(message);
        if (fact !== null) facts.push(fact);
        return message.type === NLMSG_DONE || message.type === NLMSG_ERROR;
      });
      if (complete && !interrupted) break;
    }
    return facts;
  }

  /** Gives every message that waits to `take`, until that says it was the last; false when none was. */
  #receive(take: (message: NetlinkMessage) => boolean): boolean {
    let last = false;
    for (;;) {
      const received = this.#requests.receive();
      if (received.kind !== 'datagram') return last;
      for (const message of readMessages(received.bytes).items) last = take(message) || last;
    }
  }

  #take(count: number): number {
    if (this.#sequence + count > 0xffffffff) this.#sequence = 0;
    const first = this.#sequence + 1;
    this.#sequence += count;
    return first;
  }
}
