/** Requests to IPVS. The order and width of attributes are those of ipvsadm, so that its recorded messages are the test. */

import { hostNetmasks } from '../../model/dataplane/netmask.js';
import { addressBytes } from '../../model/ip-address.js';
import { genlHeader } from '../netlink/generic.js';
import { HOST_LITTLE_ENDIAN, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from '../netlink/reader.js';
import type { NetlinkWriter } from '../netlink/writer.js';
import {
  AF_INET,
  AF_INET6,
  commandAttribute,
  daemonAttribute,
  destinationAttribute,
  serviceAttribute,
} from './attributes.js';
import {
  IPVS_VERSION,
  type IpvsDaemon,
  type IpvsDaemonState,
  type IpvsDestination,
  type IpvsDestinationKey,
  type IpvsService,
  type IpvsServiceKey,
  type IpvsTimeouts,
  ipvsCommand,
  ipvsForwarding,
  ipvsTunnelTypes,
} from './types.js';

/** Everything that IPVS can be asked. Those of `dump` answer with one message an entry. */
export type IpvsRequest =
  | { readonly kind: 'newService' | 'setService'; readonly service: IpvsService }
  | { readonly kind: 'delService' | 'getService'; readonly service: IpvsServiceKey }
  | { readonly kind: 'newDest' | 'setDest'; readonly service: IpvsServiceKey; readonly destination: IpvsDestination }
  | { readonly kind: 'delDest'; readonly service: IpvsServiceKey; readonly destination: IpvsDestinationKey }
  | { readonly kind: 'newDaemon'; readonly daemon: IpvsDaemon }
  | { readonly kind: 'delDaemon'; readonly state: IpvsDaemonState; readonly interface: string; readonly syncId: number }
  | { readonly kind: 'setConfig'; readonly timeouts: IpvsTimeouts }
  | { readonly kind: 'getConfig' | 'getInfo' | 'flush' }
  /** Null: all services' counters. */
  | { readonly kind: 'zero'; readonly service: IpvsServiceKey | null }
  | { readonly kind: 'dump'; readonly what: 'services' | 'daemons' }
  | { readonly kind: 'dump'; readonly what: 'destinations'; readonly service: IpvsServiceKey };

export type RequestOptions = {
  /** The family's number in this kernel. */
  readonly family: number;
  readonly sequence: number;
  /** Without it the kernel answers only when the request fails. */
  readonly acknowledge: boolean;
};

const dumpCommand = { services: 'getService', destinations: 'getDest', daemons: 'getDaemon' } as const;

/** Appends the request's message. Throws RangeError for an address that is no IP literal, before anything is sent. */
export function writeIpvsRequest(writer: NetlinkWriter, request: IpvsRequest, options: RequestOptions): void {
  const command = ipvsCommand[request.kind === 'dump' ? dumpCommand[request.what] : request.kind];
  const flags = NLM_F_REQUEST | (options.acknowledge ? NLM_F_ACK : 0) | (request.kind === 'dump' ? NLM_F_DUMP : 0);
  writer.begin({ type: options.family, flags, sequence: options.sequence });
  writer.raw(genlHeader(command, IPVS_VERSION));
  writeBody(writer, request);
  writer.end();
}

function writeBody(writer: NetlinkWriter, request: IpvsRequest): void {
  switch (request.kind) {
    case 'newService':
    case 'setService':
      writeService(writer, request.service);
      break;
    case 'newDest':
    case 'setDest':
      writeServiceKey(writer, request.service);
      writeDestination(writer, request.destination);
      break;
    case 'delDest':
      writeServiceKey(writer, request.service);
      writeDestinationKey(writer, request.destination);
      break;
    case 'newDaemon':
      writeDaemon(writer, request.daemon);
      break;
    case 'delDaemon':
      writeDaemon(writer, { ...request, maxLength: null, group: null, port: null, ttl: null });
      break;
    case 'setConfig':
      writer.u32(commandAttribute.timeoutTcp, request.timeouts.tcpS);
      writer.u32(commandAttribute.timeoutTcpFin, request.timeouts.tcpFinS);
      writer.u32(commandAttribute.timeoutUdp, request.timeouts.udpS);
      break;
    case 'delService':
    case 'getService':
    case 'zero':
      if (request.service !== null) writeServiceKey(writer, request.service);
      break;
    case 'dump':
      if (request.what === 'destinations') writeServiceKey(writer, request.service);
      break;
    case 'getConfig':
    case 'getInfo':
    case 'flush':
      break;
    default:
      request satisfies never;
  }
}

/** The bytes of an address, padded to the 16 of `union nf_inet_addr`. */
function paddedAddress(text: string): { readonly bytes: Uint8Array; readonly family: number } {
  const bytes = addressBytes(text);
  if (bytes === null) throw new RangeError(`${text} is no IP address`);
  const padded = new Uint8Array(16);
  padded.set(bytes);
  return { bytes: padded, family: bytes.byteLength === 4 ? AF_INET : AF_INET6 };
}

function writeIdentity(writer: NetlinkWriter, key: IpvsServiceKey): number {
  if (key.kind === 'fwmark') {
    const family = key.family === 'ipv4' ? AF_INET : AF_INET6;
    writer.u16(serviceAttribute.family, family);
    writer.u32(serviceAttribute.fwmark, key.fwmark);
    return family;
  }
  const { bytes, family } = paddedAddress(key.address);
  writer.u16(serviceAttribute.family, family);
  writer.u16(serviceAttribute.protocol, key.protocol);
  writer.bytes(serviceAttribute.address, bytes);
  writer.be16(serviceAttribute.port, key.port);
  return family;
}

function writeServiceKey(writer: NetlinkWriter, key: IpvsServiceKey): void {
  writer.nest(commandAttribute.service, () => writeIdentity(writer, key));
}

function writeService(writer: NetlinkWriter, service: IpvsService): void {
  writer.nest(commandAttribute.service, () => {
    const family = writeIdentity(writer, service.key);
    writer.text(serviceAttribute.scheduler, service.scheduler);
    if (service.persistenceEngine !== null) writer.text(serviceAttribute.persistenceEngine, service.persistenceEngine);
    writer.bytes(serviceAttribute.flags, flagsAndMask(service.flags));
    writer.u32(serviceAttribute.timeout, service.timeoutS);
    // An IPv4 mask is in network order, an IPv6 prefix length in the host's.
    if (family === AF_INET) writer.be32(serviceAttribute.netmask, service.netmask);
    else writer.u32(serviceAttribute.netmask, service.netmask);
  });
}

/** `struct ip_vs_flags`: the mask covers all bits, so that what is not asked for is cleared. */
function flagsAndMask(flags: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(8));
  data.setUint32(0, flags, HOST_LITTLE_ENDIAN);
  data.setUint32(4, 0xffffffff, HOST_LITTLE_ENDIAN);
  return new Uint8Array(data.buffer);
}

function writeDestinationIdentity(writer: NetlinkWriter, key: IpvsDestinationKey): void {
  const { bytes, family } = paddedAddress(key.address);
  writer.u16(destinationAttribute.family, family);
  writer.bytes(destinationAttribute.address, bytes);
  writer.be16(destinationAttribute.port, key.port);
}

function writeDestinationKey(writer: NetlinkWriter, key: IpvsDestinationKey): void {
  writer.nest(commandAttribute.destination, () => writeDestinationIdentity(writer, key));
}

function writeDestination(writer: NetlinkWriter, destination: IpvsDestination): void {
  const { tunnel } = destination;
  writer.nest(commandAttribute.destination, () => {
    writeDestinationIdentity(writer, destination);
    writer.u32(destinationAttribute.forwarding, ipvsForwarding.indexOf(destination.forwarding));
    writer.u32(destinationAttribute.weight, destination.weight);
    writer.u8(destinationAttribute.tunnelType, ipvsTunnelTypes.indexOf(tunnel.type));
    writer.be16(destinationAttribute.tunnelPort, tunnel.port);
    writer.u16(destinationAttribute.tunnelFlags, tunnel.flags);
    writer.u32(destinationAttribute.upperThreshold, destination.upperThreshold);
    writer.u32(destinationAttribute.lowerThreshold, destination.lowerThreshold);
  });
}

function writeDaemon(writer: NetlinkWriter, daemon: IpvsDaemon): void {
  writer.nest(commandAttribute.daemon, () => {
    writer.u32(daemonAttribute.state, daemon.state === 'master' ? 1 : 2);
    writer.text(daemonAttribute.interface, daemon.interface);
    writer.u32(daemonAttribute.syncId, daemon.syncId);
    if (daemon.maxLength !== null) writer.u16(daemonAttribute.maxLength, daemon.maxLength);
    if (daemon.port !== null) writer.u16(daemonAttribute.port, daemon.port);
    if (daemon.ttl !== null) writer.u8(daemonAttribute.ttl, daemon.ttl);
    if (daemon.group !== null) writeGroup(writer, daemon.group);
  });
}

function writeGroup(writer: NetlinkWriter, group: string): void {
  const bytes = addressBytes(group);
  if (bytes === null) throw new RangeError(`${group} is no IP address`);
  writer.bytes(bytes.byteLength === 4 ? daemonAttribute.group : daemonAttribute.group6, bytes);
}

/** The netmask that means single clients. */
export const hostNetmask = (key: IpvsServiceKey): number =>
  hostNetmasks[key.kind === 'fwmark' ? key.family : key.address.includes(':') ? 'ipv6' : 'ipv4'];
