/** Nets whose clients count as one for persistence: of IPv4 a mask, of IPv6 the length of a prefix, as IPVS has them (linux/ip_vs.h). */
import { addressBytes, addressText, type Family } from '../ip-address.js';

/** As people write it: an IPv4 mask such as `255.255.255.0`, or the length of a prefix. */
export type Granularity = string | number;

/** Each client by itself. */
export const hostNetmasks = { ipv4: 0xffffffff, ipv6: 128 } as const satisfies Record<Family, number>;

const IPV4_BITS = 32;

/** Null where it says nothing for this family, or would make all clients one. */
export function netmaskOf(granularity: Granularity, family: Family): number | null {
  if (typeof granularity === 'number') {
    const bits = family === 'ipv4' ? IPV4_BITS : hostNetmasks.ipv6;
    if (!Number.isInteger(granularity) || granularity < 1 || granularity > bits) return null;
    return family === 'ipv4' ? ipv4Mask(granularity) : granularity;
  }
  const bytes = family === 'ipv4' ? addressBytes(granularity) : null;
  return bytes?.length === 4 ? numberOf(bytes) || null : null;
}

/** `255.255.255.0`, `/64`. */
export const netmaskText = (netmask: number, family: Family): string =>
  family === 'ipv4' ? (addressText(ipv4Bytes(netmask)) ?? '') : `/${netmask}`;

/** What all clients of one net have in common; another text than an address's comes back as it is. */
export function netOf(address: string, netmask: number): string {
  const bytes = addressBytes(address);
  if (bytes === null) return address;
  const mask = bytes.length === 4 ? ipv4Bytes(netmask) : prefixBytes(netmask);
  return addressText(bytes.map((byte, index) => byte & (mask[index] ?? 0))) ?? address;
}

const ipv4Mask = (bits: number): number => (0xffffffff << (IPV4_BITS - bits)) >>> 0;
const ipv4Bytes = (mask: number): Uint8Array => Uint8Array.of(mask >>> 24, mask >>> 16, mask >>> 8, mask);
const numberOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);

const prefixBytes = (bits: number): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, index) => 0xff00 >> Math.min(8, Math.max(0, bits - 8 * index)));
