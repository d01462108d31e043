/** RADIUS Access-Requests with a PAP password, and the answers to them (RFC 2865; Message-Authenticator of RFC 3579). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const CODE_ACCESS_REQUEST = 1;
const HEADER_BYTES = 20;
const AUTHENTICATOR_BYTES = 16;
/** RFC 2865 section 3. */
const MAX_PACKET_BYTES = 4096;
/** An attribute is 255 bytes long at most, two of them its type and length (RFC 2865 section 5). */
const MAX_VALUE_BYTES = 253;
/** RFC 2865 section 5.2. */
const MAX_PASSWORD_BYTES = 128;
const USER_NAME = 1;
const USER_PASSWORD = 2;
const NAS_IDENTIFIER = 32;
const MESSAGE_AUTHENTICATOR = 80;

const answerCodes = { 2: 'accept', 3: 'reject', 11: 'challenge' } as const;
export type RadiusAnswer = (typeof answerCodes)[keyof typeof answerCodes];

export type AccessRequest = {
  readonly identifier: number;
  /** 16 random bytes. */
  readonly authenticator: Uint8Array;
  readonly username: string;
  readonly password: string;
  readonly secret: string;
  readonly nasIdentifier: string;
};

/** The packet's bytes; null where the user name or the password is too long for it. */
export function encodeAccessRequest(request: AccessRequest): Buffer | null {
  const password = Buffer.from(request.password);
  const username = Buffer.from(request.username);
  if (password.length > MAX_PASSWORD_BYTES || username.length > MAX_VALUE_BYTES) return null;
  // The Message-Authenticator comes first, as servers that guard against forged answers want it.
  const packet = Buffer.concat([
    Buffer.alloc(HEADER_BYTES),
    attribute(MESSAGE_AUTHENTICATOR, Buffer.alloc(AUTHENTICATOR_BYTES)),
    attribute(USER_NAME, username),
    attribute(USER_PASSWORD, hidePassword(password, request.secret, request.authenticator)),
    attribute(NAS_IDENTIFIER, Buffer.from(request.nasIdentifier)),
  ]);
  packet[0] = CODE_ACCESS_REQUEST;
  packet[1] = request.identifier;
  packet.writeUInt16BE(packet.length, 2);
  packet.set(request.authenticator, 4);
  packet.set(createHmac('md5', request.secret).update(packet).digest(), HEADER_BYTES + 2);
  return packet;
}

const attribute = (type: number, value: Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(type, value.length + 2), value]);

/** RFC 2865 section 5.2: each block of 16 bytes is hidden by a digest of the secret and the block before it. */
function hidePassword(password: Buffer, secret: string, authenticator: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.max(16, Math.ceil(password.length / 16) * 16));
  password.copy(padded);
  let previous = authenticator;
  for (let offset = 0; offset < padded.length; offset += 16) {
    const key = createHash('md5').update(secret).update(previous).digest();
    for (let index = 0; index < 16; index += 1) {
      padded[offset + index] = (padded[offset + index] ?? 0) ^ (key[index] ?? 0);
    }
    previous = padded.subarray(offset, offset + 16);
  }
  return padded;
}

export type RadiusRead =
  | { readonly kind: 'answer'; readonly answer: RadiusAnswer }
  /** It is not the answer of a server that knows the secret. */
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): RadiusRead => ({ kind: 'refused', reason });

/** Reads a datagram that should answer the request; any bytes give a value. */
export function readAnswer(
  datagram: Uint8Array,
  request: Pick<AccessRequest, 'identifier' | 'authenticator' | 'secret'>,
): RadiusRead {
  if (datagram.length < HEADER_BYTES) return refused('not a RADIUS packet');
  const length = ((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0);
  // What comes after the length is padding (RFC 2865 section 3).
  if (length < HEADER_BYTES || length > MAX_PACKET_BYTES || length > datagram.length) return refused('a wrong length');
  const packet = Buffer.from(datagram.subarray(0, length));
  if (packet[1] !== request.identifier) return refused('a wrong identifier');
  const code = packet[0] ?? 0;
  if (!isAnswerCode(code)) return refused(`the code ${code}`);
  const authenticator = Buffer.from(packet.subarray(4, HEADER_BYTES));
  // Both digests are made over the packet with the request's authenticator in it (RFC 2865 section 3, RFC 3579 section 3.2).
  packet.set(request.authenticator, 4);
  const expected = createHash('md5').update(packet).update(request.secret).digest();
  if (!timingSafeEqual(expected, authenticator))
    return refused('a wrong response authenticator (is the secret right?)');
  const signature = messageAuthenticatorOffset(packet);
  if (signature === 'malformed') return refused('malformed attributes');
  if (signature !== null) {
    const claimed = Buffer.from(packet.subarray(signature, signature + AUTHENTICATOR_BYTES));
    packet.fill(0, signature, signature + AUTHENTICATOR_BYTES);
    if (!timingSafeEqual(createHmac('md5', request.secret).update(packet).digest(), claimed)) {
      return refused('a wrong message authenticator');
    }
  }
  return { kind: 'answer', answer: answerCodes[code] };
}

const isAnswerCode = (code: number): code is keyof typeof answerCodes => Object.hasOwn(answerCodes, code);

/** Where the value of the Message-Authenticator begins; null without one. */
function messageAuthenticatorOffset(packet: Uint8Array): number | null | 'malformed' {
  let found: number | null = null;
  let offset = HEADER_BYTES;
  while (offset < packet.length) {
    const length = packet[offset + 1] ?? 0;
    if (length < 2 || offset + length > packet.length) return 'malformed';
    if (packet[offset] === MESSAGE_AUTHENTICATOR) {
      if (length !== AUTHENTICATOR_BYTES + 2 || found !== null) return 'malformed';
      found = offset + 2;
    }
    offset += length;
  }
  return found;
}
