/** Keys of authenticated adverts as people write them: `hex:` and two digits a byte, or text that is the key itself. */

/** With 32 bytes nobody finds a key out, whatever computers there will be (keepalived's bounds). */
export const MIN_KEY_BYTES = 32;
export const MAX_KEY_BYTES = 64;
const HEX = 'hex:';

/** Null where it is none. `file:` is a word of keepalived's for a key in a file. */
export function keyBytes(text: string): Uint8Array | null {
  if (text.startsWith('file:')) return null;
  if (!text.startsWith(HEX)) return bounded(new TextEncoder().encode(text));
  const digits = text.slice(HEX.length);
  return /^(?:[0-9a-f]{2})*$/iu.test(digits) ? bounded(Uint8Array.from(Buffer.from(digits, 'hex'))) : null;
}

const bounded = (bytes: Uint8Array): Uint8Array | null =>
  bytes.length >= MIN_KEY_BYTES && bytes.length <= MAX_KEY_BYTES ? bytes : null;
