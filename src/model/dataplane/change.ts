/** One write to the data plane. */
import { netmaskText } from './netmask.js';
import { type Entry, familyOf, type Table, type TableDestination, type TableService } from './table.js';

export type Change =
  | { readonly kind: 'add-service'; readonly service: TableService }
  /** Scheduler, flags, persistence, one-packet: in place. */
  | { readonly kind: 'set-service'; readonly service: TableService; readonly was: TableService }
  /** Takes the service's destinations with it. */
  | { readonly kind: 'remove-service'; readonly service: TableService }
  | { readonly kind: 'add-destination'; readonly service: TableService; readonly destination: TableDestination }
  /** Weight, connection limit: in place, running connections stay. */
  | {
      readonly kind: 'set-destination';
      readonly service: TableService;
      readonly destination: TableDestination;
      readonly was: TableDestination;
    }
  /** Another way of forwarding: the destination is made anew, and the driver leaves no moment without it. */
  | {
      readonly kind: 'replace-destination';
      readonly service: TableService;
      readonly destination: TableDestination;
      readonly was: TableDestination;
    }
  | { readonly kind: 'remove-destination'; readonly service: TableService; readonly destination: TableDestination };

const serviceWords = (service: TableService): string =>
  service.name === null ? `service ${service.key}` : `service ${service.name} (${service.key})`;
const destinationWords = (service: TableService, destination: TableDestination): string =>
  `${destination.backend === null ? '' : `${destination.backend} `}${destination.key} of ${serviceWords(service)}`;

/** What a change concerns, and what it does, for people: `set backend a 10.0.0.11:80 of service web (...): weight 1 -> 0`. */
export function changeWords(change: Change): { readonly what: string; readonly text: string } {
  const service = change.service;
  switch (change.kind) {
    case 'add-service':
      return words('add', serviceWords(service), `scheduler ${service.scheduler}`);
    case 'set-service':
      return words('set', serviceWords(service), differences(serviceFacts(change.was), serviceFacts(service)));
    case 'remove-service':
      return words('remove', serviceWords(service), '');
    case 'add-destination':
      return words('add', destinationWords(service, change.destination), `weight ${change.destination.weight}`);
    case 'set-destination':
    case 'replace-destination':
      return words(
        change.kind === 'set-destination' ? 'set' : 'replace',
        destinationWords(service, change.destination),
        differences(destinationFacts(change.was), destinationFacts(change.destination)),
      );
    case 'remove-destination':
      return words('remove', destinationWords(service, change.destination), '');
    default:
      return change satisfies never;
  }
}

const words = (verb: string, what: string, detail: string) => ({
  what,
  text: detail === '' ? `${verb} ${what}` : `${verb} ${what}: ${detail}`,
});

const serviceFacts = (service: TableService): Readonly<Record<string, string>> => ({
  protocol: service.match.protocol,
  scheduler: service.scheduler,
  flags: service.schedulerFlags.join(',') || 'none',
  persistence: service.persistenceNs === null ? 'none' : `${service.persistenceNs / 1e9}s`,
  granularity:
    service.persistenceNetmask === undefined
      ? 'each client'
      : netmaskText(service.persistenceNetmask, familyOf(service.match)),
  'one-packet': String(service.onePacket),
  extra: service.extra ?? 'none',
});

const destinationFacts = (destination: TableDestination): Readonly<Record<string, string>> => ({
  weight: String(destination.weight),
  'max connections': String(destination.maxConnections),
  forwarding: destination.forwarding,
  tunnel: destination.tunnel === null ? 'none' : `${destination.tunnel.type}:${destination.tunnel.port}`,
  extra: destination.extra ?? 'none',
});

const differences = (from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): string =>
  Object.keys(to)
    .filter((fact) => from[fact] !== to[fact])
    .map((fact) => `${fact} ${from[fact]} -> ${to[fact]}`)
    .join(', ');

/** A table that changes are applied to: a driver's own, or what is known of a driver's. */
export type MutableTable = Map<
  Entry['service']['key'],
  { readonly service: TableService; readonly destinations: Map<TableDestination['key'], TableDestination> }
>;

/** Why a change cannot be applied to a table, in the kernel's words. */
export type Misfit = 'ENOENT' | 'EEXIST';

/** Applies a change as IPVS would: in place, or refused with the kernel's error. */
export function applyChange(table: MutableTable, change: Change): Misfit | null {
  const key = change.service.key;
  const entry = table.get(key);
  if (change.kind === 'add-service') {
    if (entry !== undefined) return 'EEXIST';
    table.set(key, { service: change.service, destinations: new Map() });
    return null;
  }
  if (entry === undefined) return 'ENOENT';
  switch (change.kind) {
    case 'set-service':
      table.set(key, { service: change.service, destinations: entry.destinations });
      return null;
    case 'remove-service':
      table.delete(key);
      return null;
    case 'add-destination':
    case 'set-destination':
    case 'replace-destination':
    case 'remove-destination': {
      const held = entry.destinations.has(change.destination.key);
      if (held === (change.kind === 'add-destination')) return held ? 'EEXIST' : 'ENOENT';
      if (change.kind === 'remove-destination') entry.destinations.delete(change.destination.key);
      else entry.destinations.set(change.destination.key, change.destination);
      return null;
    }
    default:
      return change satisfies never;
  }
}

/** A table of one's own with the same entries. */
export const copyTable = (table: Table): MutableTable =>
  new Map(
    Array.from(table, ([key, entry]) => [key, { service: entry.service, destinations: new Map(entry.destinations) }]),
  );

/** `code` is an errno name such as ENOENT, or ours; `message` says what failed, where, and what to do. */
export type ChangeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string };

export const done: ChangeResult = { ok: true };
