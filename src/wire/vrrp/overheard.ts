/** Adverts of other virtual routers, of any version, as a bystander reads them: what is wrong with them is not his matter. */
import { addressText } from '../../model/ip-address.js';
import { addressLength, type Family, VRRP_HEADER_BYTES, VRRP_HOP_LIMIT, VRRP_PROTOCOL } from './advert.js';
import { IPV4_DESTINATION_AT, IPV4_SOURCE_AT, IPV6_HEADER_BYTES, readIpv4 } from './packet.js';

export type Overheard = {
  readonly family: Family;
  readonly version: number;
  readonly vrid: number;
  readonly priority: number;
  readonly intervalMs: number;
  readonly source: string;
  readonly addresses: readonly string[];
};

const TYPE_ADVERT = 1;

/** An IP packet, from its header on; null for what is no advert that a router sent here. */
export function readOverheard(packet: Uint8Array): Overheard | null {
  const found = messageOf(packet);
  if (found === null) return null;
  const { family, message, source } = found;
  if (message.length < VRRP_HEADER_BYTES) return null;
  const [first = 0, vrid = 0, priority = 0, count = 0, high = 0, low = 0] = message;
  const version = first >> 4;
  if ((first & 0x0f) !== TYPE_ADVERT || vrid === 0 || (version !== 2 && version !== 3)) return null;
  const size = addressLength(family);
  const whole = Math.min(count, Math.floor((message.length - VRRP_HEADER_BYTES) / size));
  const at = (index: number): number => VRRP_HEADER_BYTES + index * size;
  return {
    family,
    version,
    vrid,
    priority,
    // Version 2 has whole seconds in the second byte, behind the type of its authentication (RFC 3768 section 5.1).
    intervalMs: version === 2 ? low * 1000 : (((high & 0x0f) << 8) | low) * 10,
    source,
    addresses: Array.from({ length: whole }, (_, index) => textAt(message, at(index), size)),
  };
}

function messageOf(packet: Uint8Array): { family: Family; message: Uint8Array; source: string } | null {
  const ipv4 = { hopLimit: 0, from: 0, to: 0 };
  if (readIpv4(packet, 0, packet.length, ipv4)) {
    if (packet[9] !== VRRP_PROTOCOL || ipv4.hopLimit !== VRRP_HOP_LIMIT) return null;
    const source = textAt(packet, IPV4_SOURCE_AT, IPV4_DESTINATION_AT - IPV4_SOURCE_AT);
    return { family: 'ipv4', message: packet.subarray(ipv4.from, ipv4.to), source };
  }
  const [first = 0] = packet;
  if (first >> 4 !== 6 || packet.length < IPV6_HEADER_BYTES) return null;
  if (packet[6] !== VRRP_PROTOCOL || packet[7] !== VRRP_HOP_LIMIT) return null;
  return { family: 'ipv6', message: packet.subarray(IPV6_HEADER_BYTES), source: textAt(packet, 8, 16) };
}

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  addressText(bytes.subarray(at, at + length)) ?? '';
