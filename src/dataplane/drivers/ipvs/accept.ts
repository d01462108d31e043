/** What the kernel's IPVS cannot hold, found before it is asked. Pure. */

import { type Entry, familyOf, type TableDestination, type TableService } from '../../../model/dataplane/table.js';
import { MAX_IPVS_THRESHOLD, MAX_IPVS_WEIGHT } from '../../../wire/ipvs/types.js';
import type { Acceptance } from '../../driver.js';
import { heldEntry, heldService } from './entry.js';
import { knownFlags, unknownFlags } from './scheduler.js';

/** IP_VS_SCHEDNAME_MAXLEN, less the closing NUL. */
const MAX_SCHEDULER_LENGTH = 15;
/** ipvsadm's limit: beyond it the kernel's clock arithmetic overflows on 32-bit machines. */
const MAX_PERSISTENCE_DAYS = 31;
const MAX_PERSISTENCE_NS = MAX_PERSISTENCE_DAYS * 86_400e9;

type ServiceAcceptance = { readonly refusal: string | null; readonly held: TableService };
/** What was made of a service the first time: its destinations change far more often than it does. */
const acceptances = new WeakMap<TableService, ServiceAcceptance>();

export function acceptIpvs(entry: Entry): Acceptance {
  const { refusal, held } = acceptService(entry.service);
  const reason =
    refusal ?? first(entry.destinations.values(), (destination) => destinationRefusal(entry.service, destination));
  return reason === null ? { kind: 'accepted', entry: heldEntry(entry, held) } : { kind: 'refused', reason };
}

function acceptService(service: TableService): ServiceAcceptance {
  const known = acceptances.get(service);
  if (known !== undefined) return known;
  const refusal = serviceRefusal(service);
  const acceptance = { refusal, held: refusal === null ? heldService(service) : service };
  acceptances.set(service, acceptance);
  return acceptance;
}

function serviceRefusal(service: TableService): string | null {
  const { scheduler, match } = service;
  if (scheduler === '' || scheduler.length > MAX_SCHEDULER_LENGTH || /[^\w-]/.test(scheduler)) {
    return `scheduler "${scheduler}" is no name of an IPVS scheduler, such as rr, wlc or mh`;
  }
  const unknown = unknownFlags(scheduler, service.schedulerFlags);
  if (unknown.length > 0) {
    return `scheduler ${scheduler} has no flag ${unknown.join(', ')}: it has ${knownFlags(scheduler).join(', ')}`;
  }
  if ((service.persistenceNs ?? 0) > MAX_PERSISTENCE_NS) {
    return `IPVS keeps persistence for ${MAX_PERSISTENCE_DAYS} days at most`;
  }
  if (service.onePacket && match.kind === 'address' && match.protocol !== 'udp') {
    return `one_packet is for udp, not ${match.protocol}`;
  }
  return null;
}

function destinationRefusal(service: TableService, destination: TableDestination): string | null {
  const { match } = service;
  const where = `backend ${destination.backend ?? destination.key}`;
  const { forwarding, tunnel } = destination;
  if (forwarding !== 'nat' && match.kind === 'address' && destination.port !== match.port) {
    return `${where}: forwarding ${forwarding} leaves the packet as it is, so port ${destination.port} would get what is sent to port ${match.port}: use the service's port, or nat`;
  }
  if (forwarding !== 'tun' && destination.address.includes(':') !== (familyOf(match) === 'ipv6')) {
    return `${where}: the backend and the service are of different IP families, which only forwarding tun can join`;
  }
  if (forwarding === 'tun' && tunnel?.type === 'gue' && tunnel.port === 0) {
    return `${where}: a gue tunnel needs the backend's UDP port`;
  }
  const { weight, maxConnections } = destination;
  if (weight > MAX_IPVS_WEIGHT) return `${where}: weight ${weight} is more than ${MAX_IPVS_WEIGHT}`;
  if (maxConnections > MAX_IPVS_THRESHOLD) {
    return `${where}: max_connections ${maxConnections} is more than ${MAX_IPVS_THRESHOLD}`;
  }
  return null;
}

function first<T>(items: Iterable<T>, reasonOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const reason = reasonOf(item);
    if (reason !== null) return reason;
  }
  return null;
}
