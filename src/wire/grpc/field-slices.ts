/**
 * A protobuf message in slices of whole fields. Each is a message of the same type, and together they are the whole: a repeated
 * field goes on in the next slice. Pure.
 */

/** @throws RangeError where the bytes are no message */
export function* fieldSlices(bytes: Buffer, sliceBytes: number): Generator<Buffer> {
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    at = fieldEnd(bytes, at);
    if (at - start < sliceBytes && at < bytes.length) continue;
    yield bytes.subarray(start, at);
    start = at;
  }
}

/** The protobuf encoding's wire types; groups (3 and 4) are not in proto3. */
function fieldEnd(bytes: Buffer, start: number): number {
  const tag = varint(bytes, start);
  switch (tag.value & 7) {
    case 0:
      return varint(bytes, tag.end).end;
    case 1:
      return within(bytes, tag.end + 8);
    case 2: {
      const length = varint(bytes, tag.end);
      return within(bytes, length.end + length.value);
    }
    case 5:
      return within(bytes, tag.end + 4);
    default:
      throw new RangeError('a field of an unknown wire type');
  }
}

function varint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start; at < Math.min(bytes.length, start + 10); at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new RangeError('a number without an end');
}

function within(bytes: Buffer, end: number): number {
  if (end <= bytes.length) return end;
  throw new RangeError('a field beyond the end');
}
