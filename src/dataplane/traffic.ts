/** What flows through the kernel's table, as metrics: looked at every few seconds, as sums since the last look. */
import type { MetricName } from '../wire/metrics.js';
import { NS_PER_S } from '../wire/units.js';
import type { Meter } from '../workers/actor.js';
import type { Driver, Flow, InspectedService } from './driver.js';
import { PROBE_PREFIX, type ServiceKey, type Table } from './table.js';
import type { WriterContext } from './writer.js';

/** The kernel adds its counters up every 2 s; Prometheus asks every 15 s or more. */
const LOOK_INTERVAL_NS = 10 * NS_PER_S;
/** Beyond it a service's backends are added up under one label: 7 series a backend stay within what one metric may have. */
const MAX_BACKENDS = 2000;
const ALL_BACKENDS = '(all)';

type Labels = { readonly service: string; readonly backend: string };
type Counted = Labels & { readonly active: number; readonly inactive: number; readonly total: Flow };

/** Answers with what stops it. Does nothing for a driver that does not count. */
export function meterTraffic(
  driver: Pick<Driver, 'inspect'>,
  desired: () => Table,
  context: Pick<WriterContext, 'after' | 'log'> & { readonly meter: Pick<Meter, 'count' | 'gauge'> },
): () => void {
  let cancel: () => void = () => {};
  let stopped = false;
  let before = new Map<string, Counted>();

  async function look(): Promise<void> {
    const seen = (await driver.inspect?.()) ?? [];
    const now = new Map(countedOf(seen, desired()).map((one) => [`${one.service}\0${one.backend}`, one]));
    for (const [key, one] of now) tell(context.meter, one, before.get(key)?.total ?? nothing);
    for (const [key, one] of before) {
      if (!now.has(key)) tell(context.meter, { ...one, active: 0, inactive: 0 }, one.total);
    }
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
  if (driver.inspect !== undefined) schedule();
  return () => {
    stopped = true;
    cancel();
  };
}

const nothing: Flow = { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };

/** Of services that Fulcrum wants, under the names of the configuration. */
function countedOf(seen: readonly InspectedService[], desired: Table): readonly Counted[] {
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

function tell(meter: Pick<Meter, 'count' | 'gauge'>, counted: Counted, was: Flow): void {
  const { service, backend, total } = counted;
  const labels: Labels = { service, backend };
  const added = (name: MetricName, more: Readonly<Record<string, string>>, of: keyof Flow): void => {
    // A counter that fell was started anew with its entry.
    const by = total[of] >= was[of] ? total[of] - was[of] : total[of];
    if (by > 0) meter.count(name, { ...labels, ...more }, by);
  };
  meter.gauge('fulcrum_ipvs_connections', { ...labels, state: 'active' }, counted.active);
  meter.gauge('fulcrum_ipvs_connections', { ...labels, state: 'inactive' }, counted.inactive);
  added('fulcrum_ipvs_connections_total', {}, 'connections');
  added('fulcrum_ipvs_packets_total', { direction: 'in' }, 'packetsIn');
  added('fulcrum_ipvs_packets_total', { direction: 'out' }, 'packetsOut');
  added('fulcrum_ipvs_bytes_total', { direction: 'in' }, 'bytesIn');
  added('fulcrum_ipvs_bytes_total', { direction: 'out' }, 'bytesOut');
}
