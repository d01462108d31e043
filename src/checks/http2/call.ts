import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { ProbeSpec } from '../../model/probe.js';
import { MAX_INTERIM_ANSWERS } from '../../wire/http/response.js';
import { socketFailure } from '../connecting/connection.js';
import { MAX_PARTS } from '../connecting/exchange.js';
import type { Probe } from '../probing/probe.js';
import { type ProbeResult, unhealthy } from '../probing/probe-result.js';
import { destroySession, type Http2Session, type Http2Sessions, type Http2Target } from './session.js';

export type Http2Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

export type Http2Request = {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array | null;
};

/** How an answer comes in. Exactly one of `onEnd` and `onFailure` is called last, unless the probe ends before. */
export type Http2Answer = {
  /** `tls`: what is known of it, empty for h2c. */
  readonly onHeaders: (headers: Http2Headers, tls: string) => void;
  readonly onData: (bytes: Buffer) => void;
  readonly onEnd: (trailers: IncomingHttpHeaders | null) => void;
  readonly onFailure: (ending: ProbeResult) => void;
  /** Frees what the reader of the answer holds, where the probe ends before the answer does. */
  readonly release: () => void;
};

/** A call under way. */
export type Http2Call = {
  /** Enough is known: cancels the rest of the answer. The session stays. */
  stop(): void;
};

const GOAWAY_NO_ERROR = 0;

/**
 * One request and its answer. A kept session that turns out dead, and one that the peer closes in good order (GOAWAY
 * NO_ERROR) before it has answered, are replaced once: neither says anything about the target's health.
 */
export function callHttp2(
  probe: Probe,
  sessions: Http2Sessions,
  spec: ProbeSpec,
  target: Http2Target,
  request: Http2Request,
  answer: Http2Answer,
): Http2Call {
  const call = { stop: () => {} };
  const attempt = (lease: Http2Session, again: (() => void) | null): void => {
    const putBack = (): void => {
      probe.letGo();
      sessions.putBack(spec, target, lease);
    };
    call.stop = exchange(probe, lease, request, answer, again, putBack);
  };
  const open = (again: (() => void) | null): void =>
    sessions.open(probe, spec, target, (lease) => attempt(lease, again));
  const kept = sessions.take(spec, target);
  if (kept !== undefined) attempt(kept, () => open(null));
  else open(() => open(null));
  return { stop: () => call.stop() };
}

/** Returns what stops it. */
function exchange(
  probe: Probe,
  lease: Http2Session,
  request: Http2Request,
  answer: Http2Answer,
  again: (() => void) | null,
  putBack: () => void,
): () => void {
  const { session, tls } = lease;
  let over = false;
  let answered = false;
  let frames = 0;
  let interim = 0;
  let ended = false;
  let goneAway = false;
  let trailers: IncomingHttpHeaders | null = null;
  let stream: ClientHttp2Stream | null = null;
  probe.hold(() => {
    over = true;
    answer.release();
    destroySession(lease);
  });

  const fail = (ending: ProbeResult): void => {
    if (over) return;
    over = true;
    if (again !== null && !answered && (lease.reused || goneAway)) {
      probe.letGo();
      destroySession(lease);
      probe.guard(again);
    } else {
      answer.onFailure(ending);
    }
  };
  const refuse = (reason: string): void => fail(unhealthy('protocol', `${probe.where}: ${reason}`));
  const closed = (): void => fail(unhealthy('closed', `${probe.where}: connection closed before the answer was whole`));

  session.on('goaway', (code: number) => {
    goneAway = code === GOAWAY_NO_ERROR;
    if (!goneAway) refuse(`the peer ended the HTTP/2 session with error ${code}`);
  });
  session.on('error', (error: unknown) => fail(http2Failure(error, probe.where)));
  session.on('close', closed);
  try {
    stream = session.request(request.headers, { endStream: request.body === null });
  } catch (error) {
    fail(http2Failure(error, probe.where));
    return () => {};
  }
  probe.phase = 'receive';
  stream.on('response', (headers) => {
    answered = true;
    if (!over) answer.onHeaders(headers, tls);
  });
  stream.on('trailers', (headers) => {
    trailers = headers;
  });
  stream.on('headers', () => {
    interim += 1;
    if (interim > MAX_INTERIM_ANSWERS) refuse(`more than ${MAX_INTERIM_ANSWERS} interim answers`);
  });
  stream.on('data', (bytes: Buffer) => {
    frames += 1;
    if (frames > MAX_PARTS) refuse(`more than ${MAX_PARTS} DATA frames in one answer`);
    else if (!over) answer.onData(bytes);
  });
  stream.on('error', (error: unknown) => fail(http2Failure(error, probe.where)));
  stream.on('end', () => {
    ended = true;
  });
  stream.on('close', () => {
    if (over) return;
    // A connection that breaks off gives 'end' too, but not this code.
    if (!ended || !answered || stream?.rstCode !== constants.NGHTTP2_NO_ERROR) {
      closed();
      return;
    }
    over = true;
    putBack();
    answer.onEnd(trailers);
  });
  if (request.body !== null) stream.end(request.body);
  return () => {
    if (over) return;
    over = true;
    stream.close(constants.NGHTTP2_CANCEL);
    putBack();
  };
}

/** Node's HTTP/2 errors are the peer's breaches of the protocol; others are the socket's. */
export function http2Failure(error: unknown, where: string): ProbeResult {
  const { code = '', message } = error as { readonly code?: string; readonly message: string };
  if (!code.startsWith('ERR_HTTP2_')) return socketFailure(error, where);
  const cause = code === 'ERR_HTTP2_STREAM_ERROR' ? 'reset' : 'protocol';
  return unhealthy(cause, `${where}: HTTP/2: ${message}`);
}
