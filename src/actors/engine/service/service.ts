import {
  type BackendDecision,
  decideBackend,
  inService,
  isForMaintenance,
  type Override,
} from '../../../machines/health/backend-state.js';
import { weightByChecks } from '../../../machines/health/checked-weight.js';
import { type ServiceCounts, ServiceHealth } from '../../../machines/health/service-watermarks.js';
import type { BackendConfig, ServiceConfig } from '../../../model/config.js';
import { partsOf, type ServicePart } from '../../../model/dataplane/service-parts.js';
import type { CheckWeight, ProbeSpec } from '../../../model/probe.js';
import type { BackendState, TargetKey } from '../../../model/states.js';
import type { Target } from '../targets/targets.js';

/** An operator's weight, for as long as the configuration has the one that it replaced. */
export type WeightOverride = { readonly weight: number; readonly configured: number };

/** A backend of one service, as the engine keeps it. */
export class Backend {
  readonly service: Service;
  #config: BackendConfig;
  #weightOverride: WeightOverride | null = null;
  override: Override = { kind: 'none' };
  /** The address that the data plane is told: the configured one, or what its name resolves to; null before that. */
  address: string | null;
  #targets: readonly Target<Subscriber>[] = [];
  /** Their keys, as the data plane is told them. */
  #keys: readonly TargetKey[] = [];
  /** What they said of the weight when it was decided last. */
  #weights: readonly CheckWeight[] = [];
  decision: BackendDecision = { state: 'unknown', why: 'not checked yet', drained: false };
  /** The same without maintenance: the health of its service follows from it, which nothing has happened to. */
  standing: BackendState = 'unknown';

  constructor(service: Service, config: BackendConfig, address: string | null) {
    this.service = service;
    this.#config = config;
    this.address = address;
  }

  get config(): BackendConfig {
    return this.#config;
  }

  set config(config: BackendConfig) {
    this.#config = config;
    this.weightOverride = this.#weightOverride;
  }

  /** Its share while it serves: what an operator said, else what its checks make of the configuration's. */
  get weight(): number {
    return this.#weightOverride?.weight ?? this.checkedWeight ?? this.#config.weight;
  }

  /** Null: its checks say nothing of it. */
  get checkedWeight(): number | null {
    return weightByChecks(this.#config.weight, this.#weights);
  }

  /** Looks at what its checks say of its weight now. Whether that makes it another one. */
  weigh(): boolean {
    const before = this.weight;
    this.#weights = this.#targets.flatMap(({ status }) => status.weight ?? []);
    return this.weight !== before;
  }

  get weightOverride(): WeightOverride | null {
    return this.#weightOverride;
  }

  /** One that does not belong to the configuration's weight of now, or says the same, is none. */
  set weightOverride(override: WeightOverride | null) {
    const { weight } = this.#config;
    this.#weightOverride = override?.configured === weight && override.weight !== weight ? override : null;
  }

  get targets(): readonly Target<Subscriber>[] {
    return this.#targets;
  }

  set targets(targets: readonly Target<Subscriber>[]) {
    this.#targets = targets;
    this.#keys = targets.map(({ key }) => key);
    this.weigh();
  }

  get targetKeys(): readonly TargetKey[] {
    return this.#keys;
  }

  get key(): string {
    return `${this.service.name}/${this.config.name}`;
  }

  /** It takes no traffic because the node is in maintenance. */
  get rests(): boolean {
    return isForMaintenance(this.override);
  }

  decide(override = this.override): BackendDecision {
    return decideBackend({
      enabled: this.config.enabled,
      override,
      nowMs: performance.now(),
      resolved: this.address !== null,
      suspended: this.service.suspended,
      checks: this.targets.map(({ spec, status }) => ({ label: this.#labelOf(spec), ...status })),
    });
  }

  /** The check's type is enough beside the backend's own address. */
  #labelOf({ port, check }: ProbeSpec): string {
    return port === this.config.port || port === 0 ? check.type : `${check.type} on port ${port}`;
  }
}

/** Whoever a target's change of state concerns: a backend, or a client of one of the doors. */
export type Subscriber = Backend | { readonly notify: (target: Target<Subscriber>) => void };

/** What became different when a service looked at its backends again. */
export type ServiceChanges = {
  readonly backends: readonly { readonly backend: Backend; readonly before: BackendDecision }[];
  /** `from`: the weight before its checks said another one. */
  readonly weights: readonly { readonly backend: Backend; readonly from: number }[];
  readonly health: { readonly healthy: boolean; readonly why: string } | null;
};

/** A virtual service: its backends, its health, and the table that follows from them. */
export class Service {
  #config: ServiceConfig;
  #parts: readonly ServicePart[];
  readonly backends = new Map<string, Backend>();
  readonly #health: ServiceHealth;
  /** What observers were told last; null before the first time. */
  toldHealthy: boolean | null = null;
  /** Nobody probes its backends now: they are as they were. */
  suspended = false;
  /** An operator's word against the configuration's `enabled`. */
  #forced: boolean | null = null;

  constructor(config: ServiceConfig) {
    this.#config = config;
    this.#parts = partsOf(config);
    this.#health = new ServiceHealth(config.watermarks);
  }

  get config(): ServiceConfig {
    return this.#config;
  }

  set config(config: ServiceConfig) {
    this.#config = config;
    this.#parts = partsOf(config);
  }

  /** What it is for the data plane. */
  get parts(): readonly ServicePart[] {
    return this.#parts;
  }

  get name(): string {
    return this.config.name;
  }

  get healthy(): boolean {
    return this.#health.state === 'healthy';
  }

  get why(): string {
    return this.#health.why;
  }

  get enabled(): boolean {
    return this.#forced ?? this.config.enabled;
  }

  get forced(): boolean | null {
    return this.#forced;
  }

  /** It was healthy before a restart, and is while enough of its backends are. */
  resume(): void {
    this.#health.resume();
  }

  force(enabled: boolean | null): void {
    this.#forced = enabled;
  }

  /** Decides every backend and the service anew, from what is known now. */
  evaluate(): ServiceChanges {
    const before = { healthy: this.healthy, why: this.why };
    const byWeight = this.config.watermarks.by === 'weight';
    const changed: { backend: Backend; before: BackendDecision }[] = [];
    const weights: { backend: Backend; from: number }[] = [];
    let healthy = 0;
    let serving = 0;
    for (const backend of this.backends.values()) {
      const decision = backend.decide();
      if (decision.state !== backend.decision.state || decision.why !== backend.decision.why) {
        changed.push({ backend, before: backend.decision });
        backend.decision = decision;
      }
      const from = backend.weight;
      if (backend.weigh()) weights.push({ backend, from });
      const share = byWeight ? backend.weight : 1;
      backend.standing = backend.rests ? backend.decide({ kind: 'none' }).state : decision.state;
      if (backend.standing === 'healthy') healthy += share;
      if (inService(backend.standing)) serving += share;
    }
    this.#tellHealth({ healthy, inService: serving });
    const now = { healthy: this.healthy, why: this.why };
    const sameHealth = now.healthy === before.healthy && now.why === before.why;
    return { backends: changed, weights, health: sameHealth ? null : now };
  }

  #tellHealth(counts: ServiceCounts): void {
    this.#health.count(counts, this.config.watermarks);
    const disabled = this.#health.state === 'disabled';
    if (!this.enabled) {
      const why = this.#forced === false ? 'disabled by an operator' : 'disabled in the configuration';
      if (!disabled || this.why !== why) this.#health.disable(why);
    } else if (disabled) {
      this.#health.enable();
    }
  }

  /** All traffic goes to the sorry server: the service is down for good reason, not because nothing was checked yet. */
  get sorry(): boolean {
    if (this.config.sorry === null || this.healthy || !this.enabled) return false;
    return this.allKnown;
  }

  get allKnown(): boolean {
    return [...this.backends.values()].every((backend) => backend.standing !== 'unknown');
  }

  /** With less than so much it does not stay healthy. */
  get least(): number {
    return this.#health.least;
  }
}
