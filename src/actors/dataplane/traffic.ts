/** What flows through the driver's table, as metrics: looked at every few seconds, as sums since the last look. */

import type { Counts, Driver, Flow, InspectedService } from '../../dataplane/driver.js';
import type { DestinationCounts } from '../../model/dataplane/table.js';
import { PROBE_PREFIX, type ServiceKey, type Table } from '../../model/dataplane/table.js';
import type { Meter } from '../../model/observing/meter.js';
import type { MetricName } from '../../model/observing/metrics.js';
import { NS_PER_S } from '../../model/units.js';
import type { ReconcilerContext } from './reconcile/context.js';

/** The kernel adds its counters up every 2 s; Prometheus asks every 15 s or more. */
const LOOK_INTERVAL_NS = 10 * NS_PER_S;
/** Beyond it a service's backends are added up under one label: 7 series a backend stay within what one metric may have. */
const MAX_BACKENDS = 2000;
const ALL_BACKENDS = '(all)';

type Labels = { readonly service: string; readonly backend: string };
type Counted = Labels & { readonly active: number; readonly inactive: number; readonly total: Flow };
type MeterIn = Pick<Meter, 'count' | 'gauge'>;
type Tell = (meter: MeterIn, counted: Counted, was: Flow) => void;

/** Answers with what stops it. Does nothing for a driver through which nothing flows, or that is not ours. */
export function meterTraffic(
  driver: Pick<Driver, 'kind' | 'inspect' | 'counts'>,
  desired: () => Table,
  context: Pick<ReconcilerContext, 'after' | 'log'> & { readonly meter: MeterIn },
): () => void {
  let cancel: () => void = () => {};
  let stopped = false;
  let before = new Map<string, Counted>();

  function tellAll(seen: readonly Counted[], tell: Tell): void {
    const now = new Map(seen.map((one) => [`${one.service}\0${one.backend}`, one]));
    for (const [key, one] of now) tell(context.meter, one, before.get(key)?.total ?? nothing);
    for (const [key, one] of before) {
      if (!now.has(key)) tell(context.meter, { ...one, active: 0, inactive: 0 }, one.total);
    }
    before = now;
  }
  async function lookAtDriver(): Promise<void> {
    if (driver.kind === 'proxy') return tellAll(await proxied(driver, desired()), tellProxied);
    return tellAll(inspected((await driver.inspect?.()) ?? [], desired()), tellInspected);
  }
  function schedule(): void {
    if (stopped) return;
    cancel = context.after(LOOK_INTERVAL_NS, () => {
      lookAtDriver()
        .catch((error: unknown) => context.log.warn({}, `traffic cannot be counted: ${String(error)}`))
        .finally(schedule);
    });
  }
  if (driver.kind === 'proxy' || driver.inspect !== undefined) schedule();
  return () => {
    stopped = true;
    cancel();
  };
}

const nothing: Flow = { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };

/** Of services that Fulcrum wants, under the names of the configuration. */
function inspected(seen: readonly InspectedService[], desired: Table): readonly Counted[] {
  const ours = seen.flatMap((one) => {
    const name = wantedName(desired, one.service.key);
    return name === null ? [] : [{ name, one }];
  });
  const backends = ours.reduce((sum, { one }) => sum + one.destinations.length, 0);
  return ours.flatMap(({ name, one }) => {
    const all = one.destinations.map(({ destination, counts, traffic }) => ({
      service: name,
      backend: desired.get(one.service.key)?.destinations.get(destination.key)?.backend ?? destination.key,
      active: counts.active,
      inactive: counts.inactive,
      total: traffic.total,
    }));
    return backends <= MAX_BACKENDS ? all : [addedUp(name, one, all)];
  });
}

/** The proxy tells its services' sums itself: with too many backends those are all there is, and its threads are not asked. */
async function proxied(driver: Pick<Driver, 'counts'>, desired: Table): Promise<readonly Counted[]> {
  const entries = [...desired.values()];
  if (entries.reduce((sum, { destinations }) => sum + destinations.size, 0) > MAX_BACKENDS) return [];
  const counts: Counts = await driver.counts(null);
  return entries.flatMap(({ service: { key }, destinations }) => {
    const service = wantedName(desired, key);
    const counted = counts.get(key);
    if (service === null || counted === undefined) return [];
    return [...destinations.values()].flatMap((destination) => {
      const found = counted.get(destination.key);
      const backend = destination.backend ?? destination.key;
      return found === undefined ? [] : [{ service, backend, ...found, total: flowOf(found) }];
    });
  });
}

const flowOf = ({ connections, bytesIn, bytesOut }: DestinationCounts): Flow => ({
  ...nothing,
  connections,
  bytesIn,
  bytesOut,
});

/** The services for marked probes are no traffic of anyone. */
function wantedName(desired: Table, key: ServiceKey): string | null {
  const name = desired.get(key)?.service.name ?? null;
  return name?.startsWith(PROBE_PREFIX) ? null : name;
}

const addedUp = (service: string, one: InspectedService, all: readonly Counted[]): Counted => ({
  service,
  backend: ALL_BACKENDS,
  active: all.reduce((sum, { active }) => sum + active, 0),
  inactive: all.reduce((sum, { inactive }) => sum + inactive, 0),
  total: one.traffic.total,
});

/** Counts what was added since the last look. A counter that fell was started anew with its entry. */
function added(
  meter: MeterIn,
  name: MetricName,
  labels: Readonly<Record<string, string>>,
  total: number,
  was: number,
): void {
  const by = total >= was ? total - was : total;
  if (by > 0) meter.count(name, labels, by);
}

function tellInspected(meter: MeterIn, { service, backend, active, inactive, total }: Counted, was: Flow): void {
  const labels: Labels = { service, backend };
  const [from, to] = [
    { ...labels, direction: 'in' },
    { ...labels, direction: 'out' },
  ] as const;
  meter.gauge('fulcrum_ipvs_connections', { ...labels, state: 'active' }, active);
  meter.gauge('fulcrum_ipvs_connections', { ...labels, state: 'inactive' }, inactive);
  added(meter, 'fulcrum_ipvs_connections_total', labels, total.connections, was.connections);
  added(meter, 'fulcrum_ipvs_packets_total', from, total.packetsIn, was.packetsIn);
  added(meter, 'fulcrum_ipvs_packets_total', to, total.packetsOut, was.packetsOut);
  added(meter, 'fulcrum_ipvs_bytes_total', from, total.bytesIn, was.bytesIn);
  added(meter, 'fulcrum_ipvs_bytes_total', to, total.bytesOut, was.bytesOut);
}

function tellProxied(meter: MeterIn, { service, backend, active, total }: Counted, was: Flow): void {
  const labels: Labels = { service, backend };
  meter.gauge('fulcrum_proxy_backend_connections', labels, active);
  added(meter, 'fulcrum_proxy_backend_connections_total', labels, total.connections, was.connections);
  added(meter, 'fulcrum_proxy_backend_bytes_total', { ...labels, direction: 'in' }, total.bytesIn, was.bytesIn);
  added(meter, 'fulcrum_proxy_backend_bytes_total', { ...labels, direction: 'out' }, total.bytesOut, was.bytesOut);
}
