/** The store's metrics in the Prometheus text format. */
import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Store } from '../../../machines/telemetry/store.js';
import { type BackendState, vrrpStateNumber } from '../../../model/states.js';
import type { HistogramSeries, MetricFamily, MetricTable } from '../../../wire/metrics/table.js';
import { metrics as engine } from '../../engine/metrics.js';
import { metrics as supervisor } from '../../supervisor/metrics.js';
import { metrics as vrrp } from '../../vrrp/metrics.js';
import { metrics as own } from '../metrics.js';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Value = {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
};
/** By the names of metrics. */
type Gauges = ReadonlyMap<string, readonly Value[]>;

/** What runs, and where. */
export type Build = { readonly version: string; readonly node: string };

/** `others`: what this thread itself counts with prom-client. */
export async function exposition(store: Store, build: Build, others: readonly Registry[] = []): Promise<string> {
  const derived = gaugesOfState(store, build);
  const told = [];
  for (const [name, family] of store.metrics.families()) {
    const values = derived.get(name) ?? valuesOf(name, family);
    told.push({ name, help: family.definition.help, type: family.type, values, aggregator: 'sum' });
  }
  const all = [told, ...(await Promise.all(others.map((registry) => registry.getMetricsAsJSON())))];
  return AggregatorRegistry.aggregate(all).metrics();
}

/** One table alone: for listeners beside the gateway's. */
export function tableText(table: MetricTable): Promise<string> {
  const own = [...table.families()].map(([name, family]) => ({
    name,
    help: family.definition.help,
    type: family.type,
    values: valuesOf(name, family),
    aggregator: 'sum',
  }));
  return AggregatorRegistry.aggregate([own]).metrics();
}

function valuesOf(name: string, family: MetricFamily): readonly Value[] {
  if (family.type === 'histogram') {
    const bounds = family.definition.buckets;
    return [...family.series.values()].flatMap((series) => histogramValues(name, bounds, series));
  }
  // A series that nothing has happened to yet is 0, not absent, so that rates start right.
  const { definition } = family;
  const absent = definition.type === 'gauge' && definition.absentUntilTold;
  if (family.series.size === 0 && definition.labels.length === 0 && !absent) return [{ labels: {}, value: 0 }];
  return [...family.series.values()].map(({ labels, value }) => ({ labels, value }));
}

function histogramValues(name: string, bounds: readonly number[], series: HistogramSeries): readonly Value[] {
  let cumulative = 0;
  const buckets = series.buckets.map((added, index) => {
    cumulative += added;
    return {
      metricName: `${name}_bucket`,
      labels: { ...series.labels, le: bounds[index] ?? '+Inf' },
      value: cumulative,
    };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: series.labels, value: series.sum },
    { metricName: `${name}_count`, labels: series.labels, value: cumulative },
  ];
}

const backendStates: readonly BackendState[] = ['unknown', 'healthy', 'unhealthy', 'draining', 'disabled'];

/**
 * Gauges that say the same as the pushed state are made from it when they are read: they are never older than the state,
 * are there at once after a restart of the gateway, and end with what they describe.
 */
function gaugesOfState(store: Store, build: Build): Gauges {
  const services: Value[] = [];
  const enabled: Value[] = [];
  const backends = new Map<string, Map<BackendState, number>>();
  const weights: Value[] = [];
  const instances: Value[] = [];
  const missing: Value[] = [];
  const keepalived: Value[] = [];
  const mailboxes: Value[] = [];
  for (const item of store.items()) {
    if (item.type === 'service') {
      const labels = { service: item.name };
      services.push({ labels, value: item.healthy ? 1 : 0 });
      enabled.push({ labels, value: item.enabled ? 1 : 0 });
      if (!backends.has(item.name)) backends.set(item.name, new Map());
    } else if (item.type === 'backend') {
      const counts = backends.get(item.service) ?? new Map<BackendState, number>();
      counts.set(item.state, (counts.get(item.state) ?? 0) + 1);
      backends.set(item.service, counts);
      weights.push({ labels: { service: item.service, backend: item.name }, value: item.weight });
    } else if (item.type === 'vrrp') {
      const { name, state, vrid, addresses, held } = item.view;
      const value = vrrpStateNumber[state];
      instances.push({ labels: { instance: name }, value });
      const absent = state === 'master' ? held.filter((each) => each.state === 'absent').length : 0;
      missing.push({ labels: { instance: name }, value: absent });
      const labels = { iname: name, intf: item.view.interface, vrid: String(vrid) };
      for (const address of addresses) {
        keepalived.push({ labels: { ...labels, ip_address: address.replace(/\/.*/, '') }, value });
      }
    } else if (item.type === 'actor') {
      mailboxes.push({ labels: { actor: item.view.name }, value: item.view.mailbox });
    }
  }
  const counted = [...backends].flatMap(([service, counts]) =>
    backendStates.map((state) => ({ labels: { service, state }, value: counts.get(state) ?? 0 })),
  );
  return new Map<string, readonly Value[]>([
    [own.fulcrum_build_info.name, [{ labels: build, value: 1 }]],
    [engine.fulcrum_service_healthy.name, services],
    [engine.fulcrum_service_enabled.name, enabled],
    [engine.fulcrum_backends.name, counted],
    [engine.fulcrum_backend_weight.name, weights],
    [vrrp.fulcrum_vrrp_state.name, instances],
    [vrrp.fulcrum_vrrp_missing.name, missing],
    [vrrp.keepalived_vrrp_state.name, keepalived],
    [supervisor.fulcrum_actor_mailbox.name, mailboxes],
  ]);
}
