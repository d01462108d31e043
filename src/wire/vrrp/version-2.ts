/**
 * What version 2 has beside version 3 (RFC 3768 section 5.3). Its header tells the kind of authentication and whole seconds in
 * place of the 12 bits of interval, and 8 bytes of authentication data follow the addresses:
 *
 *    |   Auth Type   |   Adver Int   |          Checksum             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                       IP Address(es)                          |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                     Authentication Data                       |
 *    |                                                               |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 3768 knows no authentication any more; the password is RFC 2338's (section 5.3.6), as keepalived sends it.
 */
import { type Nanoseconds, NS_PER_S } from '../../model/units.js';
import { hasBytes } from './has-bytes.js';

export const AUTHENTICATION_BYTES = 8;
/** One byte of whole seconds. */
export const MAX_INTERVAL_S = 255;

const TYPE_AT = 4;
const SECONDS_AT = 5;
const NO_AUTHENTICATION = 0;
const SIMPLE_PASSWORD = 1;

/** Rounded up, so that no peer expects more than it gets. */
const secondsOf = (interval: Nanoseconds): number =>
  Math.min(MAX_INTERVAL_S, Math.max(1, Math.ceil(interval / NS_PER_S)));

/** As it is sent: filled up with zeros. Longer ones are no password of version 2. */
export function passwordBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(AUTHENTICATION_BYTES);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

/** Writes what is version 2's into a message of this length that is otherwise complete, but for its checksum. */
export function writeVersion2(
  message: Uint8Array,
  length: number,
  interval: Nanoseconds,
  password: Uint8Array | null,
): void {
  message[TYPE_AT] = password === null ? NO_AUTHENTICATION : SIMPLE_PASSWORD;
  message[SECONDS_AT] = secondsOf(interval);
  if (password !== null) message.set(password, length - AUTHENTICATION_BYTES);
}

/** Why the rest of a message of version 2 is not taken. */
export type Version2Verdict = 'accepted' | 'unauthenticated' | 'authentication' | 'password' | 'interval-mismatch';

/** The checks of RFC 3768 section 7.1 that version 3 does not have, of a whole message in `bytes[from, to)`. */
export function readVersion2(
  bytes: Uint8Array,
  from: number,
  to: number,
  interval: Nanoseconds,
  password: Uint8Array | null,
): Version2Verdict {
  const type = bytes[from + TYPE_AT] as number;
  if (type !== (password === null ? NO_AUTHENTICATION : SIMPLE_PASSWORD)) {
    return type === NO_AUTHENTICATION ? 'unauthenticated' : 'authentication';
  }
  if (password !== null && !hasBytes(bytes, to - AUTHENTICATION_BYTES, password, AUTHENTICATION_BYTES))
    return 'password';
  return bytes[from + SECONDS_AT] === secondsOf(interval) ? 'accepted' : 'interval-mismatch';
}
