/** What the engine tells of services and backends, together with what the data plane says flows to them. */

import type {
  BackendReport,
  BackendView,
  ServiceReport,
  ServiceView,
  TrafficSumView,
} from '../../model/observing/views.js';
import type { BackendTraffic } from '../../wire/links/calls.js';

export type ListedBackendView = BackendView & { readonly service: string };

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

export function withTraffic(
  services: readonly ServiceReport[],
  traffic: readonly BackendTraffic[],
): readonly ServiceView[] {
  const known = byBackend(traffic);
  return services.map((service) => {
    const backends = service.backends.map((each) => joined(each, known.get(keyOf(service.name, each.name))));
    return { ...service, traffic: sumOf(backends), backends };
  });
}

export function backendsWithTraffic(
  backends: readonly (BackendReport & { readonly service: string })[],
  traffic: readonly BackendTraffic[],
): readonly ListedBackendView[] {
  const known = byBackend(traffic);
  return backends.map(({ service, ...each }) => ({ service, ...joined(each, known.get(keyOf(service, each.name))) }));
}

const keyOf = (service: string, backend: string): string => `${service}\0${backend}`;

/** A service's sorry server comes last, and may have the name of a backend. */
function byBackend(traffic: readonly BackendTraffic[]): ReadonlyMap<string, TrafficSumView> {
  const known = new Map<string, TrafficSumView>();
  for (const { service, backend, ...sum } of traffic) {
    const key = keyOf(service, backend);
    if (!known.has(key)) known.set(key, sum);
  }
  return known;
}

/** What a drain waits for comes first: with IPVS, UDP sessions are inactive. */
const joined = (backend: BackendReport, traffic: TrafficSumView | undefined): BackendView => ({
  ...backend,
  connections: backend.connections ?? traffic?.active ?? null,
  traffic: traffic ?? null,
});

function sumOf(backends: readonly BackendView[]): TrafficSumView | null {
  let sum: TrafficSumView | null = null;
  for (const { traffic } of backends) {
    if (traffic === null) continue;
    sum =
      sum === null
        ? traffic
        : {
            active: sum.active + traffic.active,
            inactive: sum.inactive + traffic.inactive,
            connections: sum.connections + traffic.connections,
            bytes_in: sum.bytes_in + traffic.bytes_in,
            bytes_out: sum.bytes_out + traffic.bytes_out,
          };
  }
  return sum;
}
