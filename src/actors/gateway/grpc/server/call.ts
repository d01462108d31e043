/** One call, on one HTTP/2 stream: reads its messages, within its limits, and writes the answers and the status. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import type { Log } from '../../../../model/observing/log.js';
import type { Budget, Holding } from '../../listeners/budget.js';
import { defect, GrpcRefusal, refusalOf } from '../refusal.js';
import { decoded, decodedSlices } from './decoding.js';
import type { AnswerSink, Handler, TwoWayStream } from './handlers.js';
import { Inbox, type InboxMessage } from './inbox.js';
import { answerHeaders, statusHeaders, timeoutMs } from './status-headers.js';

/** From a call's begin, or a message's first byte, to the whole message. */
const MESSAGE_LIMIT_MS = 10_000;
/** A client that does not take the end of its answer. */
const UNREAD_LIMIT_MS = 30_000;
/** Smaller answers are not counted: the number of calls bounds them. */
const SMALL_ANSWER_BYTES = 16_384;

const gunzipped = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const inflated = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate);

export type Method = {
  readonly handler: Handler;
  readonly decode: (bytes: Buffer) => unknown;
  /** A message with its prefix. */
  readonly encode: (message: object) => Buffer;
};

export type CallParts = {
  readonly method: Method;
  readonly client: string;
  readonly budgets: { readonly received: Budget; readonly unsent: Budget };
  readonly log: Log;
  readonly onRefused: (code: status) => void;
};

export class Call {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #parts: CallParts;
  readonly #inbox: Inbox;
  readonly #unsent: Holding;
  /** Pays for a request that is worked on in slices. */
  readonly #kept: Holding;
  readonly #onEnd: (() => void)[] = [];
  #take: (message: unknown) => void = () => undefined;
  #onRequestEnd: () => void = () => undefined;
  /** Messages are taken in order, though one may have to be inflated. */
  #turn: Promise<void> = Promise.resolve();
  #request: (() => void) | null = null;
  #requestEnded = false;
  #answered = false;
  #patience: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, parts: CallParts) {
    this.#stream = stream;
    this.#headers = headers;
    this.#parts = parts;
    this.#inbox = new Inbox(parts.method.handler.maxMessageBytes, parts.budgets.received.hold(parts.client));
    this.#unsent = parts.budgets.unsent.hold(parts.client);
    this.#kept = parts.budgets.received.hold(parts.client);
  }

  begin(): void {
    const stream = this.#stream;
    const { handler } = this.#parts.method;
    stream.on('close', () => this.#gone());
    const limitMs = timeoutMs(this.#headers['grpc-timeout']);
    if (Number.isNaN(limitMs)) {
      this.finish(status.INTERNAL, 'grpc-timeout is malformed');
      return;
    }
    if (limitMs !== null) {
      this.#deadline = setTimeout(() => this.finish(status.DEADLINE_EXCEEDED, 'the deadline has passed'), limitMs);
    }
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#afterMessages(() => this.#requestEnd()));
    if (handler.kind === 'two-way') this.#guarded(() => handler.open(this.#twoWay()));
    else this.#wait();
  }

  finish(code: status, details = ''): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#inbox.clear();
    this.#kept.release();
    clearTimeout(this.#deadline);
    clearTimeout(this.#patience);
    if (code !== status.OK) this.#parts.onRefused(code);
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    this.#patience = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), UNREAD_LIMIT_MS);
    // RFC 9113 section 8.1: what the client still sends is not read.
    const closeRequest = (): void => {
      if (!this.#requestEnded) stream.close(constants.NGHTTP2_NO_ERROR);
    };
    if (stream.headersSent) {
      stream.once('wantTrailers', () => {
        stream.sendTrailers(statusHeaders(code, details));
        setImmediate(closeRequest);
      });
      stream.end();
    } else {
      stream.respond({ ...answerHeaders, ...statusHeaders(code, details) }, { endStream: true });
      closeRequest();
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#answered) return;
    const read = this.#inbox.push(chunk);
    if (read.kind === 'refused') {
      this.finish(read.code, read.details);
      return;
    }
    for (const message of read.messages) this.#onMessage(message);
    if (this.#parts.method.handler.kind !== 'two-way') return;
    if (this.#inbox.partial) this.#wait();
    else this.#waitNoMore();
    // A client that does not read its answers is not listened to.
    if (this.#stream.writableNeedDrain) {
      this.#stream.pause();
      this.#stream.once('drain', () => this.#stream.resume());
    }
  }

  #onMessage({ compressed, bytes }: InboxMessage): void {
    if (compressed) this.#afterMessages(async () => this.#decoded(await this.#inflate(bytes)));
    else this.#guarded(() => this.#decoded(bytes));
  }

  async #inflate(bytes: Buffer): Promise<Buffer> {
    const { maxMessageBytes } = this.#parts.method.handler;
    const encoding = this.#headers['grpc-encoding'];
    if (encoding !== 'gzip' && encoding !== 'deflate') {
      throw new GrpcRefusal(status.UNIMPLEMENTED, 'messages may be compressed with gzip or deflate');
    }
    const holding = this.#parts.budgets.received.hold(this.#parts.client);
    try {
      if (holding.take(maxMessageBytes) !== 'taken') {
        throw tooMuchHeld();
      }
      return await (encoding === 'gzip' ? gunzipped : inflated)(bytes, { maxOutputLength: maxMessageBytes });
    } catch (error) {
      if (error instanceof GrpcRefusal) throw error;
      throw new GrpcRefusal(status.RESOURCE_EXHAUSTED, `a message that is not ${encoding}, or too large when inflated`);
    } finally {
      holding.release();
    }
  }

  #decoded(bytes: Buffer): void {
    const { handler, decode } = this.#parts.method;
    if (handler.kind === 'two-way') this.#take(decoded(decode, bytes));
    else if (this.#request === null) this.#request = this.#workOf(handler, bytes);
    else throw new GrpcRefusal(status.UNIMPLEMENTED, 'this call takes one message');
  }

  /** What is done when the request has ended. */
  #workOf(handler: Exclude<Handler, { kind: 'two-way' }>, bytes: Buffer): () => void {
    const { decode } = this.#parts.method;
    if (handler.kind === 'sliced') {
      if (this.#kept.take(bytes.length) !== 'taken') throw tooMuchHeld();
      return () => void this.#run(() => handler.answer(decodedSlices(decode, bytes)));
    }
    const message = decoded(decode, bytes);
    return handler.kind === 'streaming'
      ? () => handler.start(message, this.#sink())
      : () => void this.#run(() => handler.answer(message));
  }

  #requestEnd(): void {
    this.#requestEnded = true;
    this.#waitNoMore();
    const { handler } = this.#parts.method;
    if (this.#inbox.partial) throw new GrpcRefusal(status.INTERNAL, 'the request ends within a message');
    if (handler.kind === 'two-way') {
      this.#onRequestEnd();
      return;
    }
    if (this.#request === null) throw new GrpcRefusal(status.UNIMPLEMENTED, 'this call needs a message');
    const work = this.#request;
    this.#request = null;
    work();
  }

  async #run(answer: () => Promise<object> | object): Promise<void> {
    try {
      this.#answer(await answer());
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer(reply: object): void {
    if (this.#answered || this.#stream.destroyed) return;
    const bytes = this.#parts.method.encode(reply);
    if (bytes.length > SMALL_ANSWER_BYTES && this.#unsent.take(bytes.length) !== 'taken') {
      throw new GrpcRefusal(status.RESOURCE_EXHAUSTED, 'clients that do not read their answers hold too much memory');
    }
    this.#respond();
    this.#stream.write(bytes);
    this.finish(status.OK);
  }

  #sink(): AnswerSink {
    const stream = this.#stream;
    return {
      write: (message) => {
        if (this.#answered || stream.destroyed) return true;
        this.#respond();
        return stream.write(this.#parts.method.encode(message));
      },
      onDrain: (then) => void stream.on('drain', then),
      gone: () => this.#answered || stream.destroyed,
      onEnd: (then) => {
        if (stream.closed) then();
        else this.#onEnd.push(then);
      },
    };
  }

  #twoWay(): TwoWayStream {
    return {
      ...this.#sink(),
      onMessage: (take) => {
        this.#take = take;
      },
      onRequestEnd: (then) => {
        this.#onRequestEnd = then;
      },
      end: () => this.finish(status.OK),
    };
  }

  #respond(): void {
    if (!this.#stream.headersSent) this.#stream.respond(answerHeaders, { waitForTrailers: true });
  }

  #wait(): void {
    this.#patience ??= setTimeout(() => {
      this.finish(status.DEADLINE_EXCEEDED, `no whole message within ${MESSAGE_LIMIT_MS / 1000} s`);
    }, MESSAGE_LIMIT_MS);
  }

  #waitNoMore(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  #afterMessages(then: () => void | Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      try {
        if (!this.#answered) await then();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #guarded(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const refusal = refusalOf(error);
    if (refusal === null) this.#parts.log.error({ err: error }, 'a gRPC call failed by a defect');
    const { code, details } = refusal ?? defect;
    this.finish(code, details);
  }

  #gone(): void {
    this.#answered = true;
    clearTimeout(this.#patience);
    clearTimeout(this.#deadline);
    this.#inbox.clear();
    this.#kept.release();
    this.#unsent.release();
    for (const then of this.#onEnd.splice(0)) then();
  }
}

const tooMuchHeld = (): GrpcRefusal =>
  new GrpcRefusal(status.RESOURCE_EXHAUSTED, 'too much memory is held already; send it again in a moment');
