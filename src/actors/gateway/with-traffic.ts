/** What the engine tells of services and backends, together with what the data plane says flows to them. */

import type {
  BackendReport,
  BackendView,
  ServiceReport,
  ServiceView,
  TrafficSumView,
} from '../../model/observing/views.js';
import type { BackendTraffic } from '../dataplane/calls.js';

export type ListedBackendView = BackendView & { readonly service: string };
/** A service whose backends are made while they are taken, once: it may have 100,000. */
export type ServiceParts = Omit<ServiceView, 'backends'> & { readonly backends: Iterable<BackendView> };
/** By service, and then by backend. */
export type TrafficByBackend = ReadonlyMap<string, ReadonlyMap<string, TrafficSumView>>;

/** Nobody answered = nothing is known; how things stand is told all the same. */
export async function trafficInTime(
  asked: Promise<readonly BackendTraffic[]>,
  waitMs: number,
): Promise<readonly BackendTraffic[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly BackendTraffic[]>((resolve) => {
    timer = setTimeout(resolve, waitMs, []);
  });
  try {
    return await Promise.race([asked.catch(() => []), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Each of a service's addresses and ports has its own. */
export function* byBackend(traffic: readonly BackendTraffic[]): Generator<undefined, TrafficByBackend> {
  const known = new Map<string, Map<string, TrafficSumView>>();
  for (const one of traffic) {
    const backends = known.get(one.service) ?? new Map<string, TrafficSumView>();
    known.set(one.service, backends);
    const sum = backends.get(one.backend);
    backends.set(one.backend, sum === undefined ? one : added(sum, one));
    yield;
  }
  return known;
}

export function* withTraffic(services: Iterable<ServiceReport>, traffic: TrafficByBackend): Generator<ServiceParts> {
  for (const service of services) {
    const known = traffic.get(service.name);
    yield { ...service, traffic: sumOf(service.backends, known), backends: joinedAll(service.backends, known) };
  }
}

export const backendsWithTraffic = (
  backends: readonly (BackendReport & { readonly service: string })[],
  traffic: TrafficByBackend,
): readonly ListedBackendView[] =>
  backends.map(({ service, ...each }) => ({ service, ...joined(each, traffic.get(service)?.get(each.name)) }));

type Known = ReadonlyMap<string, TrafficSumView> | undefined;

function* joinedAll(backends: readonly BackendReport[], known: Known): Generator<BackendView> {
  for (const each of backends) yield joined(each, known?.get(each.name));
}

/** What a drain waits for comes first: with IPVS, UDP sessions are inactive. */
const joined = (backend: BackendReport, traffic: TrafficSumView | undefined): BackendView => ({
  ...backend,
  connections: backend.connections ?? traffic?.active ?? null,
  traffic: traffic === undefined ? null : sumAlone(traffic),
});

/** Whose it is stands around it. */
const sumAlone = ({ active, inactive, connections, bytes_in, bytes_out }: TrafficSumView): TrafficSumView => ({
  active,
  inactive,
  connections,
  bytes_in,
  bytes_out,
});

function sumOf(backends: readonly BackendReport[], known: Known): TrafficSumView | null {
  if (known === undefined) return null;
  let sum: TrafficSumView = { active: 0, inactive: 0, connections: 0, bytes_in: 0, bytes_out: 0 };
  let found = false;
  for (const { name } of backends) {
    const traffic = known.get(name);
    if (traffic === undefined) continue;
    found = true;
    sum = added(sum, traffic);
  }
  return found ? sum : null;
}

const added = (a: TrafficSumView, b: TrafficSumView): TrafficSumView => ({
  active: a.active + b.active,
  inactive: a.inactive + b.inactive,
  connections: a.connections + b.connections,
  bytes_in: a.bytes_in + b.bytes_in,
  bytes_out: a.bytes_out + b.bytes_out,
});
