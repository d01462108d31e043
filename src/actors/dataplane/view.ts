/** The driver's table as people and their tools read it. */

import type { Driver, Flow, Traffic } from '../../dataplane/driver.js';
import { netmaskText } from '../../model/dataplane/netmask.js';
import type { DestinationCounts } from '../../model/dataplane/table.js';
import { familyOf, type Table, type TableDestination, type TableService } from '../../model/dataplane/table.js';
import type {
  DataplaneDestinationView,
  DataplaneServiceView,
  DataplaneView,
  FlowView,
  TrafficView,
} from '../../model/observing/dataplane-views.js';
import { NS_PER_S } from '../../model/units.js';

type Seen = {
  readonly service: TableService;
  readonly traffic: Traffic | null;
  readonly destinations: readonly {
    readonly destination: TableDestination;
    readonly counts: DestinationCounts | null;
    readonly traffic: Traffic | null;
  }[];
};

/** Names come from the desired table: a driver that reads its table back cannot know them, another one is not told new ones. */
export async function viewTable(driver: Driver, why: string, desired: Table): Promise<DataplaneView> {
  const seen: readonly Seen[] = driver.inspect === undefined ? await look(driver) : await driver.inspect();
  return { driver: driver.kind, why, services: seen.map((one) => viewService(one, desired)) };
}

async function look(driver: Driver): Promise<readonly Seen[]> {
  const table = await driver.read();
  const counts = await driver.counts(null);
  return Array.from(table.values(), ({ service, destinations }) => ({
    service,
    traffic: null,
    destinations: Array.from(destinations.values(), (destination) => ({
      destination,
      counts: counts.get(service.key)?.get(destination.key) ?? null,
      traffic: null,
    })),
  }));
}

function viewService({ service, traffic, destinations }: Seen, desired: Table): DataplaneServiceView {
  const { key, match, scheduler, name, persistenceNs, persistenceNetmask } = service;
  const byAddress = match.kind === 'address';
  const wanted = desired.get(key);
  return {
    name: wanted?.service.name ?? name,
    address: byAddress ? match.address : '',
    port: byAddress ? match.port : 0,
    fwmark: byAddress ? null : match.fwmark,
    family: familyOf(match),
    protocol: match.protocol,
    scheduler,
    scheduler_flags: service.schedulerFlags,
    persistence_s: persistenceNs === null ? null : persistenceNs / NS_PER_S,
    persistence_granularity: persistenceNetmask === undefined ? null : netmaskText(persistenceNetmask, familyOf(match)),
    one_packet: service.onePacket,
    extra: service.extra ?? null,
    traffic: viewTraffic(traffic),
    destinations: destinations.map((one) =>
      viewDestination(one, wanted?.destinations.get(one.destination.key)?.backend ?? null),
    ),
  };
}

function viewDestination(
  { destination, counts, traffic }: Seen['destinations'][number],
  name: string | null,
): DataplaneDestinationView {
  const { address, port, weight, forwarding, tunnel } = destination;
  return {
    backend: name ?? destination.backend,
    address,
    port,
    weight,
    forwarding,
    tunnel: tunnel === null ? null : tunnel.type === 'gue' ? `gue:${tunnel.port}` : tunnel.type,
    max_connections: destination.maxConnections,
    extra: destination.extra ?? null,
    active_connections: counts?.active ?? 0,
    inactive_connections: counts?.inactive ?? 0,
    connections: counts?.connections ?? 0,
    bytes_in: counts?.bytesIn ?? 0,
    bytes_out: counts?.bytesOut ?? 0,
    traffic: viewTraffic(traffic),
  };
}

const viewTraffic = (traffic: Traffic | null): TrafficView | null =>
  traffic === null ? null : { ...viewFlow(traffic.total), per_second: viewFlow(traffic.perSecond) };

const viewFlow = (flow: Flow): FlowView => ({
  connections: flow.connections,
  packets_in: flow.packetsIn,
  packets_out: flow.packetsOut,
  bytes_in: flow.bytesIn,
  bytes_out: flow.bytesOut,
});
