/**
 * The VRRP version 3 message (RFC 9568 section 5.1), for IPv4 and IPv6, and the Seesaw dialect (no address list); version 2
 * differs from it as `version-2.ts` tells:
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |Version| Type  | Virtual Rtr ID|   Priority    |IPvX Addr Count|
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |Reserve| Max Advertise Interval|          Checksum             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                       IPvX Address(es)                        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Reading allocates nothing: it fills a record that the caller keeps.
 */

import type { VrrpVersion } from '../../model/config.js';
import { type Nanoseconds, ns } from '../../model/units.js';
import { foldChecksum, sumPseudoHeader, sumWords } from '../ip/checksum.js';
import { isTrailer, TRAILER_BYTES } from './trailer.js';
import { AUTHENTICATION_BYTES, readVersion2, writeVersion2 } from './version-2.js';

/** The IP protocol number (RFC 9568 section 5.1.1.4). */
export const VRRP_PROTOCOL = 112;
export const VRRP_HEADER_BYTES = 8;
/** TTL and hop limit (sections 5.1.1.3 and 5.1.2.3): whatever is less was routed. */
export const VRRP_HOP_LIMIT = 255;
/** The address count is one byte wide. */
export const MAX_ADVERT_ADDRESSES = 255;
/** The largest message: 255 IPv6 addresses, and a trailer. */
export const MAX_ADVERT_BYTES = VRRP_HEADER_BYTES + MAX_ADVERT_ADDRESSES * 16 + TRAILER_BYTES;
export const CHECKSUM_AT = 6;
/** The priority of an address owner, and that of a master which stops (section 5.2.4). */
export const OWNER_PRIORITY = 255;
export const RESIGN_PRIORITY = 0;

const ADVERT_TYPE = 1;
const INTERVAL_MASK = 0x0fff;
const NS_PER_CENTISECOND = 1e7;

export type Family = 'ipv4' | 'ipv6';
export const addressLength = (family: Family): 4 | 16 => (family === 'ipv4' ? 4 : 16);

/** 224.0.0.18 (section 5.1.1.2) and ff02::12 (section 5.1.2.2). */
export const multicastGroup = (family: Family): Uint8Array<ArrayBuffer> =>
  family === 'ipv4'
    ? Uint8Array.of(224, 0, 0, 18)
    : Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);

/**
 * What an IPv4 checksum covers: RFC 5798, as most read it, adds the pseudo-header; RFC 9568 does not. IPv6 always does.
 */
export type ChecksumForm = 'pseudo-header' | 'message';

/** The interval as it goes on the wire: whole centiseconds, rounded up, so that no peer expects more than it gets. */
export const intervalToWire = (interval: Nanoseconds): number =>
  Math.min(INTERVAL_MASK, Math.max(1, Math.ceil(interval / NS_PER_CENTISECOND)));
export const intervalFromWire = (centiseconds: number): Nanoseconds => ns(centiseconds * NS_PER_CENTISECOND);

export type AdvertFields = {
  /** Default: 3. */
  readonly version?: VrrpVersion;
  readonly family: Family;
  readonly vrid: number;
  readonly priority: number;
  readonly interval: Nanoseconds;
  /** In network order, all of `family`; none in the Seesaw dialect. */
  readonly addresses: readonly Uint8Array[];
  /** Of version 2, as `passwordBytes` gives it. */
  readonly password?: Uint8Array | null;
  /** Room for a trailer behind the message, which is signed later. */
  readonly hasTrailer?: boolean;
};

/** What follows the addresses. */
const tailLength = (version: VrrpVersion): number => (version === 2 ? AUTHENTICATION_BYTES : 0);

/** Makes a message; source and destination go into its checksum. */
export function encodeAdvert(
  fields: AdvertFields,
  source: Uint8Array,
  destination: Uint8Array,
  form: ChecksumForm,
): Uint8Array<ArrayBuffer> {
  const { family, addresses, version = 3, hasTrailer = false } = fields;
  if (addresses.length > MAX_ADVERT_ADDRESSES) throw new RangeError(`an advert has room for ${MAX_ADVERT_ADDRESSES}`);
  const size = addressLength(family);
  const length = VRRP_HEADER_BYTES + addresses.length * size + tailLength(version);
  const bytes = new Uint8Array(length + (hasTrailer ? TRAILER_BYTES : 0));
  const interval = intervalToWire(fields.interval);
  const first = (version << 4) | ADVERT_TYPE;
  bytes.set([first, fields.vrid, fields.priority, addresses.length, interval >> 8, interval & 0xff]);
  addresses.forEach((address, index) => {
    bytes.set(address, VRRP_HEADER_BYTES + index * size);
  });
  if (version === 2) writeVersion2(bytes, length, fields.interval, fields.password ?? null);
  const end = family === 'ipv6' ? bytes.length : length;
  const covered =
    version === 3 && (family === 'ipv6' || form === 'pseudo-header')
      ? sumPseudoHeader(source, destination, VRRP_PROTOCOL, end)
      : 0;
  const checksum = foldChecksum(sumWords(bytes, 0, end, covered));
  bytes.set([checksum >> 8, checksum & 0xff], CHECKSUM_AT);
  return bytes;
}

/** Why a packet is not taken as an advert. `version-2` and `version-3`: it is of that version, and this router of the other. */
export const rejectReasons = [
  'truncated',
  'version-2',
  'version-3',
  'version',
  'type',
  'vrid',
  'hop-limit',
  'destination',
  'source',
  'own-address',
  'count',
  'length',
  'checksum',
  'interval',
  'interval-mismatch',
  'link-local',
  'unauthenticated',
  'authentication',
  'password',
  'trailer',
  'key',
  'hmac',
  'stale',
  'replay',
] as const;
export type RejectReason = (typeof rejectReasons)[number];
export type Verdict = 'accepted' | RejectReason;

/** What `readAdvert` found. One record is used again and again. */
export type AdvertRecord = {
  priority: number;
  interval: Nanoseconds;
  count: number;
  /** Which reading of the checksum held; the pseudo-header's for IPv6. */
  form: ChecksumForm;
  /** Where its trailer begins, or `NO_TRAILER`. */
  trailerAt: number;
};
export const NO_TRAILER = -1;
export const newAdvertRecord = (): AdvertRecord => ({
  priority: 0,
  interval: ns(0),
  count: 0,
  form: 'pseudo-header',
  trailerAt: NO_TRAILER,
});

export type ReadRules = {
  readonly family: Family;
  readonly dialect: 'rfc' | 'seesaw';
  /** Version 2 has `message`. */
  readonly checksum: 'auto' | ChecksumForm;
  readonly version: VrrpVersion;
  /** Of version 2: what every router of it has, as RFC 3768 section 7.1 says. */
  readonly interval: Nanoseconds;
  readonly password: Uint8Array | null;
  /** It may have a trailer. */
  readonly takesTrailer: boolean;
};

/** The first byte's verdict: whether this is an advert at all (section 7.1), of either version. */
export function readKind(bytes: Uint8Array, from: number, to: number): Verdict {
  if (to - from < VRRP_HEADER_BYTES) return 'truncated';
  const first = bytes[from] as number;
  const version = first >> 4;
  if (version !== 3 && version !== 2) return 'version';
  return (first & 0x0f) === ADVERT_TYPE ? 'accepted' : 'type';
}

/** The VRID of a message that `readKind` accepted. */
export const readVrid = (bytes: Uint8Array, from: number): number => bytes[from + 1] as number;

/**
 * Checks the rest of a message in `bytes[from, to)` that `readKind` accepted (section 7.1), and fills `into`. `source` and
 * `destination` are those of the IP header.
 */
export function readAdvert(
  bytes: Uint8Array,
  from: number,
  to: number,
  source: Uint8Array,
  destination: Uint8Array,
  rules: ReadRules,
  into: AdvertRecord,
): Verdict {
  const version = (bytes[from] as number) >> 4;
  if (version !== rules.version) return version === 2 ? 'version-2' : 'version-3';
  const count = bytes[from + 3] as number;
  if (count === 0 && rules.dialect !== 'seesaw') return 'count';
  const length = to - from;
  const expected = VRRP_HEADER_BYTES + count * addressLength(rules.family) + tailLength(rules.version);
  if (length < expected) return 'truncated';
  const end = from + expected;
  const hasTrailer = length === expected + TRAILER_BYTES && (rules.takesTrailer || isTrailer(bytes, end));
  if (hasTrailer && !rules.takesTrailer) return 'authentication';
  if (length > expected && !hasTrailer) return 'length';
  const form = checksumForm(bytes, from, rules.family === 'ipv6' ? to : end, source, destination, rules);
  if (form === null) return 'checksum';
  if (version === 2) {
    const verdict = readVersion2(bytes, from, end, rules.interval, rules.password);
    if (verdict !== 'accepted') return verdict;
  }
  const interval = (((bytes[from + 4] as number) << 8) | (bytes[from + 5] as number)) & INTERVAL_MASK;
  if (version === 3 && interval === 0) return 'interval';
  if (rules.family === 'ipv6' && count > 0 && !isLinkLocal(bytes, from + VRRP_HEADER_BYTES)) return 'link-local';
  into.priority = bytes[from + 2] as number;
  into.interval = version === 2 ? rules.interval : intervalFromWire(interval);
  into.count = count;
  into.form = form;
  into.trailerAt = hasTrailer ? end : NO_TRAILER;
  return 'accepted';
}

function checksumForm(
  bytes: Uint8Array,
  from: number,
  to: number,
  source: Uint8Array,
  destination: Uint8Array,
  rules: ReadRules,
): ChecksumForm | null {
  const message = sumWords(bytes, from, to);
  const withPseudo = message + sumPseudoHeader(source, destination, VRRP_PROTOCOL, to - from);
  const ipv6 = rules.family === 'ipv6';
  if ((ipv6 || rules.checksum !== 'message') && foldChecksum(withPseudo) === 0) return 'pseudo-header';
  if (!ipv6 && rules.checksum !== 'pseudo-header' && foldChecksum(message) === 0) return 'message';
  return null;
}

/** fe80::/10. */
export const isLinkLocal = (bytes: Uint8Array, at = 0): boolean =>
  bytes[at] === 0xfe && ((bytes[at + 1] as number) & 0xc0) === 0x80;

/** The advertised addresses of a message that was accepted, as text-free views; for diagnostics, never in the loop. */
export function advertAddresses(bytes: Uint8Array, from: number, family: Family, count: number): Uint8Array[] {
  const size = addressLength(family);
  return Array.from({ length: count }, (_, index) => {
    const at = from + VRRP_HEADER_BYTES + index * size;
    return bytes.slice(at, at + size);
  });
}

/** Unsigned comparison in network order (section 6.4.3): positive when `a` is the greater. */
export function compareAddresses(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
