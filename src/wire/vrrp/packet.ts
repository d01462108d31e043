/** The IP headers that carry VRRP (RFC 9568 sections 5.1.1 and 5.1.2): whole packets are made once and sent many times. */
import { foldChecksum, sumWords } from '../ip/checksum.js';
import { addressLength, CHECKSUM_AT, type Family, VRRP_HOP_LIMIT, VRRP_PROTOCOL } from './advert.js';

export const IPV4_HEADER_BYTES = 20;
export const IPV6_HEADER_BYTES = 40;
const IPV4_CHECKSUM_AT = 10;
/** Class selector 6, internetwork control: what routing protocols use (RFC 4594 section 3.2). */
const NETWORK_CONTROL = 0xc0;

export const ipHeaderLength = (family: Family): number => (family === 'ipv4' ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);

/** A raw socket fills in the IPv4 identification and header checksum; a packet socket does not, so the checksum is there. */
export function encodePacket(
  family: Family,
  source: Uint8Array,
  destination: Uint8Array,
  message: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = ipHeaderLength(family);
  const bytes = new Uint8Array(header + message.length);
  const view = new DataView(bytes.buffer);
  if (family === 'ipv4') {
    bytes.set([0x45, NETWORK_CONTROL]);
    view.setUint16(2, bytes.length);
    bytes.set([VRRP_HOP_LIMIT, VRRP_PROTOCOL], 8);
  } else {
    view.setUint32(0, 0x60000000 | (NETWORK_CONTROL << 20));
    view.setUint16(4, message.length);
    bytes.set([VRRP_PROTOCOL, VRRP_HOP_LIMIT], 6);
  }
  const size = addressLength(family);
  bytes.set(source, header - 2 * size);
  bytes.set(destination, header - size);
  bytes.set(message, header);
  if (family === 'ipv4') view.setUint16(IPV4_CHECKSUM_AT, foldChecksum(sumWords(bytes, 0, header)));
  return bytes;
}

/** The checksum of a whole IPv6 packet, anew: where something of it was changed. */
export function sealIpv6(packet: Uint8Array): void {
  const checksumAt = IPV6_HEADER_BYTES + CHECKSUM_AT;
  packet.fill(0, checksumAt, checksumAt + 2);
  const length = packet.length - IPV6_HEADER_BYTES;
  // The pseudo-header's addresses are those that end the IP header.
  const pseudo = sumWords(packet, IPV6_SOURCE_AT, IPV6_HEADER_BYTES) + VRRP_PROTOCOL + length;
  const checksum = foldChecksum(sumWords(packet, IPV6_HEADER_BYTES, packet.length, pseudo));
  packet[checksumAt] = checksum >> 8;
  packet[checksumAt + 1] = checksum & 0xff;
}

/** A packet with its header. One record is used again and again. */
export type IpRecord = {
  hopLimit: number;
  /** Where the message starts and ends in the buffer. */
  from: number;
  to: number;
};

/** Reads an IPv4 header with or without options, in `bytes[at, at + length)`; false when there is no whole packet. */
export function readIpv4(bytes: Uint8Array, at: number, length: number, into: IpRecord): boolean {
  if (length < IPV4_HEADER_BYTES) return false;
  const first = bytes[at] as number;
  const header = (first & 0x0f) * 4;
  const total = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  if (first >> 4 !== 4 || header < IPV4_HEADER_BYTES || total < header || total > length) return false;
  into.hopLimit = bytes[at + 8] as number;
  into.from = at + header;
  // What lies behind the total length is padding of the frame.
  into.to = at + total;
  return true;
}

/** Reads an IPv6 header without extensions (RFC 8200 section 3), in the same way. */
export function readIpv6(bytes: Uint8Array, at: number, length: number, into: IpRecord): boolean {
  if (length < IPV6_HEADER_BYTES) return false;
  const payload = ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number);
  if ((bytes[at] as number) >> 4 !== 6 || IPV6_HEADER_BYTES + payload > length) return false;
  into.hopLimit = bytes[at + 7] as number;
  into.from = at + IPV6_HEADER_BYTES;
  into.to = at + IPV6_HEADER_BYTES + payload;
  return true;
}

/** Offsets of the addresses in an IP header. */
export const IPV4_SOURCE_AT = 12;
export const IPV4_DESTINATION_AT = 16;
export const IPV6_SOURCE_AT = 8;
export const IPV6_DESTINATION_AT = 24;
