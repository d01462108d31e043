/** What observers are told of services and backends. */
import { drainView } from '../../../machines/health/backend-state.js';
import type { BackendReport, ServiceReport } from '../../../model/observing/views.js';
import { checkView } from '../targets/probe-spec.js';
import { weightOf } from './desired.js';
import type { Backend, Service } from './service.js';

/** The service with some of its backends: long lists go out in slices. */
export function serviceReport(service: Service, backends: readonly Backend[]): ServiceReport {
  const { config } = service;
  const { match } = config;
  return {
    name: config.name,
    address: match.kind === 'address' ? match.address : '',
    port: match.kind === 'address' ? match.port : 0,
    addresses: match.kind === 'address' ? (config.addresses ?? [match.address]) : [],
    ports: match.kind === 'address' ? (config.ports ?? [match.port]) : [],
    fwmark: match.kind === 'fwmark' ? match.fwmark : null,
    protocol: match.protocol,
    scheduler: config.scheduler,
    forwarding: config.forwarding,
    healthy: service.healthy,
    why: service.why,
    sorry: service.sorry,
    enabled: service.enabled,
    backends: backends.map(backendReport),
  };
}

export function backendReport(backend: Backend): BackendReport {
  const { config, override, service } = backend;
  // The state is as decided; its reason may have news since: a reset first, refused ever after.
  const decision = backend.decide();
  return {
    name: config.name,
    address: config.address,
    port: config.port,
    weight: weightOf(backend),
    configured_weight: config.weight,
    operator_weight: backend.weightOverride?.weight ?? null,
    checked_weight: backend.checkedWeight,
    forwarding: config.forwarding ?? service.config.forwarding,
    state: decision.state,
    why: decision.why,
    connections: override.kind === 'draining' ? override.left : null,
    drained: decision.drained,
    drain: drainView(override, performance.now()),
    checks: backend.targets.map(checkView),
  };
}
