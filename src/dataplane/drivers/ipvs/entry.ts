/** Table entries as IPVS holds them, and back; what IPVS cannot hold is refused with what to change. Pure. */
import type { Protocol, ServiceMatch } from '../../../model/config.js';
import { netmaskText } from '../../../model/dataplane/netmask.js';
import {
  destinationKey,
  type Entry,
  familyOf,
  serviceKey,
  type TableDestination,
  type TableService,
} from '../../../model/dataplane/table.js';
import { type Nanoseconds, NS_PER_S, ns, port as portOf } from '../../../model/units.js';
import {
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type IpvsDestination,
  type IpvsService,
  type IpvsServiceKey,
  ipvsServiceFlag,
  PLAIN_TUNNEL,
} from '../../../wire/ipvs/types.js';
import { hostNetmask } from '../../../wire/ipvs/write.js';
import { flagBits, flagNames } from './scheduler.js';

const protocolNumbers = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP, sctp: IPPROTO_SCTP } as const satisfies Record<
  Protocol,
  number
>;
/** The kernel does not look at the protocol of a firewall mark's service, and tells none. */
const FWMARK_PROTOCOL: Protocol = 'tcp';

export const ipvsKey = (match: ServiceMatch): IpvsServiceKey =>
  match.kind === 'fwmark'
    ? { kind: 'fwmark', family: match.family, fwmark: match.fwmark }
    : { kind: 'address', address: match.address, port: match.port, protocol: protocolNumbers[match.protocol] };

export function toIpvsService(service: TableService): IpvsService {
  const key = ipvsKey(service.match);
  return {
    key,
    scheduler: service.scheduler,
    flags:
      flagBits(service.scheduler, service.schedulerFlags) |
      (service.persistenceNs === null ? 0 : ipvsServiceFlag.persistent) |
      (service.onePacket ? ipvsServiceFlag.onePacket : 0),
    timeoutS: service.persistenceNs === null ? 0 : wholeSeconds(service.persistenceNs),
    netmask: service.persistenceNetmask ?? hostNetmask(key),
    persistenceEngine: null,
  };
}

export const toIpvsDestination = (destination: TableDestination): IpvsDestination => ({
  address: destination.address,
  port: destination.port,
  forwarding: destination.forwarding,
  weight: destination.weight,
  upperThreshold: destination.maxConnections,
  lowerThreshold: 0,
  tunnel: destination.tunnel === null ? PLAIN_TUNNEL : { ...destination.tunnel, flags: 0 },
});

/** Null for a protocol that IPVS has and Fulcrum has not. */
export function fromIpvsService(service: IpvsService): TableService | null {
  const match = matchOf(service.key);
  if (match === null) return null;
  const persistent = (service.flags & ipvsServiceFlag.persistent) !== 0;
  const { netmask } = service;
  const grouped = netmask !== hostNetmask(service.key);
  const extra = [
    grouped && !persistent ? `netmask ${netmaskText(netmask, familyOf(match))} without persistence` : null,
    service.persistenceEngine === null ? null : `persistence engine ${service.persistenceEngine}`,
    persistent || service.timeoutS === 0 ? null : `timeout ${service.timeoutS}s without persistence`,
  ];
  return {
    key: serviceKey(match),
    name: null,
    match,
    scheduler: service.scheduler,
    schedulerFlags: flagNames(service.scheduler, service.flags),
    persistenceNs: persistent ? ns(service.timeoutS * NS_PER_S) : null,
    ...(grouped && persistent ? { persistenceNetmask: netmask } : {}),
    onePacket: (service.flags & ipvsServiceFlag.onePacket) !== 0,
    ...wordsOf(extra),
  };
}

function matchOf(key: IpvsServiceKey): ServiceMatch | null {
  if (key.kind === 'fwmark') return { ...key, protocol: FWMARK_PROTOCOL };
  const protocol = (Object.keys(protocolNumbers) as Protocol[]).find((name) => protocolNumbers[name] === key.protocol);
  return protocol === undefined ? null : { kind: 'address', address: key.address, port: portOf(key.port), protocol };
}

export function fromIpvsDestination(destination: IpvsDestination): TableDestination {
  const { address, port, forwarding, tunnel } = destination;
  const foreign = forwarding === 'local' || forwarding === 'bypass';
  const tunnelled = forwarding === 'tun' && tunnel.type !== 'ipip';
  const extra = [
    foreign ? `forwarding ${forwarding}` : null,
    destination.lowerThreshold === 0 ? null : `lower threshold ${destination.lowerThreshold}`,
    forwarding === 'tun' && tunnel.flags !== 0 ? `tunnel flags ${tunnel.flags}` : null,
  ];
  return {
    key: destinationKey(address, port),
    backend: null,
    address,
    port,
    weight: destination.weight,
    forwarding: foreign ? 'nat' : forwarding,
    maxConnections: destination.upperThreshold,
    tunnel: tunnelled ? { type: tunnel.type, port: tunnel.type === 'gue' ? tunnel.port : 0 } : null,
    ...wordsOf(extra),
  };
}

const wordsOf = (parts: readonly (string | null)[]): { readonly extra?: string } => {
  const words = parts.filter((part) => part !== null);
  return words.length === 0 ? {} : { extra: words.join(', ') };
};

/** A service as it will be read back, where IPVS can hold it: whole seconds, one name for each thing. */
export const heldService = ({ persistenceNetmask: netmask, ...service }: TableService): TableService => ({
  ...service,
  match: service.match.kind === 'fwmark' ? { ...service.match, protocol: FWMARK_PROTOCOL } : service.match,
  schedulerFlags: flagNames(service.scheduler, flagBits(service.scheduler, service.schedulerFlags)),
  persistenceNs: service.persistenceNs === null ? null : ns(wholeSeconds(service.persistenceNs) * NS_PER_S),
  ...(service.persistenceNs === null || netmask === undefined || netmask === hostNetmask(ipvsKey(service.match))
    ? {}
    : { persistenceNetmask: netmask }),
});

/** The same of a whole entry, with what `heldService` made of its service. */
export function heldEntry(entry: Entry, service: TableService): Entry {
  const { destinations } = entry;
  return {
    ...entry,
    service,
    destinations: Array.from(destinations.values()).every(isHeldAsItIs)
      ? destinations
      : new Map(Array.from(destinations, ([key, destination]) => [key, heldDestination(destination)])),
  };
}

const wholeSeconds = (span: Nanoseconds): number => Math.ceil(span / NS_PER_S);

/** Plain IP in IP is what a tunnel is without another type, and only GUE has a port. */
const isHeldAsItIs = ({ tunnel, forwarding }: TableDestination): boolean =>
  tunnel === null || (forwarding === 'tun' && (tunnel.type === 'gue' || (tunnel.type === 'gre' && tunnel.port === 0)));

function heldDestination(destination: TableDestination): TableDestination {
  const { tunnel, forwarding } = destination;
  if (forwarding !== 'tun' || tunnel === null || tunnel.type === 'ipip') return { ...destination, tunnel: null };
  return tunnel.type === 'gre' ? { ...destination, tunnel: { type: 'gre', port: 0 } } : destination;
}
