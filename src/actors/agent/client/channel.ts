import type { SessionMeter } from '../../../os/sockets/session-meter.js';
import { type CheckExchange, grpcStatusName, judgeCheck } from '../../../wire/grpc/health.js';
import type { Verdict } from '../answer.js';
import type { AgentRequest } from '../request-line.js';
import type { ChannelSettings } from '../settings.js';
import { Backoff } from './backoff.js';
import { type Connected, connect } from './connect.js';
import { type CallEnd, HealthSession } from './health-session.js';
import type { Resolve } from './resolver.js';

export type ChannelContext = {
  readonly settings: ChannelSettings;
  readonly resolve: Resolve;
  readonly meter: SessionMeter;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
};

/**
 * One backend as one authority: keeps its session for the next check, and runs one check for all who ask at the same time.
 */
export class Channel {
  readonly #request: AgentRequest;
  readonly #context: ChannelContext;
  readonly #backoff = new Backoff();
  #session: HealthSession | null = null;
  #waiting: ((verdict: Verdict) => void)[] = [];
  #closed = false;
  /** When it was last asked. */
  usedMs: number;

  constructor(request: AgentRequest, context: ChannelContext) {
    this.#request = request;
    this.#context = context;
    this.usedMs = context.nowMs();
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  check(done: (verdict: Verdict) => void): void {
    this.usedMs = this.#context.nowMs();
    this.#waiting.push(done);
    if (this.#waiting.length === 1) this.#start();
  }

  /** Ends the session; a check under way is answered as an error. */
  close(): void {
    this.#closed = true;
    this.#dropSession();
    this.#finish({ kind: 'error', errorType: 'unknown', reason: 'the agent closes this channel' });
  }

  #start(): void {
    const deadlineMs = this.#context.nowMs() + this.#context.settings.totalTimeoutMs;
    const kept = this.#session;
    if (kept?.usable === true) {
      this.#call(kept, deadlineMs, (end) => {
        // The server may have gone, and come back, since the last check: only a fresh session tells.
        if (end.kind === 'lost') this.#connect(deadlineMs);
        else this.#finish(this.#verdictOf(end));
      });
    } else {
      this.#connect(deadlineMs);
    }
  }

  #connect(deadlineMs: number): void {
    if (this.#closed) return;
    this.#dropSession();
    const { settings, resolve, nowMs } = this.#context;
    const refusal = this.#backoff.refusal(nowMs());
    if (refusal !== null) {
      setImmediate(() => this.#finish({ kind: 'error', errorType: 'unreachable', reason: refusal }));
      return;
    }
    const connectTimeoutMs = Math.max(1, Math.min(settings.connectTimeoutMs, deadlineMs - nowMs()));
    connect(this.#request, { ...settings, connectTimeoutMs }, resolve, (connected) => {
      if (connected.kind === 'failed') this.#onFailedConnect(connected);
      else this.#onConnected(connected, deadlineMs);
    });
  }

  #onFailedConnect({ cause, reason }: Extract<Connected, { kind: 'failed' }>): void {
    this.#backoff.failed(this.#context.nowMs(), reason);
    this.#finish({ kind: 'error', errorType: cause, reason });
  }

  #onConnected({ socket }: Extract<Connected, { kind: 'connected' }>, deadlineMs: number): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const session = new HealthSession(socket, this.#request, this.#context.meter, () => {
      if (this.#session === session) this.#session = null;
    });
    this.#session = session;
    this.#call(session, deadlineMs, (end) => {
      if (end.kind === 'lost') this.#backoff.failed(this.#context.nowMs(), end.reason);
      this.#finish(this.#verdictOf(end));
    });
  }

  #call(session: HealthSession, deadlineMs: number, done: (end: CallEnd) => void): void {
    const { settings, nowMs } = this.#context;
    session.call(Math.max(1, Math.min(settings.rpcTimeoutMs, deadlineMs - nowMs())), (end) => {
      if (end.kind === 'exchange') this.#backoff.succeeded();
      // A server that hangs may have lost the connection: the next check makes a new one.
      else if (this.#session === session) this.#dropSession();
      done(end);
    });
  }

  #verdictOf(end: CallEnd): Verdict {
    switch (end.kind) {
      case 'exchange':
        return verdictOfExchange(end.exchange, end.utilization);
      case 'lost':
        return { kind: 'error', errorType: 'unreachable', reason: `no answer: ${end.reason}` };
      case 'timeout':
        return { kind: 'error', errorType: 'timeout', reason: 'no answer in time' };
      default:
        return end satisfies never;
    }
  }

  #finish(verdict: Verdict): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done(verdict);
  }

  #dropSession(): void {
    const session = this.#session;
    this.#session = null;
    session?.destroy();
  }
}

function verdictOfExchange(exchange: CheckExchange, utilization: number | null): Verdict {
  const verdict = judgeCheck(exchange);
  switch (verdict.kind) {
    case 'answered':
      return verdict.status === 'SERVING'
        ? { kind: 'up', utilization }
        : { kind: 'down', reason: `the backend answers ${verdict.status}` };
    case 'rpc-error': {
      const words = verdict.message === '' ? '' : `: ${verdict.message}`;
      return { kind: 'error', errorType: 'rpc_error', reason: `${grpcStatusName(verdict.code)}${words}` };
    }
    case 'protocol-error':
      return { kind: 'error', errorType: 'rpc_error', reason: verdict.reason };
    default:
      return verdict satisfies never;
  }
}
