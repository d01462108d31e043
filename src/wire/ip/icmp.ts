/**
 * ICMP echo (RFC 792) and ICMPv6 echo (RFC 4443), and the errors that answer an echo request. All reading is total: bytes
 * that are nothing of ours are null.
 */
import { foldChecksum, sumWords } from './checksum.js';

export type IpFamily = 'ipv4' | 'ipv6';

export type IcmpMessage =
  | { readonly kind: 'reply'; readonly id: number; readonly sequence: number; readonly payload: Uint8Array }
  /** A router, or the target itself, says that an echo request to `destination` was not delivered. */
  | {
      readonly kind: 'undelivered';
      readonly why: 'unreachable' | 'prohibited' | 'too big' | 'too many hops';
      readonly id: number;
      readonly sequence: number;
      readonly destination: Uint8Array;
    };

const TYPES = {
  ipv4: { request: 8, reply: 0, unreachable: 3, tooBig: -1, timeExceeded: 11, protocol: 1 },
  ipv6: { request: 128, reply: 129, unreachable: 1, tooBig: 2, timeExceeded: 3, protocol: 58 },
} as const;

/** Codes of `unreachable` that say that somebody does not let it through (RFC 1812 section 5.2.7.1; RFC 4443 section 3.1). */
const PROHIBITED = { ipv4: new Set([9, 10, 13]), ipv6: new Set([1, 5, 6]) } as const;
/** Fragmentation needed and DF set: ICMPv6 has a type of its own. */
const IPV4_TOO_BIG = 4;

const ECHO_HEADER_BYTES = 8;
const ID_AT = 4;
const SEQUENCE_AT = 6;
const ERROR_HEADER_BYTES = 8;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

/** With its checksum for IPv4; for IPv6 the kernel fills it in, for it knows the addresses. */
export function writeEchoRequest(
  family: IpFamily,
  id: number,
  sequence: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ECHO_HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPES[family].request;
  view.setUint16(ID_AT, id);
  view.setUint16(SEQUENCE_AT, sequence);
  bytes.set(payload, ECHO_HEADER_BYTES);
  if (family === 'ipv4') view.setUint16(2, foldChecksum(sumWords(bytes, 0, bytes.length)));
  return bytes;
}

/** An ICMP message without the IP header in front. `payload` and `destination` are views of it. */
export function readIcmp(family: IpFamily, bytes: Uint8Array): IcmpMessage | null {
  const types = TYPES[family];
  const [type, code = 0] = bytes;
  if (bytes.length < ECHO_HEADER_BYTES) return null;
  if (type === types.reply) {
    if (code !== 0) return null;
    return { kind: 'reply', ...echoIds(bytes), payload: bytes.subarray(ECHO_HEADER_BYTES) };
  }
  const why = undeliveredWhy(family, type ?? -1, code);
  if (why === null) return null;
  const request = family === 'ipv4' ? requestInIpv4(bytes) : requestInIpv6(bytes);
  return request === null ? null : { kind: 'undelivered', why, ...request };
}

/** What follows the header of an IPv4 packet that holds ICMP and is no fragment; null for any other. */
export function icmpOfIpv4(packet: Uint8Array): Uint8Array | null {
  const [first = 0] = packet;
  const headerBytes = (first & 0xf) * 4;
  const fragment = (((packet[6] ?? 0) & 0x3f) << 8) | (packet[7] ?? 0);
  const good = first >> 4 === 4 && headerBytes >= IPV4_HEADER_BYTES && packet.length >= headerBytes;
  return good && packet[9] === TYPES.ipv4.protocol && fragment === 0 ? packet.subarray(headerBytes) : null;
}

function undeliveredWhy(
  family: IpFamily,
  type: number,
  code: number,
): (IcmpMessage & { kind: 'undelivered' })['why'] | null {
  const types = TYPES[family];
  if (type === types.tooBig || (type === types.unreachable && family === 'ipv4' && code === IPV4_TOO_BIG)) {
    return 'too big';
  }
  if (type === types.unreachable) return PROHIBITED[family].has(code) ? 'prohibited' : 'unreachable';
  return type === types.timeExceeded ? 'too many hops' : null;
}

type Request = { readonly id: number; readonly sequence: number; readonly destination: Uint8Array };

/** An error quotes the packet that it is about: its IP header and at least 8 bytes. */
function requestInIpv4(error: Uint8Array): Request | null {
  const packet = error.subarray(ERROR_HEADER_BYTES);
  const icmp = icmpOfIpv4(packet);
  if (icmp === null || icmp.length < ECHO_HEADER_BYTES || icmp[0] !== TYPES.ipv4.request) return null;
  return { ...echoIds(icmp), destination: packet.subarray(16, 20) };
}

function requestInIpv6(error: Uint8Array): Request | null {
  const packet = error.subarray(ERROR_HEADER_BYTES);
  const icmp = packet.subarray(IPV6_HEADER_BYTES);
  const good = (packet[0] ?? 0) >> 4 === 6 && packet[6] === TYPES.ipv6.protocol;
  if (!good || icmp.length < ECHO_HEADER_BYTES || icmp[0] !== TYPES.ipv6.request) return null;
  return { ...echoIds(icmp), destination: packet.subarray(24, 40) };
}

/** The identifier and sequence of an echo message. */
function echoIds(bytes: Uint8Array): { readonly id: number; readonly sequence: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, ECHO_HEADER_BYTES);
  return { id: view.getUint16(ID_AT), sequence: view.getUint16(SEQUENCE_AT) };
}
