/** Answers of IPVS. Total: bytes that hold no such entry are null, attributes that this kernel does not know are at their defaults. */

import { addressText } from '../../model/ip-address.js';
import { readGeneric } from '../netlink/generic.js';
import {
  attributeMap,
  HOST_LITTLE_ENDIAN,
  type NetlinkMessage,
  readBe16,
  readI32,
  readText,
  readU8,
  readU16,
  readU32,
  type Value,
} from '../netlink/reader.js';
import {
  AF_INET,
  AF_INET6,
  commandAttribute,
  daemonAttribute,
  destinationAttribute,
  infoAttribute,
  serviceAttribute,
  statisticsAttribute,
} from './attributes.js';
import {
  type IpvsDaemon,
  type IpvsDestinationEntry,
  type IpvsInfo,
  type IpvsServiceEntry,
  type IpvsServiceKey,
  type IpvsStatistics,
  type IpvsTimeouts,
  ipvsCommand,
  ipvsForwarding,
  ipvsServiceFlag,
  ipvsTunnelTypes,
  PLAIN_TUNNEL,
} from './types.js';

type Attributes = ReadonlyMap<number, Uint8Array>;
const FORWARDING_MASK = 0x7;

/** The attributes inside `wanted` of a message with this command; null where there are none. */
function nested(message: NetlinkMessage, command: number, wanted: number): Attributes | null {
  const generic = readGeneric(message);
  if (generic?.command !== command) return null;
  const inner = attributeMap(generic.attributes)?.get(wanted);
  return inner === undefined ? null : attributeMap(inner);
}

/** An entry of a dump of services, or the answer to `getService`. */
export function readIpvsService(message: NetlinkMessage): IpvsServiceEntry | null {
  const attributes = nested(message, ipvsCommand.newService, commandAttribute.service);
  const key = attributes === null ? null : readServiceKey(attributes);
  if (attributes === null || key === null) return null;
  const netmask = attributes.get(serviceAttribute.netmask);
  return {
    key,
    scheduler: readText(attributes.get(serviceAttribute.scheduler)) ?? '',
    flags: readFlags(attributes.get(serviceAttribute.flags)) & ~ipvsServiceFlag.hashed,
    timeoutS: readU32(attributes.get(serviceAttribute.timeout)) ?? 0,
    netmask: (readU16(attributes.get(serviceAttribute.family)) === AF_INET ? readBe32(netmask) : readU32(netmask)) ?? 0,
    persistenceEngine: readText(attributes.get(serviceAttribute.persistenceEngine)),
    statistics: readStatistics(attributes, serviceAttribute),
  };
}

function readServiceKey(attributes: Attributes): IpvsServiceKey | null {
  const family = readU16(attributes.get(serviceAttribute.family));
  if (family !== AF_INET && family !== AF_INET6) return null;
  const fwmark = readU32(attributes.get(serviceAttribute.fwmark));
  if (fwmark !== null) return { kind: 'fwmark', family: family === AF_INET ? 'ipv4' : 'ipv6', fwmark };
  const address = readAddress(attributes.get(serviceAttribute.address), family);
  const port = readBe16(attributes.get(serviceAttribute.port));
  const protocol = readU16(attributes.get(serviceAttribute.protocol));
  return address === null || port === null || protocol === null ? null : { kind: 'address', address, port, protocol };
}

/** An entry of a dump of destinations. `family` is the service's, for kernels before 3.18, which do not name the destination's. */
export function readIpvsDestination(
  message: NetlinkMessage,
  serviceFamily: 'ipv4' | 'ipv6',
): IpvsDestinationEntry | null {
  const attributes = nested(message, ipvsCommand.newDest, commandAttribute.destination);
  if (attributes === null) return null;
  const number = (type: number): number => readU32(attributes.get(type)) ?? 0;
  const inherited = serviceFamily === 'ipv4' ? AF_INET : AF_INET6;
  const family = readU16(attributes.get(destinationAttribute.family)) ?? inherited;
  const address = readAddress(attributes.get(destinationAttribute.address), family);
  const port = readBe16(attributes.get(destinationAttribute.port));
  const forwarding = ipvsForwarding[number(destinationAttribute.forwarding) & FORWARDING_MASK];
  if (address === null || port === null || forwarding === undefined) return null;
  return {
    address,
    port,
    forwarding,
    weight: readI32(attributes.get(destinationAttribute.weight)) ?? 0,
    upperThreshold: number(destinationAttribute.upperThreshold),
    lowerThreshold: number(destinationAttribute.lowerThreshold),
    tunnel: {
      type: ipvsTunnelTypes[readU8(attributes.get(destinationAttribute.tunnelType)) ?? 0] ?? PLAIN_TUNNEL.type,
      port: readBe16(attributes.get(destinationAttribute.tunnelPort)) ?? 0,
      flags: readU16(attributes.get(destinationAttribute.tunnelFlags)) ?? 0,
    },
    activeConnections: number(destinationAttribute.activeConnections),
    inactiveConnections: number(destinationAttribute.inactiveConnections),
    persistentConnections: number(destinationAttribute.persistentConnections),
    statistics: readStatistics(attributes, destinationAttribute),
  };
}

/** An entry of a dump of synchronisation daemons. */
export function readIpvsDaemon(message: NetlinkMessage): IpvsDaemon | null {
  const attributes = nested(message, ipvsCommand.newDaemon, commandAttribute.daemon);
  const state = readU32(attributes?.get(daemonAttribute.state));
  const name = readText(attributes?.get(daemonAttribute.interface));
  if (attributes === null || name === null || (state !== 1 && state !== 2)) return null;
  const group = attributes.get(daemonAttribute.group) ?? attributes.get(daemonAttribute.group6);
  return {
    state: state === 1 ? 'master' : 'backup',
    interface: name,
    syncId: readU32(attributes.get(daemonAttribute.syncId)) ?? 0,
    maxLength: readU16(attributes.get(daemonAttribute.maxLength)),
    group: group === undefined ? null : addressText(group),
    port: readU16(attributes.get(daemonAttribute.port)),
    ttl: readU8(attributes.get(daemonAttribute.ttl)),
  };
}

/** The answer to `getConfig`. */
export function readIpvsTimeouts(message: NetlinkMessage): IpvsTimeouts | null {
  const generic = readGeneric(message);
  const attributes = generic?.command === ipvsCommand.setConfig ? attributeMap(generic.attributes) : null;
  const tcpS = readU32(attributes?.get(commandAttribute.timeoutTcp));
  const tcpFinS = readU32(attributes?.get(commandAttribute.timeoutTcpFin));
  const udpS = readU32(attributes?.get(commandAttribute.timeoutUdp));
  return tcpS === null || tcpFinS === null ? null : { tcpS, tcpFinS, udpS: udpS ?? 0 };
}

/** The answer to `getInfo`. */
export function readIpvsInfo(message: NetlinkMessage): IpvsInfo | null {
  const generic = readGeneric(message);
  const attributes = generic?.command === ipvsCommand.setInfo ? attributeMap(generic.attributes) : null;
  const version = readU32(attributes?.get(infoAttribute.version));
  if (version === null) return null;
  return {
    version: `${(version >> 16) & 0xff}.${(version >> 8) & 0xff}.${version & 0xff}`,
    connectionTableSize: readU32(attributes?.get(infoAttribute.connectionTableSize)) ?? 0,
  };
}

/** The first 4 or all 16 bytes of `union nf_inet_addr`. */
function readAddress(value: Value, family: number): string | null {
  if (value === undefined) return null;
  const length = family === AF_INET ? 4 : 16;
  return value.byteLength < length ? null : addressText(value.subarray(0, length));
}

const readBe32 = (value: Value): number | null =>
  value?.byteLength === 4 ? new DataView(value.buffer, value.byteOffset, 4).getUint32(0, false) : null;

/** `struct ip_vs_flags`: flags, then a mask. */
const readFlags = (value: Value): number => readU32(value?.byteLength === 8 ? value.subarray(0, 4) : value) ?? 0;

/** The 64-bit counters, or (before Linux 4.1) those of 32 bits. */
function readStatistics(
  attributes: Attributes,
  numbers: { readonly statistics: number; readonly statistics64: number },
): IpvsStatistics {
  const value = attributes.get(numbers.statistics64) ?? attributes.get(numbers.statistics);
  const counters = value === undefined ? null : attributeMap(value);
  const of = (type: number): number => readCounter(counters?.get(type));
  return {
    connections: of(statisticsAttribute.connections),
    packetsIn: of(statisticsAttribute.packetsIn),
    packetsOut: of(statisticsAttribute.packetsOut),
    bytesIn: of(statisticsAttribute.bytesIn),
    bytesOut: of(statisticsAttribute.bytesOut),
    connectionsPerS: of(statisticsAttribute.connectionsPerS),
    packetsInPerS: of(statisticsAttribute.packetsInPerS),
    packetsOutPerS: of(statisticsAttribute.packetsOutPerS),
    bytesInPerS: of(statisticsAttribute.bytesInPerS),
    bytesOutPerS: of(statisticsAttribute.bytesOutPerS),
  };
}

/** A counter of 4 or 8 bytes. As a double: a bigint for each of ten counters an entry would be garbage in every dump. */
function readCounter(value: Value): number {
  if (value?.byteLength !== 8) return readU32(value) ?? 0;
  const data = new DataView(value.buffer, value.byteOffset, 8);
  const [low, high] = HOST_LITTLE_ENDIAN ? [0, 4] : [4, 0];
  return data.getUint32(high, HOST_LITTLE_ENDIAN) * 2 ** 32 + data.getUint32(low, HOST_LITTLE_ENDIAN);
}
