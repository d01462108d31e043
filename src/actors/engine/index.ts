/**
 * The engine: from what the monitors say of targets to what the data plane should do. It owns the state of every backend
 * and service; nobody else decides about them.
 */
import { join } from 'node:path';
import type { Config } from '../../model/config.js';
import { serviceOfPart } from '../../model/dataplane/service-parts.js';
import { threadCpuMs } from '../../os/process/thread-cpu.js';
import { type FromDataplane, tableLink } from '../../wire/links/tables.js';
import type { TargetStatus } from '../../wire/links/targets.js';
import { type FromVrrp, type ToVrrp, trackingLink, vrrpStateLink } from '../../wire/links/vrrp-states.js';
import type { Actor, ActorContext, ActorFactory } from '../../workers/actor.js';
import { serveCalls } from '../../workers/links/rpc.js';
import { rehearse } from '../warm-up/engine.js';
import { Answers } from './answers.js';
import { BackendResolver } from './backend-resolver.js';
import { engineCalls } from './calls.js';
import { ConfigReconciler } from './config-reconciler.js';
import { FwmarkAllocator } from './fwmark-allocator.js';
import { engineHandlers } from './handlers.js';
import { Mastership } from './mastership.js';
import { Drains } from './operator/drains.js';
import { Maintenance } from './operator/maintenance.js';
import { Overrides } from './operator/overrides.js';
import { desiredOf } from './service/desired.js';
import { Backend, type Service, type Subscriber } from './service/service.js';
import { NO_MAINTENANCE, readMaintenance } from './state/maintenance-file.js';
import { SavedState } from './state/saved-state.js';
import { StateSaver } from './state/state-saver.js';
import { TableWriter } from './table-writer.js';
import { Shards } from './targets/shards.js';
import { serveSubscriptions } from './targets/subscriptions.js';
import { heldStatus, isSameWeight, Targets } from './targets/targets.js';
import { tellBackend, tellService } from './tell.js';
import { Throttle } from './throttle.js';

/** How long the first table may wait for shards that outlived the last engine to say how their targets are. */
const FIRST_TABLE_LIMIT_MS = 5000;
/** Deciding a service of so many backends takes well below a millisecond. */
const QUICK_BACKENDS = 100;

export const createEngine: ActorFactory = async (context) => {
  await rehearse(context.config, (dry) => new Engine(dry, SavedState.nothing(), null));
  const { stateDir } = context.config.node;
  const savedState = await SavedState.load(join(stateDir, 'engine-state.ndjson'), context);
  return new Engine(context, savedState, stateDir);
};

class Engine implements Actor {
  readonly #context: ActorContext;
  readonly #services = new Map<string, Service>();
  readonly #targets: Targets<Subscriber>;
  readonly #fwmarks = new FwmarkAllocator();
  readonly #mastership = new Mastership();
  readonly #names: BackendResolver;
  readonly #shards: Shards;
  readonly #table: TableWriter;
  readonly #stateSaver: StateSaver;
  readonly #drains: Drains;
  readonly #maintenance: Maintenance;
  readonly #overrides: Overrides;
  readonly #configReconciler: ConfigReconciler;
  readonly #answers: Answers;
  readonly #toVrrp: (message: ToVrrp) => void;
  readonly #gate: NodeJS.Timeout;
  /** Deciding a large service takes long, and its backends change by the hundred. */
  readonly #throttle: Throttle<Service>;
  #tableOpen = false;

  /** `stateDir` null: nothing is remembered. */
  constructor(context: ActorContext, savedState: SavedState, stateDir: string | null) {
    this.#context = context;
    this.#targets = new Targets(context.config.runtime.monitorShards, (key) => savedState.status(key));
    context.holds(() => Array.from(this.#targets.all(), ({ spec }) => spec.check));
    this.#shards = new Shards(this.#targets);
    this.#throttle = new Throttle({
      cpuMs: threadCpuMs,
      isQuick: ({ backends }) => backends.size <= QUICK_BACKENDS,
      work: (service) => {
        this.#evaluate(service);
        this.#answers.settle();
      },
    });
    this.#drains = new Drains({
      // Its reason alone is another one.
      counted: (backend) => {
        backend.decision = backend.decide();
        tellBackend(context, backend);
      },
      finished: (backend) => this.#overridden(backend.service),
    });
    this.#maintenance = new Maintenance({
      context,
      stateDir,
      kept: stateDir === null ? NO_MAINTENANCE : readMaintenance(stateDir),
      changed: (on) => this.#onMaintenance(on),
    });
    this.#overrides = new Overrides({
      context,
      drains: this.#drains,
      services: this.#services,
      inMaintenance: () => this.#maintenance.on,
      changed: (service) => this.#overridden(service),
    });
    this.#names = new BackendResolver(context, savedState.names, () => this.#onNames());
    const snapshot = () => savedState.snapshot(this.#targets, this.#services.values(), this.#names.known);
    this.#stateSaver = new StateSaver(savedState.file, snapshot, context);

    const dataplane = context.link(tableLink, 'a');
    this.#table = new TableWriter(dataplane);
    this.#answers = new Answers({
      send: (message) => dataplane.out.next(message),
      isSettled: () => this.#tableOpen && this.#throttle.idle,
    });
    dataplane.in$.subscribe((message) => this.#onDataplane(message));

    const tellVrrp: ((message: ToVrrp) => void)[] = [];
    this.#toVrrp = (message) => {
      for (const tell of tellVrrp) tell(message);
    };
    context.links(trackingLink, 'a').subscribe((link) => {
      tellVrrp.push((message) => link.out.next(message));
      link.connected$.subscribe(() => this.#tellVrrpAll());
    });

    this.#configReconciler = new ConfigReconciler({
      context,
      savedState,
      services: this.#services,
      targets: this.#targets,
      fwmarks: this.#fwmarks,
      names: this.#names,
      table: this.#table,
      drains: this.#drains,
      throttle: this.#throttle,
      mastership: this.#mastership,
    });
    this.#adopt(context.config);
    savedState.forgetServices();
    dataplane.connected$.subscribe(() => {
      if (this.#tableOpen) this.#tellTable();
    });
    context.links(vrrpStateLink, 'b').subscribe((link) => link.in$.subscribe((message) => this.#onVrrp(message)));
    this.#gate = setTimeout(() => this.#openTable(), FIRST_TABLE_LIMIT_MS);

    serveSubscriptions(context, this.#targets, () => this.#shards.tellMoves());
    const handlers = engineHandlers({
      services: this.#services,
      targets: this.#targets,
      overrides: this.#overrides,
      maintenance: this.#maintenance,
    });
    context.links(engineCalls, 'b').subscribe((link) => serveCalls(link, handlers));
    // What waits in the links is delivered at once, so everything else stands before this.
    this.#shards.listen(
      context,
      (statuses, change) => this.#onStatuses(statuses, change),
      (shard, until) => this.#answers.owe(shard, until),
    );
    this.#shards.tellMoves();
  }

  configure(config: Config): void {
    this.#targets.resize(config.runtime.monitorShards);
    this.#adopt(config);
    this.#shards.tellMoves();
    this.#stateSaver.changed();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#gate);
    this.#throttle.close();
    this.#names.close();
    await this.#stateSaver.stop();
  }

  #adopt(config: Config): void {
    this.#mastership.configure(config);
    this.#table.together(() => {
      this.#configReconciler.adopt(config);
      this.#overrides.restAll();
      if (this.#tableOpen) for (const probe of this.#fwmarks.services()) this.#table.tell(probe);
      for (const service of this.#services.values()) this.#evaluate(service, true);
    });
    this.#answers.settle();
  }

  #onStatuses(statuses: readonly TargetStatus[], change: boolean): void {
    const touched = new Set<Service>();
    for (const status of statuses) {
      const target = this.#targets.get(status.key);
      if (target === undefined) continue;
      const changed = target.status.state !== status.state || !isSameWeight(target.status, status);
      target.status = heldStatus(target.key, status);
      for (const subscriber of target.subscribers) {
        if (!(subscriber instanceof Backend)) subscriber.notify(target);
        else if (changed) touched.add(subscriber.service);
      }
    }
    // A new engine that hears what shards have known for long begins with it: nothing changed.
    const begins = !change && !this.#tableOpen;
    for (const service of touched) {
      if (!begins) {
        this.#throttle.request(service);
        continue;
      }
      service.evaluate();
      this.#evaluate(service, true);
    }
    if (touched.size > 0) this.#stateSaver.changed();
    if (!this.#tableOpen && this.#shards.allReported()) this.#openTable();
  }

  /** Decides a service anew and tells whoever is concerned; with `always`, the observers even where nothing changed. */
  #evaluate(service: Service, always = false): void {
    const changes = service.evaluate();
    if (this.#tableOpen) this.#table.tellParts(service.name, desiredOf(service));
    if (changes.health !== null || always) {
      this.#toVrrp({ kind: 'service-health', service: service.name, healthy: service.healthy });
    }
    tellService(this.#context, service, changes, always);
  }

  #openTable(): void {
    clearTimeout(this.#gate);
    if (this.#tableOpen) return;
    this.#tableOpen = true;
    this.#tellTable();
  }

  #tellTable(): void {
    const services = [...this.#services.values()].flatMap((service) => desiredOf(service));
    this.#table.tellAll([...services, ...this.#fwmarks.services()]);
    this.#answers.oweAll();
  }

  #tellVrrpAll(): void {
    this.#toVrrp({ kind: 'maintenance', on: this.#maintenance.on });
    for (const { name, healthy } of this.#services.values()) {
      this.#toVrrp({ kind: 'service-health', service: name, healthy });
    }
  }

  #onNames(): void {
    for (const service of this.#services.values()) {
      let changed = false;
      for (const backend of service.backends.values()) {
        const address = this.#names.addressOf(backend.config.address);
        changed ||= address !== backend.address;
        backend.address = address;
      }
      if (changed) this.#evaluate(service);
    }
    this.#stateSaver.changed();
  }

  #onDataplane(message: FromDataplane): void {
    if (message.kind !== 'connections') return;
    const { service: part, active } = message;
    const backend = this.#services.get(serviceOfPart(part))?.backends.get(message.backend);
    if (backend !== undefined) this.#drains.count(backend, active, part);
  }

  #onVrrp({ instance, state }: FromVrrp): void {
    this.#mastership.hear(instance, state);
    for (const service of this.#configReconciler.followMaster()) this.#evaluate(service, true);
    this.#shards.tellMoves();
  }

  #onMaintenance(on: boolean): void {
    if (on) this.#overrides.restAll();
    else this.#overrides.wakeAll();
    for (const service of this.#services.values()) this.#evaluate(service);
    this.#toVrrp({ kind: 'maintenance', on });
  }

  #overridden(service: Service): void {
    this.#evaluate(service);
    this.#stateSaver.changed();
  }
}
