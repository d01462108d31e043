/** The Ethernet addresses of a virtual router: its own, and those that its multicast goes to. */
import type { Family } from './advert.js';

/** RFC 9568 section 7.3. */
export const virtualMac = (family: Family, vrid: number): Uint8Array =>
  Uint8Array.of(0x00, 0x00, 0x5e, 0x00, family === 'ipv4' ? 0x01 : 0x02, vrid);

/** Of a multicast group: 01:00:5e and its last 23 bits (RFC 1112 section 6.4), or 33:33 and its last 32 (RFC 2464 section 7). */
export const multicastMac = (group: Uint8Array): Uint8Array =>
  group.length === 4
    ? Uint8Array.of(0x01, 0x00, 0x5e, (group[1] ?? 0) & 0x7f, group[2] ?? 0, group[3] ?? 0)
    : Uint8Array.of(0x33, 0x33, ...group.subarray(12));
