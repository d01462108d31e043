/** What operators say of backends and services, and what maintenance of the node makes of all of them. */
import { CommandError } from '../../../model/errors.js';
import type { ActorContext } from '../../../workers/actor.js';
import type { EngineCalls } from '../calls.js';
import type { Backend, Service } from '../service/service.js';
import { tellBackend, tellWeight } from '../tell.js';
import { type Drains, FOR_MAINTENANCE } from './drains.js';

type OverrideAction = EngineCalls['override']['ask']['action'];
const resultOf = { enable: 'none', disable: 'disabled' } as const;

export type OverridesParts = {
  readonly context: ActorContext;
  readonly drains: Drains;
  readonly services: ReadonlyMap<string, Service>;
  readonly inMaintenance: () => boolean;
  /** To be decided anew, and remembered. */
  readonly changed: (service: Service) => void;
};

export class Overrides {
  readonly #parts: OverridesParts;

  constructor(parts: OverridesParts) {
    this.#parts = parts;
  }

  /** False: it was so already. */
  override(backend: Backend, action: OverrideAction): boolean {
    const { drains, changed } = this.#parts;
    const { override } = backend;
    const { kind } = override;
    if (backend.rests) {
      if (action === 'enable') {
        throw new CommandError(
          'ERR_CONFLICT',
          `${backend.key} is drained for maintenance: fulcrum maintenance off takes it back`,
        );
      }
      if (action === 'drain') return this.#keepDrained(backend);
    } else if (action === 'drain' ? kind === 'draining' || kind === 'drained' : kind === resultOf[action]) {
      return false;
    }
    drains.end(backend);
    switch (action) {
      case 'drain':
        drains.start(backend);
        break;
      case 'disable':
        backend.override = { kind: 'disabled', why: 'disabled by an operator' };
        break;
      case 'enable':
        backend.override = { kind: 'none' };
        this.#rest(backend);
        break;
      default:
        action satisfies never;
    }
    changed(backend.service);
    return true;
  }

  /** False: it was so already. */
  setWeight(backend: Backend, weight: number): boolean {
    const { context, changed } = this.#parts;
    const { weight: from, config, service, weightOverride: before } = backend;
    backend.weightOverride = { weight, configured: config.weight };
    if (backend.weightOverride?.weight === before?.weight) return false;
    tellWeight(context, backend, from, 'by an operator');
    changed(service);
    tellBackend(context, backend);
    return true;
  }

  /** `enabled` null: as the configuration says. */
  forceService(service: Service, enabled: boolean | null): void {
    const { drains, changed } = this.#parts;
    service.force(enabled);
    for (const backend of service.backends.values()) {
      drains.adjust(backend);
      this.#rest(backend);
    }
    changed(service);
  }

  /** Drains, while the node is in maintenance, whatever serves; whoever calls has the services decided. */
  restAll(): void {
    for (const { backends } of this.#parts.services.values()) for (const each of backends.values()) this.#rest(each);
  }

  /** Maintenance is over: all is as it was before, and as operators have said since. */
  wakeAll(): void {
    for (const { backends } of this.#parts.services.values()) {
      for (const backend of backends.values()) {
        if (!backend.rests) continue;
        this.#parts.drains.end(backend);
        backend.override = { kind: 'none' };
      }
    }
  }

  #rest(backend: Backend): void {
    const { inMaintenance, drains } = this.#parts;
    const { override, config, service } = backend;
    if (!inMaintenance() || override.kind !== 'none' || !config.enabled || !service.enabled) return;
    drains.start(backend, FOR_MAINTENANCE);
  }

  /** What was begun for maintenance stays after it. */
  #keepDrained(backend: Backend): boolean {
    const { override } = backend;
    if (override.kind !== 'draining' && override.kind !== 'drained') return false;
    const { maintenance: _, ...own } = override;
    backend.override = own;
    this.#parts.changed(backend.service);
    return true;
  }
}
