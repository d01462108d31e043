/**
 * Requests to the kernel over netlink. Many go out in one send; the kernel answers only those that fail, and the last one:
 * what it said nothing about went well, unless answers were lost. Nothing here blocks the thread for longer than one
 * batch takes in the kernel.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { FulcrumError } from '../../model/errors.js';
import type { Clock } from '../../model/units.js';
import {
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_OVERRUN,
  readAcknowledgement,
  readMessages,
} from '../../wire/netlink/reader.js';
import { NetlinkWriter } from '../../wire/netlink/writer.js';
import { errnoName } from '../kernel/libc.js';
import type { NetlinkPort } from './socket.js';

/** Requests in one send. More would save little, hold the thread for longer, and need more room for refusals. */
export const MAX_BATCH = 128;
/** A dump that the kernel calls interrupted so many times in a row is given up: the table changes faster than it can be read. */
const MAX_DUMP_RESTARTS = 8;
/** The kernel answers before `send` returns; waiting at all means that something is wrong. */
const REPLY_TIMEOUT_NS = 2e9;
const REPLY_POLL_MS = 1;
/** A dump lets other work of the thread go on after so many datagrams (of up to 32 KB). */
const DATAGRAMS_PER_TURN = 16;

/** Writes one message with this sequence number; `acknowledge` asks for an answer to success too. */
export type WriteRequest = (
  writer: NetlinkWriter,
  options: { readonly sequence: number; readonly acknowledge: boolean },
) => void;

export type RequestResult =
  | { readonly kind: 'done' }
  /** `code` is an errno name; `text` the kernel's own words, where it has some. */
  | { readonly kind: 'refused'; readonly code: string; readonly text: string | null }
  /** It may have been carried out or not: read the table again. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Netlink cannot be used, or an answer cannot be trusted. `syscallCode` is an errno name, null where there is none. */
export class NetlinkError extends FulcrumError {
  readonly code = 'ERR_NETLINK';
  readonly syscallCode: string | null;
  /** The kernel's own words. */
  readonly kernelText: string | null;
  constructor(message: string, syscallCode: string | null = null, kernelText: string | null = null) {
    super(message);
    this.syscallCode = syscallCode;
    this.kernelText = kernelText;
  }
}

/** `skipped`: messages that `read` made nothing of. */
export type Dump<T> = { readonly items: readonly T[]; readonly skipped: number; readonly restarts: number };

export class NetlinkClient {
  readonly #open: () => NetlinkPort;
  readonly #now: Clock;
  readonly #writer = new NetlinkWriter();
  #port: NetlinkPort | null;
  #sequence = 0;
  #closed = false;
  /** One exchange at a time: answers are read by whoever asked. */
  #last: Promise<unknown> | null = null;

  /** Throws where the socket cannot be opened. It is opened again after an answer that did not come. */
  constructor(open: () => NetlinkPort, now: Clock) {
    this.#open = open;
    this.#now = now;
    this.#port = open();
  }

  /** Carries out all requests in order; a refused one does not stop the rest. One result for each. */
  send(requests: readonly WriteRequest[]): Promise<readonly RequestResult[]> {
    return this.#alone(() => this.#sendAll(requests));
  }

  /** One request that is answered with data. Rejects with NetlinkError when it is refused or not answered. */
  ask<T>(request: WriteRequest, read: (message: NetlinkMessage) => T | null): Promise<T> {
    return this.#alone(() => this.#askOne(request, read));
  }

  /** All entries of one table, read while it did not change. Rejects with NetlinkError. */
  dump<T>(request: WriteRequest, read: (message: NetlinkMessage) => T | null): Promise<Dump<T>> {
    return this.#alone(() => this.#dumpWhole(request, read));
  }

  /** For good. What is under way is answered as lost. */
  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #drop(): void {
    this.#port?.close();
    this.#port = null;
  }

  #reopen(): NetlinkPort {
    this.#drop();
    if (this.#closed) throw new NetlinkError('the socket is closed');
    this.#port = this.#open();
    return this.#port;
  }

  /** Runs at once where nothing else does. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last === null ? work() : this.#last.then(work, work);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#last = settled;
    void settled.then(() => {
      if (this.#last === settled) this.#last = null;
    });
    return turn;
  }

  async #sendAll(requests: readonly WriteRequest[]): Promise<readonly RequestResult[]> {
    const results: RequestResult[] = [];
    for (let from = 0; from < requests.length; from += MAX_BATCH) {
      if (from > 0) await nextTurn();
      results.push(...(await this.#sendBatch(requests.slice(from, from + MAX_BATCH))));
    }
    return results;
  }

  async #sendBatch(requests: readonly WriteRequest[]): Promise<readonly RequestResult[]> {
    const first = this.#takeSequences(requests.length);
    const last = first + requests.length - 1;
    const bytes = this.#write((writer) => {
      requests.forEach((write, index) => {
        write(writer, { sequence: first + index, acknowledge: first + index === last });
      });
    });
    const results = new Array<RequestResult>(requests.length).fill({ kind: 'done' });
    const end = await this.#exchange(bytes, (message) => {
      const index = message.sequence - first;
      if (message.type !== NLMSG_ERROR || index < 0 || index >= results.length) return null;
      const said = readAcknowledgement(message);
      if (said === null) return { kind: 'lost', why: 'an acknowledgement without a code' };
      if (said.errno !== 0) results[index] = { kind: 'refused', code: errnoName(said.errno), text: said.text };
      return message.sequence === last ? { kind: 'complete' } : null;
    });
    if (end.kind === 'complete') return results;
    if (end.kind === 'unsent') {
      return requests.map(() => ({ kind: 'refused', code: end.code, text: null }));
    }
    return results.map((result) => (result.kind === 'done' ? { kind: 'unknown', why: end.why } : result));
  }

  async #askOne<T>(request: WriteRequest, read: (message: NetlinkMessage) => T | null): Promise<T> {
    const sequence = this.#takeSequences(1);
    const bytes = this.#write((writer) => request(writer, { sequence, acknowledge: true }));
    let answer: T | null = null;
    let refusal: NetlinkError | null = null;
    const end = await this.#exchange(bytes, (message) => {
      if (message.sequence !== sequence) return null;
      if (message.type !== NLMSG_ERROR) {
        answer ??= read(message);
        return null;
      }
      refusal = refusalOf(message);
      return { kind: 'complete' };
    });
    throwUnlessComplete(end);
    if (refusal !== null) throw refusal;
    if (answer === null) throw new NetlinkError('the kernel answered nothing that can be read');
    return answer;
  }

  async #dumpWhole<T>(request: WriteRequest, read: (message: NetlinkMessage) => T | null): Promise<Dump<T>> {
    for (let restarts = 0; restarts <= MAX_DUMP_RESTARTS; restarts += 1) {
      const dump = await this.#dumpOnce(request, read);
      if (dump !== 'interrupted') return { ...dump, restarts };
      await nextTurn();
    }
    throw new NetlinkError(`the table changed during each of ${MAX_DUMP_RESTARTS + 1} attempts to read it`);
  }

  async #dumpOnce<T>(
    request: WriteRequest,
    read: (message: NetlinkMessage) => T | null,
  ): Promise<{ readonly items: readonly T[]; readonly skipped: number } | 'interrupted'> {
    const sequence = this.#takeSequences(1);
    const bytes = this.#write((writer) => request(writer, { sequence, acknowledge: false }));
    const items: T[] = [];
    let skipped = 0;
    let interrupted = false;
    let refusal: NetlinkError | null = null;
    const end = await this.#exchange(bytes, (message) => {
      if (message.sequence !== sequence) return null;
      interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
      if (message.type === NLMSG_OVERRUN) return { kind: 'lost', why: 'overrun' };
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        refusal = refusalOf(message);
        return { kind: 'complete' };
      }
      const item = read(message);
      if (item === null) skipped += 1;
      else items.push(item);
      return null;
    });
    if (end.kind === 'lost') {
      // What was lost may be entries, or the end: the socket is a new one, and so is the dump.
      this.#reopen();
      return 'interrupted';
    }
    throwUnlessComplete(end);
    if (refusal !== null) throw refusal;
    return interrupted ? 'interrupted' : { items, skipped };
  }

  /** Sends, and gives every message that comes to `take`, until that (or the time limit) ends it. */
  async #exchange(bytes: Uint8Array, take: (message: NetlinkMessage) => ExchangeEnd | null): Promise<ExchangeEnd> {
    const port = this.#port ?? this.#reopen();
    const refused = port.send(bytes);
    if (refused !== 0) return { kind: 'unsent', code: errnoName(refused) };
    // The kernel has answered when it returns, nearly always: then nobody asks what time it is.
    let deadline: number | null = null;
    let lost: string | null = null;
    for (let datagrams = 1; ; datagrams += 1) {
      const received = port.receive();
      if (received.kind === 'datagram') {
        const { items, problem } = readMessages(received.bytes);
        let end: ExchangeEnd | null = null;
        for (const message of items) end ??= take(message);
        // Answers before the loss were heard; whether one was lost behind the last one cannot be told.
        if (end !== null) return end.kind === 'complete' && lost !== null ? { kind: 'lost', why: lost } : end;
        if (problem !== null) lost = `malformed answer: ${problem}`;
        if (datagrams % DATAGRAMS_PER_TURN === 0) await nextTurn();
      } else if (received.kind === 'lost') {
        lost = received.why;
      } else if (received.kind === 'failed') {
        this.#drop();
        return { kind: 'lost', why: errnoName(received.errno) };
      } else if (lost !== null) {
        return { kind: 'lost', why: lost };
      } else {
        const now = this.#now();
        deadline ??= now + REPLY_TIMEOUT_NS;
        if (now > deadline || this.#port === null) {
          this.#drop();
          return { kind: 'lost', why: `no answer in ${REPLY_TIMEOUT_NS / 1e9} s` };
        }
        await sleep(REPLY_POLL_MS);
      }
    }
  }

  /** What a body that threw left behind is not sent. */
  #write(body: (writer: NetlinkWriter) => void): Uint8Array {
    this.#writer.take();
    body(this.#writer);
    return this.#writer.take();
  }

  /** The first of `count` numbers in a row; 0 is the kernel's own. */
  #takeSequences(count: number): number {
    if (this.#sequence + count > 0xffffffff) this.#sequence = 0;
    const first = this.#sequence + 1;
    this.#sequence += count;
    return first;
  }
}

type ExchangeEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'lost'; readonly why: string }
  /** The kernel did not take the messages at all. */
  | { readonly kind: 'unsent'; readonly code: string };

function refusalOf(message: NetlinkMessage): NetlinkError | null {
  const said = readAcknowledgement(message);
  if (said === null) return new NetlinkError('the kernel’s answer has no code');
  if (said.errno === 0) return null;
  const code = errnoName(said.errno);
  return new NetlinkError(said.text === null ? code : `${code}: ${said.text}`, code, said.text);
}

function throwUnlessComplete(end: ExchangeEnd): void {
  if (end.kind === 'unsent') throw new NetlinkError(`the kernel took no request: ${end.code}`, end.code);
  if (end.kind === 'lost') throw new NetlinkError(`the kernel’s answer was lost: ${end.why}`);
}
