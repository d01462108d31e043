/** The Internet checksum (RFC 1071), as IP, ICMP and VRRP use it: no allocation, any offset, odd lengths. */

/** Adds 16-bit big-endian words of `bytes[from, to)` to a running sum; an odd last byte counts as if a zero followed. */
export function sumWords(bytes: Uint8Array, from: number, to: number, sum = 0): number {
  let total = sum;
  let at = from;
  for (; at + 1 < to; at += 2) total += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (at < to) total += (bytes[at] as number) << 8;
  return total;
}

/** The 16-bit one's complement of a running sum: what goes into (or, over valid bytes, comes out as 0 of) a checksum field. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** What the IPv4 or IPv6 pseudo-header (addresses of 4 or 16 bytes) adds to the sum, for messages under 64 KiB. */
export function sumPseudoHeader(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): number {
  return sumWords(source, 0, source.length) + sumWords(destination, 0, destination.length) + protocol + length;
}
