/**
 * rtnetlink from a thread that does not wait for promises: links, addresses, routes and rules are read, watched and changed by
 * calls that return when the kernel is done, which for these requests is at once.
 */
import { type KernelChange, writeChange } from '../../wire/netlink/change.js';
import {
  type RouteKey,
  RTM_DELROUTE,
  RTM_NEWROUTE,
  RTM_PROTOCOL_AT,
  readOwnRoute,
  writeRouteDump,
} from '../../wire/netlink/ip-routes.js';
import { type Rule, readOwnRule, writeRuleDump } from '../../wire/netlink/ip-rules.js';
import { type LinkChange, writeLinkChange } from '../../wire/netlink/link.js';
import {
  HOST_LITTLE_ENDIAN,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HEADER_BYTES,
  readAcknowledgement,
  readMessages,
} from '../../wire/netlink/reader.js';
import { type RouteFact, readRouteFact, WATCHED_GROUPS, writeDump } from '../../wire/netlink/route.js';
import { OUR_PROTOCOL } from '../../wire/netlink/rtnetlink.js';
import { NetlinkWriter } from '../../wire/netlink/writer.js';
import { errnoName } from '../kernel/libc.js';
import { attachFilter, type Instruction, JUMP_EQUAL, LOAD_BYTE, RETURN } from '../packets/packet-filter.js';
import { type OpenNetlinkPort, openNetlink } from './socket.js';

/** A table that changes during each of so many readings is taken as it was read last; changes are told anyway. */
const MAX_DUMPS = 5;

const families = ['ipv4', 'ipv6'] as const;

/** The low byte of `nlmsg_type`; all types are less than 256. */
const TYPE_AT = HOST_LITTLE_ENDIAN ? 4 : 5;
const WHOLE = 0xffffffff;
/** Of routes only ours that went: where a routing daemon is at work, there are thousands of others in a second. */
const interesting: readonly Instruction[] = [
  [LOAD_BYTE, 0, 0, TYPE_AT],
  [JUMP_EQUAL, 4, 0, RTM_NEWROUTE],
  [JUMP_EQUAL, 0, 2, RTM_DELROUTE],
  [LOAD_BYTE, 0, 0, NLMSG_HEADER_BYTES + RTM_PROTOCOL_AT],
  [JUMP_EQUAL, 0, 1, OUR_PROTOCOL],
  [RETURN, 0, 0, WHOLE],
  [RETURN, 0, 0, 0],
];

/** Null = done; else an errno name. */
export type ChangeResult = string | null;

export class RouteSocket {
  readonly #requests: OpenNetlinkPort;
  readonly #watch: OpenNetlinkPort;
  readonly #writer = new NetlinkWriter();
  #sequence = 0;

  /** Throws SyscallError. What changes from now on is told by `changes`. */
  constructor() {
    this.#watch = openNetlink('route', WATCHED_GROUPS);
    attachFilter(this.#watch.fd, interesting);
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
    const read = (what: 'links' | 'addresses') =>
      this.#dump((sequence) => writeDump(this.#writer, what, sequence), readRouteFact);
    return [...read('links'), ...read('addresses')];
  }

  /** All routes and rules that bear our mark. Where the kernel does not filter, it goes through those of everybody. */
  readOwn(): { readonly routes: readonly RouteKey[]; readonly rules: readonly Rule[] } {
    return {
      routes: families.flatMap((family) =>
        this.#dump((sequence) => writeRouteDump(this.#writer, family, sequence), readOwnRoute),
      ),
      rules: families.flatMap((family) =>
        this.#dump((sequence) => writeRuleDump(this.#writer, family, sequence), readOwnRule),
      ),
    };
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
  change(changes: readonly KernelChange[]): readonly ChangeResult[] {
    return this.#carryOut(changes, writeChange);
  }

  changeLink(change: LinkChange): ChangeResult {
    return this.#carryOut([change], writeLinkChange)[0] ?? null;
  }

  #carryOut<Change>(
    changes: readonly Change[],
    write: (writer: NetlinkWriter, change: Change, sequence: number) => void,
  ): readonly ChangeResult[] {
    if (changes.length === 0) return [];
    const first = this.#take(changes.length);
    this.#writer.take();
    changes.forEach((change, index) => {
      write(this.#writer, change, first + index);
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

  #dump<Item>(request: (sequence: number) => void, read: (message: NetlinkMessage) => Item | null): readonly Item[] {
    let items: Item[] = [];
    for (let attempt = 0; attempt < MAX_DUMPS; attempt += 1) {
      items = [];
      let interrupted = false;
      const sequence = this.#take(1);
      this.#writer.take();
      request(sequence);
      if (this.#requests.send(this.#writer.take()) !== 0) continue;
      const complete = this.#receive((message) => {
        if (message.sequence !== sequence) return false;
        interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        const item = read(message);
        if (item !== null) items.push(item);
        return message.type === NLMSG_DONE || message.type === NLMSG_ERROR;
      });
      if (complete && !interrupted) break;
    }
    return items;
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
