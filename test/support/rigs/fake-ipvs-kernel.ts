/**
 * A kernel's IPVS as a netlink port: keeps a table, answers as Linux does, and can be older than today's, lose answers, or
 * be changed behind the driver's back. The real one is tried in guests; this one is for what no real one does on demand.
 */
import { constants } from 'node:os';
import type { NetlinkPort, Received } from '../../../src/os/netlink/socket.js';
import { commandAttribute, destinationAttribute, infoAttribute } from '../../../src/wire/ipvs/attributes.js';
import { readIpvsDestination, readIpvsService } from '../../../src/wire/ipvs/read.js';
import { ipvsCommand } from '../../../src/wire/ipvs/types.js';
import { GENL_ID_CTRL, genlHeader, readGeneric } from '../../../src/wire/netlink/generic.js';
import {
  attributeMap,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  readMessages,
} from '../../../src/wire/netlink/reader.js';
import { NetlinkWriter } from '../../../src/wire/netlink/writer.js';

const FAMILY = 28;
const { ENOENT, ESRCH, EEXIST, EPERM } = constants.errno;
type Held = { readonly service: Uint8Array; readonly destinations: Map<string, Uint8Array> };

export type FakeKernelOptions = {
  /** Attributes of a destination above it are unknown to this kernel: 9 before Linux 3.18, 12 before 5.2. */
  readonly maxDestinationAttribute?: number;
  readonly hasIpvs?: boolean;
  readonly mayAdmin?: boolean;
};

export class FakeIpvsKernel {
  readonly #options: FakeKernelOptions;
  readonly #table = new Map<string, Held>();
  /** Requests that changed something, by command name. */
  readonly writes: string[] = [];
  /** So many of the next new destinations are removed again at once, as by another program. */
  removeNext = 0;
  /** So many services the next list of them leaves out, as Linux does when others are removed while it is read. */
  hideNext = 0;
  /** The next answers are lost, as with a full queue. */
  loseAnswers = false;
  /** Not null: what comes instead of answers. */
  nonsense: readonly Received[] | null = null;

  constructor(options: FakeKernelOptions = {}) {
    this.#options = options;
  }

  open(): NetlinkPort {
    const queue: Received[] = [];
    return {
      send: (bytes) => {
        for (const message of readMessages(bytes).items) queue.push(...this.#answer(message));
        if (this.nonsense !== null) queue.splice(0, queue.length, ...this.nonsense);
        if (this.loseAnswers) queue.splice(0, queue.length, { kind: 'lost', why: 'ENOBUFS' });
        return 0;
      },
      receive: () => queue.shift() ?? { kind: 'empty' },
      close: () => queue.splice(0),
    };
  }

  /** Another program clears the table. */
  clear(): void {
    this.#table.clear();
  }

  #answer(request: NetlinkMessage): readonly Received[] {
    const generic = readGeneric(request);
    if (generic === null) return [];
    if (request.type === GENL_ID_CTRL) return this.#family(request);
    if (this.#options.mayAdmin === false) return [acknowledgement(request, EPERM)];
    if ((request.flags & NLM_F_DUMP) !== 0) return this.#dump(request, generic.command, generic.attributes);
    if (generic.command === ipvsCommand.getInfo) {
      const info = reply(request, ipvsCommand.setInfo, (writer) => writer.u32(infoAttribute.version, 0x010201));
      return [info, acknowledgement(request, 0)];
    }
    const attributes = attributeMap(generic.attributes) ?? new Map<number, Uint8Array>();
    if (generic.command === ipvsCommand.getService) return this.#service(request, attributes);
    const errno = this.#change(generic.command, attributes);
    return errno !== 0 || (request.flags & NLM_F_ACK) !== 0 ? [acknowledgement(request, errno)] : [];
  }

  #family(request: NetlinkMessage): readonly Received[] {
    if (this.#options.hasIpvs === false) return [acknowledgement(request, ENOENT)];
    const family = message(GENL_ID_CTRL, 0, request.sequence, (writer) => {
      writer.raw(genlHeader(1, 2));
      writer.u16(1, FAMILY);
    });
    return [family, acknowledgement(request, 0)];
  }

  #service(request: NetlinkMessage, attributes: ReadonlyMap<number, Uint8Array>): readonly Received[] {
    const held = this.#table.get(keyOf(attributes.get(commandAttribute.service) ?? new Uint8Array()));
    if (held === undefined) return [acknowledgement(request, ESRCH)];
    const put = (writer: NetlinkWriter): void => writer.bytes(commandAttribute.service, held.service);
    return [reply(request, ipvsCommand.newService, put), acknowledgement(request, 0)];
  }

  #change(command: number, attributes: ReadonlyMap<number, Uint8Array>): number {
    const service = attributes.get(commandAttribute.service) ?? new Uint8Array();
    const key = keyOf(service);
    const held = this.#table.get(key);
    const destination = attributes.get(commandAttribute.destination);
    const name = Object.entries(ipvsCommand).find(([, number]) => number === command)?.[0] ?? '';
    this.writes.push(name);
    switch (command) {
      case ipvsCommand.newService:
        if (held !== undefined) return EEXIST;
        this.#table.set(key, { service, destinations: new Map() });
        return 0;
      case ipvsCommand.setService:
        if (held === undefined) return ESRCH;
        this.#table.set(key, { service, destinations: held.destinations });
        return 0;
      case ipvsCommand.delService:
        return this.#table.delete(key) ? 0 : ESRCH;
      default:
        return held === undefined ? ESRCH : this.#changeDestination(command, held, destination ?? new Uint8Array());
    }
  }

  #changeDestination(command: number, held: Held, destination: Uint8Array): number {
    const known = this.#known(destination);
    const key = destinationKeyOf(known);
    const isThere = held.destinations.has(key);
    if (command === ipvsCommand.newDest && isThere) return EEXIST;
    if (command !== ipvsCommand.newDest && !isThere) return ENOENT;
    if (command === ipvsCommand.delDest) held.destinations.delete(key);
    else if (command === ipvsCommand.newDest && this.removeNext > 0) this.removeNext -= 1;
    else held.destinations.set(key, known);
    return 0;
  }

  /** An older kernel does not look at attributes that it does not know. */
  #known(destination: Uint8Array): Uint8Array {
    const highest = this.#options.maxDestinationAttribute ?? Number.POSITIVE_INFINITY;
    const writer = new NetlinkWriter();
    writer.begin({ type: 0, flags: 0, sequence: 0 });
    for (const [type, value] of attributeMap(destination) ?? []) if (type <= highest) writer.bytes(type, value);
    return writer.take().subarray(16);
  }

  #dump(request: NetlinkMessage, command: number, attributes: Uint8Array): readonly Received[] {
    const put = (attribute: number, of: number, values: Iterable<Uint8Array>): Received[] =>
      Array.from(values, (value) => reply(request, of, (writer) => writer.bytes(attribute, value), NLM_F_MULTI));
    const done = message(NLMSG_DONE, NLM_F_MULTI, request.sequence, (writer) => writer.raw(new Uint8Array(4)));
    if (command === ipvsCommand.getService) {
      const services = Array.from(this.#table.values(), ({ service }) => service).slice(this.hideNext);
      this.hideNext = 0;
      return [...put(commandAttribute.service, ipvsCommand.newService, services), done];
    }
    if (command !== ipvsCommand.getDest) return [done];
    const held = this.#table.get(keyOf(attributeMap(attributes)?.get(commandAttribute.service) ?? new Uint8Array()));
    return [...put(commandAttribute.destination, ipvsCommand.newDest, held?.destinations.values() ?? []), done];
  }
}

/** By what the codec reads: the same identity, the same text. */
function keyOf(service: Uint8Array): string {
  return JSON.stringify(readIpvsService(entryMessage(ipvsCommand.newService, commandAttribute.service, service))?.key);
}

function destinationKeyOf(destination: Uint8Array): string {
  const read = readIpvsDestination(
    entryMessage(ipvsCommand.newDest, commandAttribute.destination, destination),
    'ipv4',
  );
  return `${attributeMap(destination)?.get(destinationAttribute.address)?.join('.')} ${read?.port}`;
}

function entryMessage(command: number, attribute: number, value: Uint8Array): NetlinkMessage {
  const writer = new NetlinkWriter();
  writer.begin({ type: FAMILY, flags: 0, sequence: 0 });
  writer.raw(genlHeader(command, 1));
  writer.bytes(attribute, value);
  writer.end();
  const [read] = readMessages(writer.take()).items;
  if (read === undefined) throw new Error('an entry that cannot be read');
  return read;
}

const message = (type: number, flags: number, sequence: number, body: (writer: NetlinkWriter) => void): Received => {
  const writer = new NetlinkWriter();
  writer.begin({ type, flags, sequence });
  body(writer);
  writer.end();
  return { kind: 'datagram', bytes: writer.take() };
};

const reply = (to: NetlinkMessage, command: number, body: (writer: NetlinkWriter) => void, flags = 0): Received =>
  message(FAMILY, flags, to.sequence, (writer) => {
    writer.raw(genlHeader(command, 1));
    body(writer);
  });

const acknowledgement = (to: NetlinkMessage, errno: number): Received =>
  message(NLMSG_ERROR, 0, to.sequence, (writer) => {
    writer.raw(new Uint8Array(Int32Array.of(-errno).buffer));
    writer.raw(new Uint8Array(16));
  });
