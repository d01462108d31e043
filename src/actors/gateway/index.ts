/** The control API's actor: folds the telemetry of all actors, answers people and tools, and passes their commands on. */

import { Registry } from 'prom-client';
import { Subject } from 'rxjs';
import { metrics as healthMetrics } from '../../health/metrics.js';
import { Store, type StoreChange } from '../../machines/telemetry/store.js';
import type { Config } from '../../model/config.js';
import { messageOf } from '../../model/errors.js';
import type { MetricDefinition } from '../../model/observing/metrics.js';
import { packageVersion } from '../../model/package.js';
import { msFromNs } from '../../model/units.js';
import { subscriptionsLink } from '../../wire/links/subscriptions.js';
import { type Telemetry, telemetryLink } from '../../wire/links/telemetry.js';
import type { Actor, ActorContext, ActorFactory } from '../../workers/actor.js';
import { type ControlApi, createControlApi } from './control-api.js';
import { DaemonHealth } from './daemon-health.js';
import { configDocuments } from './documents.js';
import { EventHub } from './event-hub.js';
import { type App, createApp } from './http/app.js';
import { exposition } from './http/prometheus.js';
import { allRoutes } from './http/route-table.js';
import type { Documents, Services } from './http/routes.js';
import { createCallers } from './links.js';
import { accessOf } from './listeners/access.js';
import { Budget } from './listeners/budget.js';
import { GrpcHost } from './listeners/grpc-host.js';
import type { Access } from './listeners/guard.js';
import { RECEIVED_BYTES } from './listeners/listener-limits.js';
import { doorKinds, doorSetting, Listeners, wantedListeners } from './listeners/listeners.js';
import { metrics } from './metrics.js';
import { Turns } from './turns.js';

/** The factory around another reader of documents than the configuration module. */
export const gatewayWith =
  (documents: Documents, all: readonly MetricDefinition[]): ActorFactory =>
  async (context) => {
    const gateway = new Gateway(context, documents, all);
    try {
      await gateway.open();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  };

/** Rejects when a listener cannot be opened, or the token file not be read: the message says which and what to do. */
export const createGateway =
  (all: readonly MetricDefinition[]): ActorFactory =>
  (context) =>
    gatewayWith(configDocuments(context.log), all)(context);

class Gateway implements Actor {
  readonly #context: ActorContext;
  readonly #store: Store;
  readonly #hub: EventHub;
  readonly #doors: Listeners;
  readonly #grpc: GrpcHost;
  readonly #changes$ = new Subject<StoreChange>();
  readonly #health: DaemonHealth;
  readonly #api: ControlApi;
  readonly #registry = new Registry();
  readonly #documents: Documents;
  readonly #received = new Budget(RECEIVED_BYTES);
  /** Addresses of listeners as they were told last. */
  readonly #told = new Map<string, string | null>();
  #droppedTold = 0;
  #config: Config;
  #access: Access;
  #app: App | null = null;
  /** Reloads move listeners one after the other. */
  #moving: Promise<void> = Promise.resolve();

  constructor(context: ActorContext, documents: Documents, all: readonly MetricDefinition[]) {
    const { config, log, meter, now } = context;
    this.#context = context;
    this.#config = config;
    this.#access = accessOf(config, log);
    this.#documents = documents;
    // The boot clock's nanosecond is a name that no other life of a gateway has.
    this.#store = new Store({
      epoch: Math.floor(now()).toString(36),
      metrics: [...all, ...Object.values(healthMetrics)],
    });
    this.#api = createControlApi(createCallers(context, () => this.#config));
    this.#hub = new EventHub({
      store: this.#store,
      onClients: (count) => meter.gauge(metrics.fulcrum_event_clients, {}, count),
      onEnd: (reason) => meter.count(metrics.fulcrum_event_clients_ended_total, { reason }),
    });
    this.#health = new DaemonHealth({
      config: config.health,
      version: packageVersion(),
      registry: this.#registry,
      items: () => this.#store.items(),
      askSupervisor: () => this.#api.actors(),
      nowMs: () => msFromNs(now()),
    });
    this.#doors = new Listeners({
      handle: (request, response, kind) => this.#app?.handle(request, response, kind),
      refused: (listener, reason) => meter.count(metrics.fulcrum_http_refused_total, { listener, reason }),
    });
    this.#grpc = this.#grpcHost();
  }

  #grpcHost(): GrpcHost {
    return new GrpcHost(() => ({
      api: this.#api,
      store: this.#store,
      changes$: this.#changes$,
      health: () => this.#health.checker,
      access: () => this.#access,
      subscriptions: this.#context.link(subscriptionsLink, 'a'),
      received: this.#received,
      holds: this.#context.holds,
      log: this.#context.log,
      meter: this.#context.meter,
    }));
  }

  async open(): Promise<void> {
    const { log, meter } = this.#context;
    const services = this.#services();
    this.#app = await createApp({
      routes: allRoutes(services.identity.version),
      services,
      access: () => this.#access,
      onDefect: (error, request) => log.error({ err: error, request }, 'a request failed by a defect'),
      onAnswer: (listener, status) =>
        meter.count(metrics.fulcrum_http_requests_total, { listener, status: `${Math.floor(status / 100)}xx` }),
    });
    this.#context.links(telemetryLink, 'b').subscribe((link) => {
      link.in$.subscribe((message) => this.#take(link.peer, message));
    });
    await this.#doors.openAll(wantedListeners(this.#config));
    await this.#grpc.move(this.#config.control.grpc);
    this.#tellListeners();
  }

  configure(config: Config): void {
    const { log } = this.#context;
    this.#config = config;
    this.#health.configure(config.health);
    try {
      this.#access = accessOf(config, log);
    } catch (error) {
      this.#alarm('token', `the token stays as it was: ${messageOf(error)}`);
    }
    this.#moving = this.#moving.then(() => this.#moveListeners(config));
  }

  async stop(): Promise<void> {
    await this.#moving;
    this.#hub.close();
    await Promise.all([this.#doors.close(), this.#grpc.close()]);
    await Promise.all([this.#health.close(), this.#app?.close()]);
  }

  async #moveListeners(config: Config): Promise<void> {
    const failures = [...(await this.#doors.move(wantedListeners(config)))];
    try {
      await this.#grpc.move(config.control.grpc);
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
    for (const failure of failures) this.#alarm('listener', `${failure.message}; the old listener stays`);
    this.#tellListeners();
  }

  #take(actor: string, message: Telemetry): void {
    for (const change of this.#store.apply(actor, message)) {
      if (change.kind === 'state' && change.item.type === 'actor') this.#health.restarts.observe(change.item.view);
      if (change.kind === 'state-gone') this.#health.restarts.forget(change.key.replace(/^actor\//, ''));
      this.#hub.publish(change);
      this.#changes$.next(change);
    }
    if (message.kind === 'metrics') this.#countDropped();
  }

  #countDropped(): void {
    const { dropped } = this.#store.metrics;
    if (dropped === this.#droppedTold) return;
    this.#context.meter.count(metrics.fulcrum_metric_samples_dropped_total, {}, dropped - this.#droppedTold);
    this.#droppedTold = dropped;
  }

  #tellListeners(): void {
    for (const kind of doorKinds) this.#tellListener(doorSetting[kind], this.#doors.addressOf(kind));
    this.#tellListener('control.grpc', this.#grpc.address);
  }

  #tellListener(name: string, address: string | null): void {
    const { log } = this.#context;
    const key = `listener/${name}`;
    if (address === (this.#told.get(key) ?? null)) return;
    this.#told.set(key, address);
    if (address !== null) log.info({ listener: name, address }, `${name} listens on ${address}`);
    this.#context.state(key, address === null ? null : { type: 'listener', key, name, address });
  }

  #alarm(alarm: string, why: string): void {
    this.#context.log.error({ alarm }, why);
    this.#context.event({ type: 'alarm', alarm, why });
  }

  #services(): Services {
    const version = packageVersion();
    return {
      api: this.#api,
      store: this.#store,
      hub: this.#hub,
      documents: this.#documents,
      turns: new Turns(),
      metrics: () => exposition(this.#store, { version, node: this.#config.node.name }, [this.#registry]),
      health: () => this.#health,
      changesOverTcp: () => this.#access.token !== null,
      identity: {
        node: () => this.#config.node.name,
        version,
        pid: process.pid,
        uptimeMs: () => process.uptime() * 1000,
      },
    };
  }
}
