import {
  type BackendDecision,
  decideBackend,
  drainView,
  inService,
  type Override,
} from '../../machines/health/backend-state.js';
import { type ServiceCounts, ServiceHealth } from '../../machines/health/service-watermarks.js';
import type { BackendConfig, ServiceConfig } from '../../model/config.js';
import type {
  BackendAddress,
  DesiredDestination,
  DesiredService,
  Fallback,
} from '../../model/dataplane/desired-service.js';
import type { BackendReport, ServiceReport } from '../../model/observing/views.js';
import type { ProbeSpec } from '../../model/probe.js';
import type { TargetKey } from '../../model/states.js';
import { checkView } from './targets/probe-spec.js';
import type { Target } from './targets/targets.js';

/** A backend of one service, as the engine keeps it. */
export class Backend {
  readonly service: Service;
  config: BackendConfig;
  override: Override = { kind: 'none' };
  /** The address that the data plane is told: the configured one, or what its name resolves to; null before that. */
  address: string | null;
  #targets: readonly Target<Subscriber>[] = [];
  /** Their keys, as the data plane is told them. */
  #keys: readonly TargetKey[] = [];
  decision: BackendDecision = { state: 'unknown', why: 'not checked yet', drained: false };

  constructor(service: Service, config: BackendConfig, address: string | null) {
    this.service = service;
    this.config = config;
    this.address = address;
  }

  get targets(): readonly Target<Subscriber>[] {
    return this.#targets;
  }

  set targets(targets: readonly Target<Subscriber>[]) {
    this.#targets = targets;
    this.#keys = targets.map(({ key }) => key);
  }

  get targetKeys(): readonly TargetKey[] {
    return this.#keys;
  }

  get key(): string {
    return `${this.service.name}/${this.config.name}`;
  }

  decide(): BackendDecision {
    return decideBackend({
      enabled: this.config.enabled,
      override: this.override,
      nowMs: performance.now(),
      resolved: this.address !== null,
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
  readonly health: { readonly healthy: boolean; readonly why: string } | null;
};

/** A virtual service: its backends, its health, and the table that follows from them. */
export class Service {
  config: ServiceConfig;
  readonly backends = new Map<string, Backend>();
  readonly #health: ServiceHealth;
  /** What observers were told last; null before the first time. */
  toldHealthy: boolean | null = null;
  /** An operator's word against the configuration's `enabled`. */
  #forced: boolean | null = null;

  constructor(config: ServiceConfig) {
    this.config = config;
    this.#health = new ServiceHealth(config.watermarks);
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
    const changed: { backend: Backend; before: BackendDecision }[] = [];
    let healthy = 0;
    let serving = 0;
    for (const backend of this.backends.values()) {
      const decision = backend.decide();
      if (decision.state !== backend.decision.state || decision.why !== backend.decision.why) {
        changed.push({ backend, before: backend.decision });
        backend.decision = decision;
      }
      if (decision.state === 'healthy') healthy += 1;
      if (inService(decision.state)) serving += 1;
    }
    this.#tellHealth({ healthy, inService: serving });
    const now = { healthy: this.healthy, why: this.why };
    const sameHealth = now.healthy === before.healthy && now.why === before.why;
    return { backends: changed, health: sameHealth ? null : now };
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
    return this.#allKnown;
  }

  desired(): DesiredService {
    const { config } = this;
    const destinations: DesiredDestination[] = [];
    for (const backend of this.backends.values()) {
      const destination = this.#destination(backend);
      if (destination !== null) destinations.push(destination);
    }
    if (config.sorry !== null && this.sorry) destinations.push(sorryDestination(config.sorry));
    const undecided = this.#undecided();
    return {
      name: config.name,
      match: config.match,
      scheduler: config.scheduler,
      schedulerFlags: config.schedulerFlags,
      persistenceNs: config.persistenceNs,
      onePacket: config.onePacket,
      destinations,
      ...(undecided.length === 0 ? {} : { undecided }),
      ...(this.healthy ? { fallback: this.#fallback() } : {}),
    };
  }

  #fallback(): Fallback {
    const { sorry, onUnhealthy } = this.config;
    return {
      least: this.#health.least,
      inhibit: onUnhealthy === 'inhibit',
      sorry: sorry === null || !this.#allKnown ? null : sorryDestination(sorry),
    };
  }

  get #allKnown(): boolean {
    return [...this.backends.values()].every((backend) => backend.decision.state !== 'unknown');
  }

  /**
   * Where backends are that may serve or not, as their first checks will say: a table that outlived the last engine keeps
   * them until then. While too few are known to be healthy, that goes for the healthy ones and the sorry server too.
   */
  #undecided(): readonly BackendAddress[] {
    const backends = [...this.backends.values()];
    if (!this.enabled || !backends.some(isUnchecked)) return [];
    const undecided = backends
      .filter((backend) => isUnchecked(backend) || (backend.decision.state === 'healthy' && !this.healthy))
      .flatMap(({ address, config: { port } }) => (address === null ? [] : [{ address, port }]));
    const { sorry } = this.config;
    return sorry === null || this.healthy ? undecided : [...undecided, sorry];
  }

  /** What the data plane is told of a backend; null = it is not in the table. */
  #destination(backend: Backend): DesiredDestination | null {
    const { config, address, decision } = backend;
    if (address === null || !this.enabled) return null;
    const draining = decision.state === 'draining';
    const inhibited = decision.state === 'unhealthy' && this.config.onUnhealthy === 'inhibit';
    const serving = decision.state === 'healthy' && this.healthy;
    if (!serving && !draining && !inhibited) return null;
    return {
      backend: config.name,
      address,
      port: config.port,
      weight: serving ? config.weight : 0,
      forwarding: this.config.forwarding,
      maxConnections: config.maxConnections,
      tunnel: config.tunnel,
      draining,
      ...(serving ? { targets: backend.targetKeys } : {}),
    };
  }

  weightOf(backend: Backend): number {
    return this.#destination(backend)?.weight ?? 0;
  }

  /** The service with some of its backends: long lists go out in slices. */
  view(backends: readonly Backend[]): ServiceReport {
    const { config } = this;
    const { match } = config;
    return {
      name: config.name,
      address: match.kind === 'address' ? match.address : '',
      port: match.kind === 'address' ? match.port : 0,
      fwmark: match.kind === 'fwmark' ? match.fwmark : null,
      protocol: match.protocol,
      scheduler: config.scheduler,
      forwarding: config.forwarding,
      healthy: this.healthy,
      why: this.why,
      sorry: this.sorry,
      enabled: this.enabled,
      backends: backends.map((backend) => this.backendView(backend)),
    };
  }

  backendView(backend: Backend): BackendReport {
    const { config, override } = backend;
    // The state is as decided; its reason may have news since: a reset first, refused ever after.
    const decision = backend.decide();
    return {
      name: config.name,
      address: config.address,
      port: config.port,
      weight: this.weightOf(backend),
      configured_weight: config.weight,
      state: decision.state,
      why: decision.why,
      connections: override.kind === 'draining' ? override.left : null,
      drained: decision.drained,
      drain: drainView(override, performance.now()),
      checks: backend.targets.map(checkView),
    };
  }
}

const sorryDestination = (sorry: BackendAddress): DesiredDestination => ({
  backend: 'sorry',
  ...sorry,
  weight: 1,
  forwarding: 'nat',
  maxConnections: 0,
  tunnel: null,
  draining: false,
});

/** Its first check will say how it is. One without a check, or whose name has no address, may never know. */
const isUnchecked = ({ decision, address, targets }: Backend): boolean =>
  decision.state === 'unknown' && address !== null && targets.length > 0;
