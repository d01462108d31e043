import test from 'ava';
import { meterTraffic } from '../../../src/actors/dataplane/traffic.js';
import type { Flow, InspectedService } from '../../../src/dataplane/driver.js';
import { ipvsMetrics } from '../../../src/dataplane/drivers/ipvs/metrics.js';
import { proxyMetrics } from '../../../src/dataplane/drivers/proxy/metrics.js';
import type { DesiredService } from '../../../src/model/dataplane/desired-service.js';
import { destinationKey, PROBE_PREFIX, type ServiceKey } from '../../../src/model/dataplane/table.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { byAddress, byMark, desired, dest, tableOf } from '../../support/fixtures/table.js';

const flow = (connections: number, bytesOut = 0): Flow => ({
  connections,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut,
});
const traffic = (total: Flow) => ({ total, perSecond: flow(0) });

/** The services as a driver sees them: without names, each backend with `of` of it. */
const inspected = (services: readonly DesiredService[], of: (address: string) => Flow): readonly InspectedService[] =>
  Array.from(tableOf(...services).values(), ({ service, destinations }) => ({
    service: { ...service, name: null },
    traffic: traffic(flow(1000)),
    destinations: Array.from(destinations.values(), (destination) => ({
      destination: { ...destination, backend: null },
      counts: { active: 2, inactive: 3, connections: 0, bytesIn: 0, bytesOut: 0 },
      traffic: traffic(of(destination.address)),
    })),
  }));

function metered(wanted: readonly DesiredService[]) {
  const meter = new ActorMeter();
  let seen: readonly InspectedService[] = [];
  let next: (() => void) | null = null;
  const after = (_delayNs: number, then: () => void) => {
    next = then;
    return () => {
      next = null;
    };
  };
  const table = tableOf(...wanted);
  const stop = meterTraffic(
    { metrics: ipvsMetrics, inspect: async () => seen, counts: async () => new Map() },
    () => table,
    {
      meter,
      log: silentLog,
      after,
    },
  );
  /** Looks once; answers with `service/backend state-or-direction value`. */
  const look = async (now: readonly InspectedService[]): Promise<readonly string[]> => {
    seen = now;
    next?.();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return meter.take().flatMap((sample) => {
      const { service, backend, ...rest } = sample.labels;
      return sample.type === 'histogram'
        ? []
        : `${sample.name.slice('fulcrum_ipvs_'.length)} ${[service, backend, ...Object.values(rest)].join('/')} ${sample.value}`;
    });
  };
  return { look, stop, waits: () => next !== null };
}

test('a service of any name that a configuration may have is told, unlike those of the checks', async (t) => {
  const named = desired('probe:65536', byAddress('10.0.0.1', 80), [dest('10.0.0.11', 80, { backend: 'a' })]);
  const rig = metered([named]);
  t.true((await rig.look(inspected([named], () => flow(5, 0)))).includes('connections_total probe:65536/a 5'));
  rig.stop();
});

test('traffic is told by the names of the configuration, as what was added since the last look', async (t) => {
  const web = desired('web', byAddress('10.0.0.1', 80), [dest('10.0.0.11', 80, { backend: 'a' })]);
  const theirs = desired('theirs', byAddress('10.0.0.9', 80), [dest('10.0.0.19', 80)]);
  const probe = desired(`${PROBE_PREFIX}65536`, byMark(65_536), [dest('10.0.0.11', 80)]);
  const rig = metered([web, probe]);
  const all = [web, theirs, probe];
  t.deepEqual(await rig.look(inspected(all, () => flow(5, 700))), [
    'connections web/a/active 2',
    'connections web/a/inactive 3',
    'connections_total web/a 5',
    'bytes_total web/a/out 700',
  ]);
  t.deepEqual(
    (await rig.look(inspected(all, () => flow(8, 700)))).filter((line) => line.includes('total')),
    ['connections_total web/a 3'],
  );
  // The entry was made anew: its counters start at 0.
  t.deepEqual(
    (await rig.look(inspected(all, () => flow(2, 0)))).filter((line) => line.includes('total')),
    ['connections_total web/a 2'],
  );
  t.deepEqual(await rig.look([]), ['connections web/a/active 0', 'connections web/a/inactive 0']);
  rig.stop();
  t.false(rig.waits());
});

test('beyond 2,000 backends a service’s are added up', async (t) => {
  const many = Array.from({ length: 2001 }, (_, index) => dest(`10.1.${index >> 8}.${index & 255}`, 80));
  const web = desired('web', byAddress('10.0.0.1', 80), many);
  const rig = metered([web]);
  t.deepEqual(await rig.look(inspected([web], () => flow(5))), [
    'connections web/(all)/active 4002',
    'connections web/(all)/inactive 6003',
    'connections_total web/(all) 1000',
  ]);
});

test('what the proxy counts is told of each backend, under its name; with too many backends its threads are not asked', async (t) => {
  const meter = new ActorMeter();
  let looks: (() => void)[] = [];
  const table = tableOf(desired('web', byAddress('10.0.0.1', 80), [dest('10.0.0.11', 80, { backend: 'a' })]));
  const many = tableOf(
    desired(
      'web',
      byAddress('10.0.0.1', 80),
      Array.from({ length: 2001 }, (_, index) => dest(`10.0.${index >> 8}.${index & 255}`, 80)),
    ),
  );
  const [key = ''] = table.keys();
  let counted = { active: 2, inactive: 0, connections: 5, bytesIn: 10, bytesOut: 20 };
  let wanted = table;
  let asked = 0;
  const counts = async () => {
    asked += 1;
    return new Map([[key as ServiceKey, new Map([[destinationKey('10.0.0.11', 80), counted]])]]);
  };
  const after = (_delayNs: number, then: () => void) => {
    looks.push(then);
    return () => {
      looks = [];
    };
  };
  const stop = meterTraffic({ metrics: proxyMetrics, counts }, () => wanted, { meter, log: silentLog, after });
  t.teardown(stop);
  const look = async () => {
    for (const then of looks.splice(0)) then();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return meter
      .take()
      .flatMap((sample) =>
        sample.type === 'histogram' ? [] : [`${sample.name} ${Object.values(sample.labels).join('/')} ${sample.value}`],
      );
  };
  t.deepEqual(await look(), [
    'fulcrum_proxy_backend_connections web/a 2',
    'fulcrum_proxy_backend_connections_total web/a 5',
    'fulcrum_proxy_backend_bytes_total web/a/in 10',
    'fulcrum_proxy_backend_bytes_total web/a/out 20',
  ]);
  // A thread that was replaced counts from 0.
  counted = { active: 1, inactive: 0, connections: 1, bytesIn: 3, bytesOut: 20 };
  t.deepEqual(await look(), [
    'fulcrum_proxy_backend_connections web/a 1',
    'fulcrum_proxy_backend_connections_total web/a 1',
    'fulcrum_proxy_backend_bytes_total web/a/in 3',
  ]);
  wanted = many;
  t.deepEqual(await look(), ['fulcrum_proxy_backend_connections web/a 0']);
  t.is(asked, 2);
});
