import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../model/observing/log.js';
import type { Meter } from '../../model/observing/meter.js';
import type { Clock } from '../../model/units.js';
import { msFromNs } from '../../model/units.js';
import { SessionMeter } from '../../os/sockets/session-meter.js';
import { listenFailure } from '../gateway/listeners/listen-error.js';
import { plainAddress } from './access-list.js';
import { answerText, type Verdict } from './answer.js';
import type { CheckResults } from './check-results.js';
import { ChannelCache } from './client/channel-cache.js';
import { AgentClient } from './client/client.js';
import { MAX_SESSION_BYTES } from './client/health-session.js';
import { createResolver } from './client/resolver.js';
import { type AgentMetrics, agentMetrics } from './metrics.js';
import type { AgentRequest } from './request-line.js';
import type { AgentSettings } from './settings.js';

/** Many HAProxy processes with a kept connection each; a connection costs about 6 KB. */
const MAX_CLIENTS = 16_384;
/** How often idle channels are looked for. */
const SWEEP_PERIOD_MS = 10_000;
/** Connections that wait to be accepted: HAProxy may start thousands of checks in one moment. */
const BACKLOG = 4096;

export type AgentServerContext = {
  readonly now: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly checkResults: CheckResults;
};

/** HAProxy's agent check, answered by gRPC health checks of the backends that the requests name. */
export class AgentServer {
  readonly #settings: AgentSettings;
  readonly #context: AgentServerContext;
  readonly #metrics: AgentMetrics;
  readonly #channels: ChannelCache;
  readonly #sessions = new SessionMeter(MAX_SESSION_BYTES);
  readonly #server: Server;
  readonly #clients = new Set<AgentClient>();
  /** Null: it does not listen. */
  #sweeper: NodeJS.Timeout | null = null;
  // A trace id is 16 bytes (W3C Trace Context): half of them random once, the rest counts.
  readonly #tracePrefix = randomBytes(8).toString('hex');
  #traces = 0;
  #idle: (() => void) | null = null;

  constructor(settings: AgentSettings, context: AgentServerContext) {
    this.#settings = settings;
    this.#context = context;
    this.#metrics = agentMetrics(context.meter);
    const nowMs = (): number => msFromNs(context.now());
    this.#channels = new ChannelCache(
      { settings: settings.channel, resolve: createResolver(nowMs), meter: this.#sessions, nowMs },
      this.#metrics.channels,
    );
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => this.#accept(socket));
    this.#metrics.connections(0);
  }

  /** The address that it listens on. */
  listen(): Promise<AddressInfo> {
    const { host, port } = this.#settings.listen;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(listenFailure(`the HAProxy agent cannot listen on ${host}:${port}`, error));
      });
      this.#server.listen({ host, port, backlog: BACKLOG }, () => {
        this.#server.removeAllListeners('error');
        // Such as no descriptor left for one connection; the listener itself goes on.
        this.#server.on('error', (error) => this.#context.log.error({ error: error.message }, 'accept failed'));
        this.#sweeper = setInterval(() => this.#channels.sweep(), SWEEP_PERIOD_MS);
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /** Takes no new requests, answers those under way, and closes everything. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const drained = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    for (const client of this.#clients) client.stop();
    if (this.#clients.size > 0) await drained;
    await closed;
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#channels.close();
    this.#sessions.close();
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress;
    if (address === undefined) {
      socket.destroy();
    } else if (!this.#settings.allowClients.allows(address)) {
      this.#turnAway(socket, address, 'allow_clients does not allow this client');
    } else if (this.#clients.size >= MAX_CLIENTS) {
      this.#turnAway(socket, address, `${MAX_CLIENTS} clients are connected`);
    } else {
      this.#serve(socket);
    }
  }

  #turnAway(socket: Socket, address: string, reason: string): void {
    socket.destroy();
    this.#metrics.refusedClient();
    this.#context.log.warn({ component: 'agent', client: plainAddress(address), reason }, 'client turned away');
  }

  #serve(socket: Socket): void {
    const peer = `${plainAddress(socket.remoteAddress ?? '')}:${socket.remotePort}`;
    const client = new AgentClient(socket, {
      request: (request, answer) => this.#check(peer, request, answer),
      malformed: (reason) => this.#malformed(peer, reason),
    });
    this.#clients.add(client);
    this.#metrics.connections(this.#clients.size);
    this.#context.log.debug({ component: 'agent', client: peer }, 'connection opened');
    socket.once('close', () => {
      this.#clients.delete(client);
      this.#metrics.connections(this.#clients.size);
      this.#context.log.debug({ component: 'agent', client: peer }, 'connection closed');
      if (this.#clients.size === 0) this.#idle?.();
    });
  }

  #check(client: string, request: AgentRequest, answer: (text: string) => void): void {
    const startedNs = this.#context.now();
    const finish = (verdict: Verdict, source: 'probe' | 'check-results'): void => {
      const durationMs = (this.#context.now() - startedNs) / 1e6;
      this.#metrics.checked(verdict, durationMs);
      this.#log(client, verdict, {
        backend: `${request.host}:${request.port}`,
        authority: request.authority,
        source,
        duration_ms: Math.round(durationMs * 1000) / 1000,
      });
      answer(answerText(verdict, this.#settings.style));
    };
    const probe = (): void => this.#channels.check(request, (verdict) => finish(verdict, 'probe'));
    if (!this.#settings.useCheckResults) {
      probe();
      return;
    }
    this.#context.checkResults(request).then(
      (known) => (known === null ? probe() : finish(known, 'check-results')),
      () => probe(),
    );
  }

  #malformed(client: string, reason: string): string {
    const verdict: Verdict = { kind: 'error', errorType: 'protocol_error', reason };
    this.#metrics.checked(verdict, 0);
    this.#log(client, verdict, {});
    return answerText(verdict, this.#settings.style);
  }

  #log(client: string, verdict: Verdict, more: object): void {
    this.#traces += 1;
    const fields = {
      component: 'agent',
      trace_id: this.#tracePrefix + this.#traces.toString(16).padStart(16, '0'),
      client,
      ...more,
      status: verdict.kind === 'up' ? 'up' : 'down',
    };
    if (verdict.kind === 'up') this.#context.log.info(fields, 'health check completed');
    else if (verdict.kind === 'down')
      this.#context.log.info({ ...fields, reason: verdict.reason }, 'health check completed');
    else
      this.#context.log.warn(
        { ...fields, error_type: verdict.errorType, reason: verdict.reason },
        'health check without a result: answered as down',
      );
  }
}
