/**
 * Health by the Watch stream: the server says each change of the status as it happens. A probe asks with an HTTP/2 ping
 * whether the server is still there, and takes the last word.
 */
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { FailureCause, ProbeOwner, ProbeSpec } from '../../model/probe.js';
import { createFrameReader } from '../../wire/grpc/frames.js';
import {
  decodeGrpcMessage,
  decodeHealthResponse,
  healthRequestFrame,
  healthWatchPath,
  MAX_HEALTH_MESSAGE_BYTES,
  type ServingStatus,
} from '../../wire/grpc/health.js';
import { MAX_PARTS } from '../connecting/exchange.js';
import { connectionKey, IdlePool, keepMsOf, keepMsThroughBackoff } from '../connecting/idle-pool.js';
import { http2Failure } from '../http2/call.js';
import { destroySession, type Http2Session, type Http2Sessions } from '../http2/session.js';
import type { Probe } from '../probing/probe.js';
import { located, type ProbeResult, unhealthy } from '../probing/probe-result.js';
import { callHeaders, endingOfRpcError, endingOfStatus, firstText, grpcTarget } from './answer.js';
import type { GrpcCheck } from './index.js';

const OK = 0;
/** A server that says more changes than this between two probes is not telling anybody anything. */
const MAX_CHANGES = 1000;

export class GrpcWatches {
  readonly #sessions: Http2Sessions;
  readonly #pool = new IdlePool<Watch>((watch) => watch.destroy());
  /** Who listens for news has a stream of his own. */
  readonly #owners = new WeakMap<ProbeOwner, number>();
  #lastOwner = 0;

  constructor(sessions: Http2Sessions) {
    this.#sessions = sessions;
  }

  /** The probe's owner hears news when a later word of the stream, or its end, makes another probe worth while. */
  probe(probe: Probe, spec: ProbeSpec<GrpcCheck>): void {
    const target = grpcTarget(spec);
    const { service, authority } = spec.check;
    const owner = probe.owner.news === undefined ? 0 : this.#numberOf(probe.owner);
    const key = `${connectionKey(spec, target.tls, target.names)} ${JSON.stringify([service, authority, owner])}`;
    const kept = this.#pool.take(key);
    if (kept !== undefined) {
      this.#ask(probe, spec, key, kept);
      return;
    }
    this.#sessions.open(probe, spec, target, (session) => {
      const watch = new Watch(session, spec, probe.where);
      probe.hold(() => watch.destroy());
      probe.phase = 'receive';
      watch.onChange = () => this.#settle(probe, spec, key, watch);
    });
  }

  close(): void {
    this.#pool.close();
  }

  #numberOf(owner: ProbeOwner): number {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    this.#lastOwner += 1;
    this.#owners.set(owner, this.#lastOwner);
    return this.#lastOwner;
  }

  #ask(probe: Probe, spec: ProbeSpec<GrpcCheck>, key: string, watch: Watch): void {
    probe.hold(() => watch.destroy());
    probe.phase = 'query';
    this.#sessions.begin(watch.lease);
    // A stream that broke since, or breaks now, is opened again: why it did will be seen there.
    const reopen = (): void => probe.replace(() => this.probe(probe, spec));
    watch.onChange = () => {
      if (watch.failure !== null) reopen();
    };
    watch.ping((alive) => {
      if (probe.ended) return;
      if (alive && watch.failure === null) this.#settle(probe, spec, key, watch);
      else reopen();
    });
  }

  #settle(probe: Probe, spec: ProbeSpec<GrpcCheck>, key: string, watch: Watch): void {
    if (probe.ended) return;
    if (watch.failure !== null) {
      probe.end(watch.failure);
    } else if (watch.status !== null) {
      const told = watch.status;
      const { owner } = probe;
      watch.onChange = () => {
        if (watch.failure !== null) {
          this.#pool.drop(key, watch);
          watch.destroy();
        } else if (watch.status === told) return;
        owner.news?.();
      };
      probe.letGo();
      // Of a target that is not well, the stream tells when it is again, long before a probe that was put off would.
      this.#pool.put(key, watch, told === 'SERVING' ? keepMsOf(spec) : keepMsThroughBackoff(spec));
      probe.end(located(endingOfStatus(watch.status, spec.check.service, watch.tls), probe.where));
    }
  }
}

/** One Watch stream, open. */
class Watch {
  readonly tls: string;
  /** The last word; null before the first. */
  status: ServingStatus | null = null;
  /** Why the stream is of no more use. */
  failure: ProbeResult | null = null;
  /** Something of the above has changed. */
  onChange: () => void = () => {};
  /** Since the last ping. */
  #changes = 0;
  /** The same of DATA frames. */
  #frames = 0;
  readonly lease: Http2Session;
  readonly #where: string;

  constructor(lease: Http2Session, spec: ProbeSpec<GrpcCheck>, where: string) {
    this.#where = where;
    this.lease = lease;
    this.tls = lease.tls;
    const { session } = lease;
    session.on('goaway', () => this.#refuse('closed', 'the server ends the session'));
    session.on('error', (error: unknown) => this.#fail(http2Failure(error, this.#where)));
    session.on('close', () => this.#refuse('closed', 'connection closed'));
    const stream = session.request(callHeaders(spec, healthWatchPath), { endStream: false });
    this.#read(stream, spec.check.service);
    stream.end(healthRequestFrame(spec.check.service));
  }

  /** Does the peer answer? Without an answer there is no call, but for the end of the session. */
  ping(done: (alive: boolean) => void): void {
    const { session } = this.lease;
    this.#changes = 0;
    this.#frames = 0;
    if (session.closed || session.destroyed || !session.ping((error) => done(error === null))) done(false);
  }

  destroy(): void {
    this.onChange = () => {};
    destroySession(this.lease);
  }

  #read(stream: ClientHttp2Stream, service: string): void {
    const frames = createFrameReader(MAX_HEALTH_MESSAGE_BYTES);
    const onEnd = (headers: IncomingHttpHeaders): void => {
      const code = firstText(headers, 'grpc-status');
      if (code === undefined || !/^\d{1,5}$/.test(code)) return;
      const message = decodeGrpcMessage(firstText(headers, 'grpc-message') ?? '');
      if (Number(code) === OK) this.#refuse('closed', 'the server ended the Watch stream');
      else this.#fail(located(endingOfRpcError(Number(code), message, service), this.#where));
    };
    stream.on('response', (headers) => {
      onEnd(headers);
      const status = headers[':status'];
      if (status !== 200) this.#refuse('protocol', `HTTP status ${status} instead of 200`);
    });
    stream.on('trailers', onEnd);
    stream.on('data', (bytes: Buffer) => {
      this.#frames += 1;
      if (this.#frames > MAX_PARTS) {
        this.#refuse('protocol', `more than ${MAX_PARTS} DATA frames between two probes`);
        return;
      }
      const read = frames.push(bytes);
      if (read.kind === 'malformed') this.#refuse('protocol', read.reason);
      else for (const message of read.messages) this.#take(message);
    });
    stream.on('error', (error: unknown) => this.#fail(http2Failure(error, this.#where)));
    stream.on('close', () => this.#refuse('closed', 'the Watch stream was closed'));
  }

  #take(message: Uint8Array): void {
    const read = decodeHealthResponse(message);
    if (read.kind === 'malformed') {
      this.#refuse('protocol', read.reason);
      return;
    }
    this.#changes += 1;
    if (this.#changes > MAX_CHANGES) {
      this.#refuse('protocol', `more than ${MAX_CHANGES} changes of status between two probes`);
      return;
    }
    this.status = read.status;
    this.onChange();
  }

  #refuse(cause: FailureCause, reason: string): void {
    this.#fail(unhealthy(cause, `${this.#where}: ${reason}`));
  }

  #fail(ending: ProbeResult): void {
    if (this.failure !== null) return;
    this.failure = ending;
    this.onChange();
  }
}
