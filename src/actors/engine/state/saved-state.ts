import { isForMaintenance, type Override } from '../../../machines/health/backend-state.js';
import type { TargetKey } from '../../../model/states.js';
import type { TargetStatus } from '../../../wire/links/targets.js';
import type { ActorContext } from '../../../workers/actor.js';
import type { Backend, Service, Subscriber } from '../service/service.js';
import type { Targets } from '../targets/targets.js';
import type { EngineState, SavedOverride } from './engine-state.js';
import { loadState } from './state-file.js';

/** A status older than this says nothing about now: the target starts as unknown, and its first probe decides. */
const MAX_AGE_MS = 300_000;

const WITHOUT = 'every target starts as unknown, and what operators drained or disabled is enabled again';
const LOST = {
  damaged: `the state file is damaged: set aside, ${WITHOUT}`,
  unreadable: `the state file cannot be read: ${WITHOUT}`,
} as const;

const NOTHING: EngineState = { statuses: [], overrides: [], healthy: [], names: new Map() };

/** What the last life of the engine left behind, and what this one will leave. */
export class SavedState {
  /** Null = nothing is remembered. */
  readonly file: string | null;
  /** The addresses that backends' names had. */
  readonly names: ReadonlyMap<string, string>;
  readonly #statuses: Map<TargetKey, TargetStatus>;
  #overrides: readonly SavedOverride[];
  #healthy: ReadonlySet<string>;

  private constructor(file: string | null, { statuses, overrides, healthy, names }: EngineState) {
    this.file = file;
    this.#statuses = new Map(statuses.map((status) => [status.key, status]));
    this.#overrides = overrides;
    this.#healthy = new Set(healthy);
    this.names = names;
  }

  static async load(file: string, context: ActorContext): Promise<SavedState> {
    const result = await loadState(file);
    if (result.kind === 'loaded') {
      context.log.info({ file, targets: result.state.statuses.length }, 'last known states resumed');
      return new SavedState(file, result.state);
    }
    if (result.kind === 'damaged') {
      const { why, movedTo } = result;
      context.log.error({ file, why, movedTo }, LOST.damaged);
      context.event({ type: 'alarm', alarm: 'state-file', why: `${file}: ${why}; moved to ${movedTo}` });
    }
    if (result.kind === 'unreadable') {
      const { why } = result;
      context.log.error({ file, why }, LOST.unreadable);
      context.event({ type: 'alarm', alarm: 'state-file', why: `${file}: ${why}` });
    }
    return new SavedState(file, NOTHING);
  }

  static nothing(): SavedState {
    return new SavedState(null, NOTHING);
  }

  /** Once each: whoever comes back to a target later finds it as unknown as any other. */
  status(key: TargetKey): TargetStatus | null {
    const status = this.#statuses.get(key);
    this.#statuses.delete(key);
    return status === undefined || !isFresh(status) ? null : status;
  }

  /** The services of the start have been made: one that is made later has the name of another one alone. */
  forgetServices(): void {
    this.#overrides = [];
    this.#healthy = new Set();
  }

  /** Puts back what concerns a service which has just been made: its health, and the operators' overrides. */
  restore(service: Service, resumeDrain: (backend: Backend) => void): void {
    if (this.#healthy.has(service.name)) service.resume();
    for (const override of this.#overrides) {
      if (override.service !== service.name) continue;
      if (override.kind === 'service') {
        service.force(override.enabled);
        continue;
      }
      const backend = service.backends.get(override.backend);
      if (backend === undefined) continue;
      if (override.kind === 'weight') {
        backend.weightOverride = override;
        continue;
      }
      const { state, why, drained } = override;
      if (state === 'draining') resumeDrain(backend);
      else backend.override = drained === undefined ? { kind: 'disabled', why } : { kind: 'drained', why, ...drained };
    }
  }

  snapshot(targets: Targets<Subscriber>, services: Iterable<Service>, names: ReadonlyMap<string, string>): EngineState {
    const statuses = [...targets.all()].map(({ status }) => status).filter(({ state }) => state !== 'unknown');
    const all = [...services];
    const healthy = all.filter((service) => service.healthy).map(({ name }) => name);
    return { statuses, overrides: all.flatMap(overridesOf), healthy, names };
  }
}

const isFresh = ({ lastCheckMs }: TargetStatus): boolean => lastCheckMs >= Date.now() - MAX_AGE_MS;

function overridesOf(service: Service): SavedOverride[] {
  const overrides: SavedOverride[] = [];
  if (service.forced !== null) overrides.push({ kind: 'service', service: service.name, enabled: service.forced });
  for (const backend of service.backends.values()) overrides.push(...overridesOfBackend(backend));
  return overrides;
}

function overridesOfBackend(backend: Backend): readonly SavedOverride[] {
  const { service, config, override, weightOverride } = backend;
  const where = { service: service.name, backend: config.name };
  const state = stateOverrideOf(override, where);
  return weightOverride === null ? state : [...state, { kind: 'weight', ...where, ...weightOverride }];
}

function stateOverrideOf(
  override: Override,
  where: { readonly service: string; readonly backend: string },
): readonly SavedOverride[] {
  const saved = { kind: 'backend', ...where } as const;
  // That of the whole node is in a file of its own.
  if (isForMaintenance(override)) return [];
  switch (override.kind) {
    case 'none':
      return [];
    case 'draining':
      return [{ ...saved, state: 'draining', why: '' }];
    case 'drained':
      return [{ ...saved, state: 'disabled', why: override.why, drained: { cut: override.cut } }];
    case 'disabled':
      return [{ ...saved, state: 'disabled', why: override.why }];
    default:
      return override satisfies never;
  }
}
