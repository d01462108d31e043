/** Tables for tests of the data plane, from short forms. */
import type { ForwardingMode, Protocol, ServiceMatch } from '../../src/config/model.js';
import { DesiredTable } from '../../src/dataplane/desired.js';
import { type Entry, entryOf, type Table } from '../../src/dataplane/table.js';
import type { DesiredDestination, DesiredService } from '../../src/wire/table-link.js';
import { port as portOf } from '../../src/wire/units.js';

/** The desired table of a driver that can hold everything. */
export const desiredTable = (problem: ConstructorParameters<typeof DesiredTable>[1] = () => {}): DesiredTable =>
  new DesiredTable((entry) => ({ kind: 'accepted', entry }), problem);

export const byAddress = (address: string, port: number, protocol: Protocol = 'tcp'): ServiceMatch => ({
  kind: 'address',
  address,
  port: portOf(port),
  protocol,
});
export const byMark = (fwmark: number, family: 'ipv4' | 'ipv6' = 'ipv4'): ServiceMatch => ({
  kind: 'fwmark',
  fwmark,
  family,
  protocol: 'tcp',
});

/** `host` is the backend's name too. */
export const dest = (
  address: string,
  port: number,
  more: Partial<DesiredDestination> & { readonly forwarding?: ForwardingMode } = {},
): DesiredDestination => ({
  backend: address,
  address,
  port,
  weight: 1,
  forwarding: 'nat',
  maxConnections: 0,
  tunnel: null,
  draining: false,
  ...more,
});

export const desired = (
  name: string,
  match: ServiceMatch,
  destinations: readonly DesiredDestination[] = [],
  more: Partial<DesiredService> = {},
): DesiredService => ({
  name,
  match,
  scheduler: 'wrr',
  schedulerFlags: [],
  persistenceNs: null,
  onePacket: false,
  destinations,
  ...more,
});

export const tableOf = (...services: readonly DesiredService[]): Table =>
  new Map(services.map(entryOf).map((entry: Entry) => [entry.service.key, entry]));
