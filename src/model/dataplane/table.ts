/** The data plane's table: what the engine wants, what a driver holds, and the keys by which the two are compared. */
import type { ForwardingMode, ServiceMatch, Tunnel } from '../config.js';
import { canonicalAddress, hostPort } from '../ip-address.js';
import type { Nanoseconds } from '../units.js';
import type { DesiredDestination, DesiredService } from './desired-service.js';
import { serviceOfPart } from './service-parts.js';

declare const keyOf: unique symbol;
/** What makes a service this one and no other: `tcp 10.0.0.1:80`, `udp [2001:db8::1]:53`, `fwmark ipv4 256`. */
export type ServiceKey = string & { readonly [keyOf]: 'service' };
/** What makes a destination this one within its service: `10.0.0.11:8080`. */
export type DestinationKey = string & { readonly [keyOf]: 'destination' };

export type TableService = {
  readonly key: ServiceKey;
  /** The name in the configuration; null where a driver read the entry back and cannot know it. Never a reason to write. */
  readonly name: string | null;
  readonly match: ServiceMatch;
  readonly scheduler: string;
  /** Sorted. */
  readonly schedulerFlags: readonly string[];
  readonly persistenceNs: Nanoseconds | null;
  /** Clients of one net count as one (`netmask.ts`); absent: each by itself. */
  readonly persistenceNetmask?: number;
  readonly onePacket: boolean;
  /** What a driver found there beside these fields, in words: Fulcrum never sets it, so it is someone else's doing. */
  readonly extra?: string;
};

export type TableDestination = {
  readonly key: DestinationKey;
  /** The backend's name; null where a driver read the entry back. Never a reason to write. */
  readonly backend: string | null;
  readonly address: string;
  readonly port: number;
  /** 0 = takes no new connections. */
  readonly weight: number;
  readonly forwarding: ForwardingMode;
  /** 0 = no limit. */
  readonly maxConnections: number;
  readonly tunnel: Tunnel | null;
  /** As a service's. */
  readonly extra?: string;
};

export type Entry = {
  readonly service: TableService;
  readonly destinations: ReadonlyMap<DestinationKey, TableDestination>;
  /** Destinations that are not wanted, and stay as they are where they are: it is not known yet whether they will be. */
  readonly undecided?: ReadonlySet<DestinationKey>;
};
export type Table = ReadonlyMap<ServiceKey, Entry>;

/** Names of the engine's firewall-mark services that steer DSR and TUN checks to one backend; nobody else's service has such a name. */
export const PROBE_PREFIX = 'probe>';

/** Names of stand-ins for services whose address goes to another service; no service of a configuration can be named so. */
export const MOVED_PREFIX = '>';

export const familyOf = (match: ServiceMatch): 'ipv4' | 'ipv6' =>
  match.kind === 'fwmark' ? match.family : match.address.includes(':') ? 'ipv6' : 'ipv4';

/** A firewall mark belongs to an address family alone: the kernel does not look at the protocol of such a service. */
export const serviceKey = (match: ServiceMatch): ServiceKey =>
  (match.kind === 'fwmark'
    ? `fwmark ${match.family} ${match.fwmark}`
    : `${match.protocol} ${hostPort(canonicalAddress(match.address), match.port)}`) as ServiceKey;

export const destinationKey = (address: string, port: number): DestinationKey =>
  hostPort(canonicalAddress(address), port) as DestinationKey;

/** The table's entry for a desired service. Of two destinations with one address and port the first counts. */
export const entryOf = (desired: DesiredService): Entry =>
  entryWith(desired, tableService(desired), desired.destinations.map(tableDestination));

/** The same, with what `tableService` made of the service, and `tableDestination` of each destination. */
export function entryWith(desired: DesiredService, service: TableService, held: readonly TableDestination[]): Entry {
  const destinations = new Map<DestinationKey, TableDestination>();
  for (const destination of held) {
    if (!destinations.has(destination.key)) destinations.set(destination.key, destination);
  }
  const entry = { service, destinations };
  if (desired.undecided === undefined) return entry;
  return { ...entry, undecided: new Set(desired.undecided.map(({ address, port }) => destinationKey(address, port))) };
}

export function tableService(desired: DesiredService): TableService {
  const match = desired.match;
  return {
    key: serviceKey(match),
    name: serviceOfPart(desired.name),
    match: match.kind === 'address' ? { ...match, address: canonicalAddress(match.address) } : match,
    scheduler: desired.scheduler,
    schedulerFlags: desired.schedulerFlags.toSorted(),
    persistenceNs: desired.persistenceNs,
    ...(desired.persistenceNetmask === undefined ? {} : { persistenceNetmask: desired.persistenceNetmask }),
    onePacket: desired.onePacket,
  };
}

export function tableDestination(desired: DesiredDestination): TableDestination {
  const address = canonicalAddress(desired.address);
  return {
    key: destinationKey(address, desired.port),
    backend: desired.backend,
    address,
    port: desired.port,
    weight: desired.weight,
    forwarding: desired.forwarding,
    maxConnections: desired.maxConnections,
    tunnel: desired.tunnel,
  };
}

/** Whether a driver that holds `a` need not be told `b`: everything but the names. */
export const sameService = (a: TableService, b: TableService): boolean =>
  a.scheduler === b.scheduler &&
  a.persistenceNs === b.persistenceNs &&
  a.persistenceNetmask === b.persistenceNetmask &&
  a.onePacket === b.onePacket &&
  a.match.protocol === b.match.protocol &&
  a.extra === b.extra &&
  a.schedulerFlags.length === b.schedulerFlags.length &&
  a.schedulerFlags.every((flag, index) => flag === b.schedulerFlags[index]);

/** Whether one can become the other without moving running connections to another way of forwarding. */
export const sameForwarding = (a: TableDestination, b: TableDestination): boolean =>
  a.forwarding === b.forwarding && a.tunnel?.type === b.tunnel?.type && a.tunnel?.port === b.tunnel?.port;

export const sameDestination = (a: TableDestination, b: TableDestination): boolean =>
  a === b ||
  (a.weight === b.weight && a.maxConnections === b.maxConnections && a.extra === b.extra && sameForwarding(a, b));

export type DestinationCounts = {
  /** Established connections; with the proxy, UDP sessions too. */
  readonly active: number;
  /** Connections in any other state that the driver still remembers. */
  readonly inactive: number;
  /** Ever. */
  readonly connections: number;
  /** From clients. */
  readonly bytesIn: number;
  /** To clients. */
  readonly bytesOut: number;
};
