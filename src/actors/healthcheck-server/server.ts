import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { HealthcheckServerConfig } from '../../config/sections/healthcheck-server.js';
import type { Log } from '../../model/observing/log.js';
import { msFromNs } from '../../model/units.js';
import type { Subscription, SubscriptionStatus } from '../../wire/links/subscriptions.js';
import type { IdentifiedStatus } from '../../wire/seesaw/healthcheck-messages.js';
import { Budget } from '../gateway/listeners/budget.js';
import { inodeOf, listenOnUnixSocket } from '../gateway/listeners/unix-socket.js';
import { MAX_CONFIGS, type Transition } from './config-set.js';
import { resolveOwner } from './owner.js';
import { MAX_LINE_BYTES, Session } from './session.js';

/** One proxy, the one that replaces it, and some people with nc. */
const MAX_CLIENTS = 64;
/** How long the checks of a client that went away go on, so that it finds them as they are when it comes back. */
const KEEP_MS = 30_000;

/** What lines that are not whole yet, or wait to be read, hold: three of full size. */
const LINE_BYTES = { total: 3 * MAX_LINE_BYTES, perClient: 2 * MAX_LINE_BYTES };

export type HealthcheckServerOptions = {
  readonly config: HealthcheckServerConfig;
  readonly log: Log;
  readonly subscribe: (subscriptions: readonly Subscription[]) => void;
  readonly unsubscribe: (ids: readonly string[]) => void;
  /** A client asked for the end of the server. */
  readonly onShutdown: () => void;
};

/** The socket of the seeds' health-check server: takes configs from its clients, and tells them how the targets are. */
export class HealthcheckServer {
  readonly #options: HealthcheckServerOptions;
  readonly #server: Server;
  readonly #sessions = new Map<string, Session>();
  /** Those whose client is gone, with the timers that end them. */
  readonly #leftovers = new Map<Session, NodeJS.Timeout>();
  /** Null: it does not listen. */
  #notifier: NodeJS.Timeout | null = null;
  readonly #lineBytes = new Budget(LINE_BYTES);
  #lastSession = 0;
  #turn: Promise<void> = Promise.resolve();
  #inode: bigint | null = null;

  constructor(options: HealthcheckServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @throws CommandError when the socket is somebody else's, or its owner does not exist */
  async listen(): Promise<void> {
    const { socket, owner, notifyIntervalNs } = this.#options.config;
    const account = owner === null ? null : await resolveOwner(owner);
    await listenOnUnixSocket(this.#server, socket, { setting: 'healthcheck_server.socket', owner: account });
    this.#inode = inodeOf(socket);
    this.#notifier = setInterval(() => {
      for (const session of this.#sessions.values()) session.notifyAll();
    }, msFromNs(notifyIntervalNs));
    this.#server.on('error', (error) => this.#options.log.error({ error: error.message }, 'accept failed'));
    this.#options.log.info({ socket }, 'Proxy listener started');
  }

  update(statuses: readonly SubscriptionStatus[]): void {
    for (const { id, status } of statuses) {
      const session = this.#sessionOf(id);
      session?.update(id, status);
    }
  }

  /** Everything that is wanted, for an engine that knows nothing. */
  *subscriptions(): Iterable<Subscription> {
    for (const session of this.#all()) yield* session.configs.subscriptions();
  }

  /** What was written for clients that have not read it yet. */
  get unreadBytes(): number {
    return [...this.#sessions.values()].reduce((sum, { unreadBytes }) => sum + unreadBytes, 0);
  }

  async stop(): Promise<void> {
    if (this.#notifier !== null) clearInterval(this.#notifier);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const timer of this.#leftovers.values()) clearTimeout(timer);
    for (const session of this.#sessions.values()) session.end();
    await closed;
    this.#removeSocket();
    this.#options.unsubscribe([...this.subscriptions()].map(({ id }) => id));
  }

  #accept(socket: Socket): void {
    const { config, log } = this.#options;
    if (this.#sessions.size >= MAX_CLIENTS) {
      log.warn({ clients: MAX_CLIENTS }, 'a client was turned away: too many are connected');
      socket.destroy();
      return;
    }
    this.#lastSession += 1;
    const session: Session = new Session(socket, {
      name: String(this.#lastSession),
      batchSize: config.batchSize,
      batchDelayMs: msFromNs(config.batchDelayNs),
      holding: this.#lineBytes.hold(String(this.#lastSession)),
      inTurn: (work) => {
        const done = this.#turn.then(work);
        this.#turn = done.catch(() => undefined);
        return done;
      },
      allStatuses: () => this.#allStatuses(),
      otherConfigs: () => count(this.#sessions.values()) - session.configs.size,
      onChange: (_session, { subscribe, unsubscribe }) => {
        log.info({ client: session.name }, `Received ${session.configs.size} healthcheck configs from proxy`);
        // In this order: a target that stays wanted is never without a subscriber.
        this.#options.subscribe(subscribe);
        this.#options.unsubscribe(unsubscribe);
      },
      onShutdown: () => {
        log.info({ client: session.name }, 'Shutdown requested by proxy');
        this.#options.onShutdown();
      },
      onTransition: (_session, transition) => this.#logTransition(session, transition),
      onProblem: (_session, message) => log.warn({ client: session.name, reason: message }, 'a message was refused'),
    });
    this.#sessions.set(session.name, session);
    log.info({ client: session.name }, 'Go proxy connected');
    socket.once('close', () => this.#onClose(session));
  }

  #onClose(session: Session): void {
    this.#sessions.delete(session.name);
    this.#options.log.info({ client: session.name }, 'Go proxy disconnected');
    if (session.configs.size === 0) return;
    const timer = setTimeout(() => this.#forget(session), KEEP_MS);
    // A server that is stopped meanwhile need not wait for it.
    timer.unref();
    this.#leftovers.set(session, timer);
    // A client that comes and goes must not leave more behind than one client may have.
    for (const oldest of this.#leftovers.keys()) {
      if (count(this.#leftovers.keys()) <= MAX_CONFIGS) break;
      this.#forget(oldest);
    }
  }

  #forget(leftover: Session): void {
    clearTimeout(this.#leftovers.get(leftover));
    this.#leftovers.delete(leftover);
    this.#options.unsubscribe([...leftover.configs.subscriptions()].map(({ id }) => id));
  }

  #logTransition(session: Session, { from, to }: Transition): void {
    const fields = {
      client: session.name,
      id: to.id,
      old_state: from,
      new_state: to.status.state,
      why: to.status.message,
    };
    this.#options.log.info(fields, 'Health state changed');
  }

  *#all(): Iterable<Session> {
    yield* this.#sessions.values();
    yield* this.#leftovers.keys();
  }

  *#allStatuses(): Iterable<IdentifiedStatus> {
    for (const session of this.#all()) yield* session.configs.statuses();
  }

  #sessionOf(subscription: string): Session | undefined {
    const name = subscription.slice(0, subscription.indexOf('/'));
    const live = this.#sessions.get(name);
    if (live !== undefined) return live;
    for (const session of this.#leftovers.keys()) if (session.name === name) return session;
    return undefined;
  }

  #removeSocket(): void {
    const { socket } = this.#options.config;
    if (this.#inode !== null && inodeOf(socket) === this.#inode) rmSync(socket, { force: true });
  }
}

const count = (sessions: Iterable<Session>): number => {
  let configs = 0;
  for (const session of sessions) configs += session.configs.size;
  return configs;
};
