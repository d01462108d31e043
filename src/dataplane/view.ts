/** The driver's table as people and their tools read it. */
import type { DataplaneServiceView, DataplaneView } from '../wire/views.js';
import type { Counts, Driver } from './driver.js';
import type { Entry, Table, TableDestination } from './table.js';

/** Names come from the desired table, for a driver that reads its table back cannot know them. */
export async function viewTable(driver: Driver, why: string, desired: Table): Promise<DataplaneView> {
  const table = await driver.read();
  const counts = await driver.counts(null);
  return {
    driver: driver.kind,
    why,
    services: Array.from(table.values(), (entry) => viewService(entry, desired, counts)),
  };
}

function viewService(entry: Entry, desired: Table, counts: Counts): DataplaneServiceView {
  const { key, match, scheduler, name } = entry.service;
  const counted = counts.get(key);
  const byAddress = match.kind === 'address';
  return {
    name: name ?? desired.get(key)?.service.name ?? null,
    address: byAddress ? match.address : '',
    port: byAddress ? match.port : 0,
    fwmark: byAddress ? null : match.fwmark,
    protocol: match.protocol,
    scheduler,
    destinations: Array.from(entry.destinations.values(), (destination) => viewDestination(destination, counted)),
  };
}

function viewDestination(
  destination: TableDestination,
  counted: ReturnType<Counts['get']>,
): DataplaneServiceView['destinations'][number] {
  const counts = counted?.get(destination.key);
  return {
    address: destination.address,
    port: destination.port,
    weight: destination.weight,
    forwarding: destination.forwarding,
    active_connections: counts?.active ?? 0,
    inactive_connections: counts?.inactive ?? 0,
    connections: counts?.connections ?? 0,
    bytes_in: counts?.bytesIn ?? 0,
    bytes_out: counts?.bytesOut ?? 0,
  };
}
