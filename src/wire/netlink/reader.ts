/**
 * Netlink messages and attributes as they are read: `struct nlmsghdr` (16 bytes) and `struct nlattr` (4 bytes), each padded
 * to 4 bytes, integers in the host's byte order (linux/netlink.h). `netlink-writer.ts` makes them. Every reader is total:
 * it answers with what it could read and, in words, with what is wrong with the rest.
 */
import { endianness } from 'node:os';

/** Netlink speaks the byte order of the machine; only ports and addresses are in network order. */
export const HOST_LITTLE_ENDIAN = endianness() === 'LE';

export const NLMSG_HEADER_BYTES = 16;
export const NLA_HEADER_BYTES = 4;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
/** The table changed while it was dumped: the dump may miss or repeat entries. */
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
/** Of an error message: the request that it quotes is its header alone; extended attributes follow. */
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

export const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

/** Netlink's padding (NLMSG_ALIGN and NLA_ALIGN alike). */
export const align4 = (length: number): number => (length + 3) & ~3;

export type NetlinkMessage = {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
  /** A view of the bytes that were read: copy it to keep it. */
  readonly payload: Uint8Array;
};

/** What was read before the first fault; `problem` says the fault, null when all bytes were taken. */
export type Read<T> = { readonly items: readonly T[]; readonly problem: string | null };

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Splits one datagram into its messages. */
export function readMessages(bytes: Uint8Array): Read<NetlinkMessage> {
  const data = view(bytes);
  const items: NetlinkMessage[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const left = bytes.byteLength - at;
    if (left < NLMSG_HEADER_BYTES) return { items, problem: `${left} bytes at ${at} are too few for a message header` };
    const length = data.getUint32(at, HOST_LITTLE_ENDIAN);
    if (length < NLMSG_HEADER_BYTES || length > left) {
      return { items, problem: `message at ${at} says ${length} bytes, of ${left} left` };
    }
    items.push({
      type: data.getUint16(at + 4, HOST_LITTLE_ENDIAN),
      flags: data.getUint16(at + 6, HOST_LITTLE_ENDIAN),
      sequence: data.getUint32(at + 8, HOST_LITTLE_ENDIAN),
      portId: data.getUint32(at + 12, HOST_LITTLE_ENDIAN),
      payload: bytes.subarray(at + NLMSG_HEADER_BYTES, at + length),
    });
    at += align4(length);
  }
  return { items, problem: null };
}

export type Attribute = {
  /** Without the flag bits. */
  readonly type: number;
  readonly nested: boolean;
  /** A view of the bytes that were read. */
  readonly value: Uint8Array;
};

/** Splits a payload (or a nested attribute's value) into its attributes, in order; a type may come more than once. */
export function readAttributes(bytes: Uint8Array): Read<Attribute> {
  const data = view(bytes);
  const items: Attribute[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const left = bytes.byteLength - at;
    if (left < NLA_HEADER_BYTES)
      return { items, problem: `${left} bytes at ${at} are too few for an attribute header` };
    const length = data.getUint16(at, HOST_LITTLE_ENDIAN);
    if (length < NLA_HEADER_BYTES || length > left) {
      return { items, problem: `attribute at ${at} says ${length} bytes, of ${left} left` };
    }
    const type = data.getUint16(at + 2, HOST_LITTLE_ENDIAN);
    items.push({
      type: type & NLA_TYPE_MASK,
      nested: (type & NLA_F_NESTED) !== 0,
      value: bytes.subarray(at + NLA_HEADER_BYTES, at + length),
    });
    at += align4(length);
  }
  return { items, problem: null };
}

/** The attributes by type; of a repeated one the last counts, as in the kernel. Null where the bytes are malformed. */
export function attributeMap(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | null {
  const { items, problem } = readAttributes(bytes);
  return problem === null ? new Map(items.map(({ type, value }) => [type, value])) : null;
}

// A value's readers: null when there is no value or it has not the length of its type.
export type Value = Uint8Array | undefined;
const sized = (value: Value, length: number): DataView | null =>
  value === undefined || value.byteLength !== length ? null : view(value);

export const readU8 = (value: Value): number | null => sized(value, 1)?.getUint8(0) ?? null;
export const readU16 = (value: Value): number | null => sized(value, 2)?.getUint16(0, HOST_LITTLE_ENDIAN) ?? null;
export const readU32 = (value: Value): number | null => sized(value, 4)?.getUint32(0, HOST_LITTLE_ENDIAN) ?? null;
export const readI32 = (value: Value): number | null => sized(value, 4)?.getInt32(0, HOST_LITTLE_ENDIAN) ?? null;
export const readU64 = (value: Value): bigint | null => sized(value, 8)?.getBigUint64(0, HOST_LITTLE_ENDIAN) ?? null;
/** In network byte order, such as ports. */
export const readBe16 = (value: Value): number | null => sized(value, 2)?.getUint16(0, false) ?? null;
/** Up to the first NUL, or the end. */
export function readText(value: Value): string | null {
  if (value === undefined) return null;
  const end = value.indexOf(0);
  return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
}

/** The kernel's answer to a request: an NLMSG_ERROR (an ACK when `errno` is 0), or the code in an NLMSG_DONE. */
export type Acknowledgement = {
  /** Positive, 0 = it worked. */
  readonly errno: number;
  /** The kernel's own words (extended ACK), where it has some. */
  readonly text: string | null;
  /** Offset of the attribute that is at fault, in the request. */
  readonly offset: number | null;
  /** Type of an attribute that the request lacks. */
  readonly missing: number | null;
};

const NLMSGERR_ATTR_MSG = 1;
const NLMSGERR_ATTR_OFFS = 2;
const NLMSGERR_ATTR_MISS_TYPE = 5;

/** Reads the payload of an NLMSG_ERROR or NLMSG_DONE; null when it is too short to hold a code. */
export function readAcknowledgement(message: NetlinkMessage): Acknowledgement | null {
  const { payload } = message;
  if (payload.byteLength < 4) return null;
  const data = view(payload);
  // Wrapped into 31 bits so that a hostile INT_MIN cannot come back negative.
  const errno = -data.getInt32(0, HOST_LITTLE_ENDIAN) & 0x7fffffff;
  const extended = (message.flags & NLM_F_ACK_TLVS) === 0 ? undefined : attributeMap(afterQuote(message, data));
  return {
    errno,
    text: readText(extended?.get(NLMSGERR_ATTR_MSG)),
    offset: readU32(extended?.get(NLMSGERR_ATTR_OFFS)),
    missing: readU32(extended?.get(NLMSGERR_ATTR_MISS_TYPE)),
  };
}

/** The bytes behind the code and (in an NLMSG_ERROR) the quoted request. */
function afterQuote({ type, flags, payload }: NetlinkMessage, data: DataView): Uint8Array {
  if (type !== NLMSG_ERROR) return payload.subarray(4);
  if (payload.byteLength < 4 + NLMSG_HEADER_BYTES) return new Uint8Array();
  const quoted = (flags & NLM_F_CAPPED) === 0 ? data.getUint32(4, HOST_LITTLE_ENDIAN) : NLMSG_HEADER_BYTES;
  return payload.subarray(4 + align4(Math.min(quoted, payload.byteLength)));
}
