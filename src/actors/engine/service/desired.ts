/** What a service's state comes to in the data plane. */
import type { BackendConfig, ServiceConfig, ServiceMatch, SorryConfig } from '../../../model/config.js';
import type {
  BackendAddress,
  DesiredDestination,
  DesiredService,
  Fallback,
} from '../../../model/dataplane/desired-service.js';
import { netmaskOf } from '../../../model/dataplane/netmask.js';
import type { ServicePart } from '../../../model/dataplane/service-parts.js';
import { familyOf } from '../../../model/dataplane/table.js';
import type { Backend, Service } from './service.js';

/** A service for each of its parts. */
export const desiredOf = (service: Service): readonly DesiredService[] =>
  service.parts.map((part) => desiredPart(service, part));

function desiredPart(service: Service, { name, match }: ServicePart): DesiredService {
  const { config } = service;
  const destinations = [...service.backends.values()].flatMap((backend) => destinationOf(backend, match) ?? []);
  const undecided = undecidedOf(service, match);
  const sorry = sorryOf(service, match);
  return {
    name,
    match,
    scheduler: config.scheduler,
    schedulerFlags: config.schedulerFlags,
    persistenceNs: config.persistenceNs,
    ...netmaskIn(config, match),
    onePacket: config.onePacket,
    destinations: sorry === null ? destinations : [...destinations, sorry],
    ...(undecided.length === 0 ? {} : { undecided }),
    ...(service.healthy ? { fallback: fallbackOf(service, match) } : {}),
  };
}

function netmaskIn({ persistenceGranularity }: ServiceConfig, match: ServiceMatch) {
  const netmask = persistenceGranularity === null ? null : netmaskOf(persistenceGranularity, familyOf(match));
  return netmask === null ? {} : { persistenceNetmask: netmask };
}

const portAt = (match: ServiceMatch, { port, followsPort }: BackendConfig): number =>
  followsPort === true && match.kind === 'address' ? match.port : port;

/** What the data plane is told. */
export const weightOf = (backend: Backend): number => (isServing(backend) ? backend.weight : 0);

const isServing = ({ service, address, decision }: Backend): boolean =>
  address !== null && service.enabled && service.healthy && decision.state === 'healthy';

const fallbackOf = (
  { config: { sorry, onUnhealthy, watermarks }, least, allKnown }: Service,
  match: ServiceMatch,
): Fallback => ({
  least,
  by: watermarks.by,
  inhibit: onUnhealthy === 'inhibit',
  sorry: sorry === null || !allKnown ? null : sorryDestination(sorry, match, 1),
});

/**
 * Where backends are that may serve or not, as their first checks will say: a table that outlived the last engine keeps
 * them until then. While too few are known to be healthy, that goes for the healthy ones and the sorry server too.
 */
function undecidedOf(service: Service, match: ServiceMatch): readonly BackendAddress[] {
  const backends = [...service.backends.values()];
  if (!service.enabled || !backends.some(isUnchecked)) return [];
  const undecided = backends
    .filter((backend) => isUnchecked(backend) || (backend.decision.state === 'healthy' && !service.healthy))
    .flatMap(({ address, config }) => (address === null ? [] : [{ address, port: portAt(match, config) }]));
  const { sorry } = service.config;
  return sorry === null || service.healthy ? undecided : [...undecided, sorryAddress(sorry, match)];
}

/** Null = it is not in the table. */
function destinationOf(backend: Backend, match: ServiceMatch): DesiredDestination | null {
  const { service, config, address, decision } = backend;
  if (address === null || !service.enabled) return null;
  const draining = decision.state === 'draining';
  const inhibited = decision.state === 'unhealthy' && service.config.onUnhealthy === 'inhibit';
  const serving = isServing(backend);
  if (!serving && !draining && !inhibited) return null;
  return {
    backend: config.name,
    address,
    port: portAt(match, config),
    weight: weightOf(backend),
    forwarding: config.forwarding ?? service.config.forwarding,
    maxConnections: config.maxConnections,
    tunnel: config.tunnel,
    draining,
    ...(serving ? { targets: backend.targetKeys } : {}),
  };
}

/** While the service is well the sorry server is not in the table, or (`inhibit`) takes no connections. */
function sorryOf(
  { config: { sorry }, sorry: serves, enabled }: Service,
  match: ServiceMatch,
): DesiredDestination | null {
  if (sorry === null || !(serves || (sorry.inhibit && enabled))) return null;
  return sorryDestination(sorry, match, serves ? 1 : 0);
}

const sorryAddress = ({ address, port }: SorryConfig, match: ServiceMatch): BackendAddress => ({
  address,
  port: port ?? (match.kind === 'address' ? match.port : 0),
});

const sorryDestination = (sorry: SorryConfig, match: ServiceMatch, weight: number): DesiredDestination => ({
  backend: 'sorry',
  ...sorryAddress(sorry, match),
  weight,
  forwarding: sorry.forwarding,
  maxConnections: 0,
  tunnel: sorry.tunnel,
  draining: false,
});

/** Its first check will say how it is. One without a check, or whose name has no address, may never know. */
const isUnchecked = ({ decision, address, targets }: Backend): boolean =>
  decision.state === 'unknown' && address !== null && targets.length > 0;
