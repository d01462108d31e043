import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { messageOf } from '../../../model/errors.js';
import type { SessionMeter } from '../../../os/sockets/session-meter.js';
import { createFrameReader } from '../../../wire/grpc/frames.js';
import {
  type CheckExchange,
  healthCheckPath,
  healthRequestFrame,
  MAX_HEALTH_MESSAGE_BYTES,
} from '../../../wire/grpc/health.js';
import { decodeUtilization, loadReportTrailer } from '../../../wire/grpc/orca.js';
import type { AgentRequest } from '../request-line.js';

/** How one Check call over a session ended. */
export type CallEnd =
  | { readonly kind: 'exchange'; readonly exchange: CheckExchange; readonly utilization: number | null }
  /** The session ended before an answer came; a fresh one may fare better. */
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'timeout' };

/** An answer has a dozen headers at most. */
const MAX_HEADER_PAIRS = 64;
/** Of nghttp2's own memory, in megabytes (the least that Node can be told): one small answer at a time. */
const MAX_SESSION_MEMORY_MB = 1;

/** From one check to the next: an answer is some hundred bytes, and the server may send pings. */
export const MAX_SESSION_BYTES = 256 * 1024;

const wholeServer = healthRequestFrame('');

/** An HTTP/2 session that asks grpc.health.v1 Check, one call at a time. */
export class HealthSession {
  readonly #session: ClientHttp2Session;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #meter: SessionMeter;
  #usable = true;
  #lastError = 'closed by the server';

  constructor(socket: Socket, request: AgentRequest, meter: SessionMeter, onClosed: () => void) {
    const scheme = request.tls ? 'https' : 'http';
    this.#session = connectHttp2(`${scheme}://${request.authority}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
      maxHeaderListPairs: MAX_HEADER_PAIRS,
      maxSessionMemory: MAX_SESSION_MEMORY_MB,
    });
    this.#meter = meter;
    meter.add(this.#session, socket);
    this.#headers = {
      ':method': 'POST',
      ':scheme': scheme,
      ':authority': request.authority,
      ':path': healthCheckPath,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'fulcrum-agent',
    };
    this.#session.on('error', (error) => {
      this.#lastError = error.message;
    });
    // From here on the server takes no new call.
    this.#session.on('goaway', () => {
      this.#usable = false;
    });
    this.#session.on('close', () => {
      this.#usable = false;
      onClosed();
    });
  }

  get usable(): boolean {
    return this.#usable && !this.#session.closed && !this.#session.destroyed;
  }

  call(limitMs: number, done: (end: CallEnd) => void): void {
    this.#meter.begin(this.#session);
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(this.#headers, { endStream: false });
    } catch (error) {
      setImmediate(done, { kind: 'lost', reason: messageOf(error) });
      return;
    }
    const timer = setTimeout(() => end({ kind: 'timeout' }), limitMs);
    // Of a session that is destroyed, its streams hear first.
    stream.on('error', (error: Error) => {
      this.#lastError = error.message;
    });
    const answer = readAnswer(stream, () => end(answer.end() ?? { kind: 'lost', reason: this.#lastError }));
    let ended = false;
    const end = (callEnd: CallEnd): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
      done(callEnd);
    };
    stream.end(wholeServer);
  }

  destroy(): void {
    this.#usable = false;
    this.#session.destroy();
  }
}

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

/** Collects what the server says, no more than an answer needs; `onEnd` may come more than once. */
function readAnswer(stream: ClientHttp2Stream, onEnd: () => void): { end(): CallEnd | null } {
  const frames = createFrameReader(MAX_HEALTH_MESSAGE_BYTES);
  const messages: Uint8Array[] = [];
  let headers: Headers | null = null;
  let trailers: Headers = {};
  let broken: string | null = null;

  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('data', (chunk: Buffer) => {
    const read = frames.push(chunk);
    if (read.kind === 'messages') messages.push(...read.messages);
    else broken = read.reason;
    if (messages.length > 1) broken ??= 'more than one message';
    // The rest, endless or not, changes nothing.
    if (broken !== null) onEnd();
  });
  stream.on('close', onEnd);

  return {
    end() {
      if (headers === null) return null;
      const from = (name: string): string | undefined => textOf(trailers[name]) ?? textOf(headers?.[name]);
      const grpcStatus = from('grpc-status');
      const wasReset = stream.closed && stream.rstCode !== constants.NGHTTP2_NO_ERROR;
      if (grpcStatus === undefined && wasReset) return { kind: 'lost', reason: 'the stream was reset' };
      const load = from(loadReportTrailer);
      return {
        kind: 'exchange',
        utilization: load === undefined ? null : decodeUtilization(load),
        exchange: {
          httpStatus: Number(headers[':status'] ?? 0),
          contentType: textOf(headers['content-type']),
          grpcStatus,
          grpcMessage: from('grpc-message'),
          messages,
          broken: broken ?? (frames.partial ? 'a truncated message' : null),
        },
      };
    },
  };
}

const textOf = (value: string | string[] | number | undefined): string | undefined =>
  value === undefined ? undefined : String(Array.isArray(value) ? value[0] : value);
