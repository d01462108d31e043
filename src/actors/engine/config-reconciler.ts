/** Brings services and backends to a configuration: whatever did not change keeps what is known of it. */
import type { Config, ServiceConfig } from '../../model/config.js';
import { serviceKey } from '../../model/dataplane/table.js';
import type { ActorContext } from '../../workers/actor.js';
import type { BackendResolver } from './backend-resolver.js';
import { type FwmarkAllocator, fwmarksOf } from './fwmark-allocator.js';
import type { Mastership } from './mastership.js';
import type { Drains } from './operator/drains.js';
import { Backend, Service, type Subscriber } from './service/service.js';
import type { SavedState } from './state/saved-state.js';
import type { TableWriter } from './table-writer.js';
import { isSameProbe, probeSpecOf } from './targets/probe-spec.js';
import type { Targets } from './targets/targets.js';
import { tellGone } from './tell.js';
import type { Throttle } from './throttle.js';

type Parts = {
  readonly context: ActorContext;
  readonly savedState: SavedState;
  /** By name. */
  readonly services: Map<string, Service>;
  readonly targets: Targets<Subscriber>;
  readonly fwmarks: FwmarkAllocator;
  readonly names: Pick<BackendResolver, 'addressOf'>;
  readonly table: TableWriter;
  readonly drains: Drains;
  readonly throttle: Throttle<Service>;
  readonly mastership: Mastership;
};

export class ConfigReconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  adopt({ services: wanted }: Config): void {
    const { services, fwmarks, savedState, drains, table } = this.#parts;
    fwmarks.begin(fwmarksOf(wanted));
    this.#letGo(wanted);
    for (const config of wanted) {
      const known = services.get(config.name);
      const service = known ?? new Service(config);
      service.config = config;
      service.suspended = !this.#parts.mastership.isProbed(config);
      services.set(service.name, service);
      this.#adoptBackends(service);
      if (known === undefined) savedState.restore(service, (backend) => drains.resume(backend));
    }
    for (const name of fwmarks.prune()) table.remove(name);
  }

  /** A service whose name is not wanted any more goes, or has the new name of its address. */
  #letGo(wanted: readonly ServiceConfig[]): void {
    const { services } = this.#parts;
    const names = new Set(wanted.map(({ name }) => name));
    const fresh = wanted.filter(({ name }) => !services.has(name));
    const freshByKey = new Map(fresh.map((config) => [serviceKey(config.match), config]));
    for (const service of [...services.values()]) {
      if (names.has(service.name)) continue;
      const renamed = freshByKey.get(serviceKey(service.config.match));
      if (renamed === undefined) this.#removeService(service);
      else this.#rename(service, renamed);
    }
  }

  #adoptBackends(service: Service): void {
    const wanted = service.config.backends;
    const names = new Set(wanted.map(({ name }) => name));
    for (const backend of [...service.backends.values()]) {
      if (!names.has(backend.config.name)) this.#removeBackend(backend);
    }
    for (const config of wanted) {
      const address = this.#parts.names.addressOf(config.address);
      const known = service.backends.get(config.name);
      const backend = known ?? new Backend(service, config, address);
      backend.config = config;
      backend.address = address;
      service.backends.set(config.name, backend);
      this.#parts.drains.adjust(backend);
      this.#subscribe(backend);
      // What a new backend begins with, a resumed state too, is no change.
      if (known === undefined) backend.decision = backend.decide();
    }
  }

  /** Where VRRP has moved addresses, checks begin or end. Answers with the services that it concerns. */
  followMaster(): readonly Service[] {
    const { services, mastership } = this.#parts;
    return [...services.values()].filter((service) => {
      const suspended = !mastership.isProbed(service.config);
      if (suspended === service.suspended) return false;
      service.suspended = suspended;
      for (const backend of service.backends.values()) this.#subscribe(backend);
      return true;
    });
  }

  #subscribe(backend: Backend): void {
    const { targets, fwmarks } = this.#parts;
    const before = backend.targets;
    backend.targets = backend.config.checks.map((check) => {
      const spec = probeSpecOf(backend.service.config, backend.config, check, (...of) => fwmarks.markOf(...of));
      // A check that is only asked more often, or with more patience, keeps what it knows.
      const like = before.find((target) => isSameProbe(target.spec, spec)) ?? null;
      return backend.service.suspended ? targets.idle(spec, like) : targets.subscribe(spec, backend, like);
    });
    const kept = new Set(backend.service.suspended ? [] : backend.targetKeys);
    for (const { key } of before) if (!kept.has(key)) targets.unsubscribe(key, backend);
  }

  #removeBackend(backend: Backend): void {
    const { context, targets, drains } = this.#parts;
    for (const target of backend.targets) targets.unsubscribe(target.key, backend);
    drains.end(backend);
    backend.service.backends.delete(backend.config.name);
    tellGone(context, backend.service.name, backend.config.name);
  }

  #removeService(service: Service): void {
    for (const backend of [...service.backends.values()]) this.#removeBackend(backend);
    this.#parts.throttle.forget(service);
    this.#forgetName(service);
  }

  /** What is known of it, and what operators said, is as true as before. */
  #rename(service: Service, config: ServiceConfig): void {
    const { context, services } = this.#parts;
    for (const name of service.backends.keys()) tellGone(context, service.name, name);
    this.#forgetName(service);
    service.config = config;
    services.set(service.name, service);
  }

  #forgetName({ name }: Service): void {
    const { context, services, table } = this.#parts;
    services.delete(name);
    table.remove(name);
    tellGone(context, name, null);
  }
}
