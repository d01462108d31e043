/**
 * Whether the first `length` of the expected bytes stand there: in the same time for any bytes, so that nobody finds a password or
 * an HMAC out by guessing its parts. It allocates nothing, as crypto's timingSafeEqual would have its callers do.
 */
export function hasBytes(bytes: Uint8Array, at: number, expected: Uint8Array, length: number): boolean {
  let difference = 0;
  for (let index = 0; index < length; index += 1) {
    difference |= (bytes[at + index] as number) ^ (expected[index] as number);
  }
  return difference === 0;
}
