/** As much of the protobuf wire format as small, well-known messages need. Total: hostile bytes give `null`, never a throw. */

export type Field =
  | { readonly wire: 'varint'; readonly number: number; readonly value: bigint }
  | { readonly wire: 'fixed64' | 'fixed32' | 'bytes'; readonly number: number; readonly value: Uint8Array };

/** A varint is at most ten bytes long: 64 bits in groups of seven. */
const MAX_VARINT_BYTES = 10;

/** The fields of a message in their order, repeated ones each time; null when the bytes are not a message. */
export function readFields(message: Uint8Array): readonly Field[] | null {
  const fields: Field[] = [];
  let offset = 0;
  while (offset < message.length) {
    const tag = readVarint(message, offset);
    if (tag === null || tag.value > 0xffff_ffffn) return null;
    const number = Number(tag.value >> 3n);
    if (number === 0) return null;
    const body = readBody(message, tag.end, number, Number(tag.value & 7n));
    if (body === null) return null;
    fields.push(body.field);
    offset = body.end;
  }
  return fields;
}

/** A length-delimited field, as text or bytes. */
export function writeBytes(number: number, value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

export function writeVarint(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

/** Little-endian IEEE 754. */
export function readDouble(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(0, true);
}

export function writeDouble(number: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(number * 8 + 1), bytes]);
}

function readBody(
  message: Uint8Array,
  start: number,
  number: number,
  wireType: number,
): { readonly field: Field; readonly end: number } | null {
  switch (wireType) {
    case 0: {
      const read = readVarint(message, start);
      return read === null ? null : { field: { wire: 'varint', number, value: read.value }, end: read.end };
    }
    case 1:
      return sliced(message, start, 8, number, 'fixed64');
    case 2: {
      const length = readVarint(message, start);
      if (length === null || length.value > BigInt(message.length)) return null;
      return sliced(message, length.end, Number(length.value), number, 'bytes');
    }
    case 5:
      return sliced(message, start, 4, number, 'fixed32');
    // 3 and 4 are groups, which proto3 does not have.
    default:
      return null;
  }
}

function sliced(
  message: Uint8Array,
  start: number,
  length: number,
  number: number,
  wire: 'fixed64' | 'fixed32' | 'bytes',
): { readonly field: Field; readonly end: number } | null {
  const end = start + length;
  return end > message.length ? null : { field: { wire, number, value: message.subarray(start, end) }, end };
}

function readVarint(bytes: Uint8Array, start: number): { readonly value: bigint; readonly end: number } | null {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return null;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: start + index + 1 };
  }
  return null;
}

/** `value` is a non-negative safe integer. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
