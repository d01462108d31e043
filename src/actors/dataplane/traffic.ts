/** What flows through the driver's table, as metrics: looked at every few seconds, as sums since the last look. */

import type { Counts, Driver, Flow, InspectedService } from '../../dataplane/driver.js';
import type { DestinationCounts } from '../../model/dataplane/table.js';
import { PROBE_PREFIX, type ServiceKey, type Table } from '../../model/dataplane/table.js';
import type { Meter } from '../../model/observing/meter.js';
import { NS_PER_S } from '../../model/units.js';
import type { ReconcilerContext } from './reconcile/context.js';

/** The kernel adds its counters up every 2 s; Prometheus asks every 15 s or more. */
const LOOK_INTERVAL_NS = 10 * NS_PER_S;
/** Beyond it a service's backends are added up under one label: 7 series a backend stay within what one metric may have. */
const MAX_BACKENDS = 2000;
const ALL_BACKENDS = '(all)';

/** Of one backend of a service, or of all of them under one name. */
type Counted = {
  readonly service: string;
  readonly backend: string;
  readonly active: number;
  readonly inactive: number;
  readonly total: Flow;
};

/** Answers with what stops it. Does nothing for a driver that has no metrics of its own. */
export function meterTraffic(
  driver: Pick<Driver, 'metrics' | 'inspect' | 'counts'>,
  desired: () => Table,
  context: Pick<ReconcilerContext, 'after' | 'log'> & { readonly meter: Pick<Meter, 'count' | 'gauge'> },
): () => void {
  const { metrics } = driver;
  if (metrics === undefined) return () => {};
  let cancel: () => void = () => {};
  let stopped = false;
  let before = new Map<string, Counted>();

  const tell = ({ service, backend, total, ...connections }: Counted, was: Flow): void => {
    for (const [metric, labels, of] of metrics.gauges)
      context.meter.gauge(metric, { service, backend, ...labels }, connections[of]);
    for (const [metric, labels, of] of metrics.counters) {
      // A counter that fell was started anew with its entry.
      const added = total[of] >= was[of] ? total[of] - was[of] : total[of];
      if (added > 0) context.meter.count(metric, { service, backend, ...labels }, added);
    }
  };
  async function look(): Promise<void> {
    const seen =
      driver.inspect === undefined ? await counted(driver, desired()) : inspected(await driver.inspect(), desired());
    const now = summed(seen);
    for (const [key, one] of now) tell(one, before.get(key)?.total ?? nothing);
    for (const [key, one] of before) if (!now.has(key)) tell({ ...one, active: 0, inactive: 0 }, one.total);
    before = now;
  }
  function schedule(): void {
    if (stopped) return;
    cancel = context.after(LOOK_INTERVAL_NS, () => {
      look()
        .catch((error: unknown) => context.log.warn({}, `traffic cannot be counted: ${String(error)}`))
        .finally(schedule);
    });
  }
  schedule();
  return () => {
    stopped = true;
    cancel();
  };
}

/** A service's addresses and ports count under its one name. */
function summed(seen: readonly Counted[]): Map<string, Counted> {
  const sums = new Map<string, Counted>();
  for (const one of seen) {
    const key = `${one.service}\0${one.backend}`;
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? one : added(sum, one));
  }
  return sums;
}

const added = (a: Counted, b: Counted): Counted => ({
  ...a,
  active: a.active + b.active,
  inactive: a.inactive + b.inactive,
  total: {
    connections: a.total.connections + b.total.connections,
    packetsIn: a.total.packetsIn + b.total.packetsIn,
    packetsOut: a.total.packetsOut + b.total.packetsOut,
    bytesIn: a.total.bytesIn + b.total.bytesIn,
    bytesOut: a.total.bytesOut + b.total.bytesOut,
  },
});

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

/** With too many backends nobody is asked: a driver that counts no service as a whole tells its services' sums itself. */
async function counted(driver: Pick<Driver, 'counts'>, desired: Table): Promise<readonly Counted[]> {
  const entries = [...desired.values()];
  if (entries.reduce((sum, { destinations }) => sum + destinations.size, 0) > MAX_BACKENDS) return [];
  const counts: Counts = await driver.counts(null);
  return entries.flatMap(({ service: { key }, destinations }) => {
    const service = wantedName(desired, key);
    const ofService = counts.get(key);
    if (service === null || ofService === undefined) return [];
    return [...destinations.values()].flatMap((destination) => {
      const found = ofService.get(destination.key);
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
