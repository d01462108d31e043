/** IP addresses between their text and their bytes in network order, as netlink carries them. */
import { isIPv4, isIPv6 } from 'node:net';

export type Family = 'ipv4' | 'ipv6';

/** The family of an IP literal; null for other text, such as a DNS name. */
export const familyOf = (text: string): Family | null => (isIPv4(text) ? 'ipv4' : isIPv6(text) ? 'ipv6' : null);

/** The 4 or 16 bytes of an IP literal (an IPv6 zone is left out); null where the text is none. */
export function addressBytes(text: string): Uint8Array<ArrayBuffer> | null {
  const ipv4 = ipv4Bytes(text);
  if (ipv4 !== null) return ipv4;
  const [address = ''] = text.split('%');
  return isIPv6(address) ? ipv6Bytes(address) : null;
}

/**
 * Four decimal numbers of up to 255, without leading zeros. Digit by digit: every write to the kernel's table has one or two of
 * these, and a regular expression that has not run for a while takes long.
 */
function ipv4Bytes(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(4);
  let at = 0;
  let digits = 0;
  let value = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || at === 3) return null;
      bytes[at] = value;
      at += 1;
      digits = 0;
      value = 0;
    } else {
      if (code < ZERO || code > ZERO + 9 || (digits > 0 && value === 0)) return null;
      value = value * 10 + code - ZERO;
      if (value > 255) return null;
      digits += 1;
    }
  }
  if (at !== 3 || digits === 0) return null;
  bytes[at] = value;
  return bytes;
}
const DOT = 46;
const ZERO = 48;

function ipv6Bytes(text: string): Uint8Array<ArrayBuffer> {
  const [head = '', tail] = text.split('::');
  const front = groupBytes(head);
  const back = groupBytes(tail ?? '');
  return Uint8Array.from([...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back]);
}

/** The bytes of `2001:db8` or `ffff:10.0.0.1`. */
function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** The canonical text (RFC 5952) of 4 or 16 bytes; null for another length. */
export function addressText(bytes: Uint8Array): string | null {
  if (bytes.byteLength === 4) return bytes.join('.');
  if (bytes.byteLength !== 16) return null;
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (isIPv4Mapped(groups)) return `::ffff:${bytes.subarray(12).join('.')}`;
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** RFC 5952 section 5 writes IPv4-mapped addresses with their dotted tail. */
const isIPv4Mapped = (groups: readonly number[]): boolean =>
  groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

/** One spelling for one address; other text (a DNS name) comes back as it is. */
export function canonicalAddress(text: string): string {
  // An IPv4 address has one spelling alone; this is on the path of every table that the engine sends.
  if (!text.includes(':')) return text;
  const bytes = addressBytes(text);
  return bytes === null ? text : (addressText(bytes) ?? text);
}

/** `host:port` as people write it: IPv6 in brackets. */
export const hostPort = (host: string, port: number | string): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291 section 2.7), of the 4 or 16 bytes of an address. */
export function isMulticast(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  return bytes.length === 4 ? first >> 4 === 0xe : first === 0xff;
}

/**
 * What an address is that no node on a network has as its own (RFC 1122 section 3.2.1.3, RFC 4291 section 2), with its article;
 * null for one that a node may have, and for other text.
 */
export function noNodesAddress(text: string): string | null {
  const bytes = addressBytes(text);
  if (bytes === null) return null;
  const isAll = (value: number): boolean => bytes.every((byte) => byte === value);
  if (isAll(0)) return 'the unspecified address';
  if (isMulticast(bytes)) return 'a multicast address';
  if (bytes.length === 4) {
    if (isAll(0xff)) return 'the broadcast address';
    return bytes[0] === 127 ? 'a loopback address' : null;
  }
  const canonical = addressText(bytes);
  if (canonical === '::1') return 'the loopback address';
  return canonical?.startsWith('::ffff:') === true ? 'an IPv4 address written as IPv6' : null;
}
