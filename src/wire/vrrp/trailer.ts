/**
 * What proves where an advert comes from, behind its message, as draft-cassen-vrrp-auth-hmac and keepalived 2.4 (`auth_hmac`) have it:
 *
 *    |  Scheme (1)   |    Key ID     |         Reserved (0)          |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                  UTC seconds since 1970                       |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  Fraction of a second, /2^16  |           Counter             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |           HMAC-SHA256, the first 16 of its bytes              |
 *
 * The HMAC is over a pseudo-header (IP version, VRRP version, VRID, 0, and the source in 16 bytes, an IPv4 one followed by zeros),
 * the message with a checksum of 0, and the trailer with an HMAC of 0. The destination is not in it: one HMAC does for all peers.
 * The checksum of IPv4 ends before the trailer, that of IPv6 covers it.
 */

import { hasBytes } from './has-bytes.js';

export const TRAILER_BYTES = 28;
export const HMAC_BYTES = 16;
const HMAC_SHA256 = 1;
const PSEUDO_BYTES = 20;
const SOURCE_AT = 4;
const CHECKSUM_AT = 6;
const HMAC_AT = TRAILER_BYTES - HMAC_BYTES;

/** The 64 bits that grow from advert to advert. One record is used again and again. */
export type Sequence = {
  /** Unsigned 32 bits each; the fraction is the upper half of `ticks`, the counter the lower. */
  seconds: number;
  ticks: number;
};
export type TrailerRecord = Sequence & { keyId: number };

/** All but the HMAC. */
export function writeTrailer(bytes: Uint8Array, at: number, keyId: number, { seconds, ticks }: Sequence): void {
  bytes[at] = HMAC_SHA256;
  bytes[at + 1] = keyId;
  bytes[at + 2] = 0;
  bytes[at + 3] = 0;
  writeWord(bytes, at + 4, seconds);
  writeWord(bytes, at + 8, ticks);
}

export function writeHmac(bytes: Uint8Array, trailerAt: number, digest: Uint8Array): void {
  for (let index = 0; index < HMAC_BYTES; index += 1) bytes[trailerAt + HMAC_AT + index] = digest[index] as number;
}

/** False where it is of another scheme. */
export function readTrailer(bytes: Uint8Array, at: number, into: TrailerRecord): boolean {
  if (!isTrailer(bytes, at)) return false;
  into.keyId = bytes[at + 1] as number;
  into.seconds = readWord(bytes, at + 4);
  into.ticks = readWord(bytes, at + 8);
  return true;
}

/** Whether the 28 bytes there look like one. */
export const isTrailer = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === HMAC_SHA256 && bytes[at + 2] === 0 && bytes[at + 3] === 0;

/** Whether the trailer has this HMAC. */
export const hasHmac = (bytes: Uint8Array, trailerAt: number, digest: Uint8Array): boolean =>
  hasBytes(bytes, trailerAt + HMAC_AT, digest, HMAC_BYTES);

/** How much `writeSigned` writes of a message with its trailer. */
export const signedLength = (length: number): number => PSEUDO_BYTES + length;

/** What the HMAC is over, of a message and its trailer in `bytes[from, to)`. */
export function writeSigned(into: Uint8Array, source: Uint8Array, bytes: Uint8Array, from: number, to: number): void {
  const length = signedLength(to - from);
  into.fill(0, 0, PSEUDO_BYTES);
  into[0] = source.length === 4 ? 4 : 6;
  into[1] = (bytes[from] as number) >> 4;
  into[2] = bytes[from + 1] as number;
  into.set(source, SOURCE_AT);
  for (let index = from; index < to; index += 1) into[PSEUDO_BYTES + index - from] = bytes[index] as number;
  into.fill(0, PSEUDO_BYTES + CHECKSUM_AT, PSEUDO_BYTES + CHECKSUM_AT + 2);
  into.fill(0, length - HMAC_BYTES, length);
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

const readWord = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;
