/** Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4) and as text, lower-case and without the last dot. */

/** RFC 1035 section 2.3.4. */
const MAX_LABEL_BYTES = 63;
/** RFC 1035 section 2.3.4. */
const MAX_NAME_BYTES = 255;
/** Each pointer must go backwards, and names are short: more jumps than this serve nobody but an attacker. */
const MAX_POINTERS = 32;

/** The bytes of a name; null where no such name can exist. `\.` and `\DDD` are escapes, as in zone files. */
export function encodeName(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let label: number[] = [];
  const endLabel = (): boolean => {
    if (label.length === 0 || label.length > MAX_LABEL_BYTES) return false;
    bytes.push(label.length, ...label);
    label = [];
    return true;
  };
  const source = Buffer.from(text === '.' ? '' : text.replace(/(?<!\\)\.$/, ''));
  for (let index = 0; index < source.length; index += 1) {
    const byte = source[index] ?? 0;
    if (byte === DOT) {
      if (!endLabel()) return null;
    } else if (byte === BACKSLASH) {
      const digits = source.toString('latin1', index + 1, index + 4);
      const numeric = /^\d{3}$/.test(digits);
      const value = numeric ? Number(digits) : source[index + 1];
      if (value === undefined || value > 255) return null;
      label.push(value);
      index += numeric ? 3 : 1;
    } else {
      label.push(byte);
    }
  }
  if (source.length > 0 && !endLabel()) return null;
  bytes.push(0);
  return bytes.length > MAX_NAME_BYTES ? null : Uint8Array.from(bytes);
}

export type NameRead = { readonly name: string /** Offset of what follows. */; readonly end: number };

/** Reads the name at `offset`; null where there is none. */
export function readName(message: Uint8Array, offset: number): NameRead | null {
  let text = '';
  let length = 0;
  let pointers = 0;
  let end = -1;
  let at = offset;
  for (;;) {
    const size = message[at];
    if (size === undefined) return null;
    if (size === 0) return { name: text === '' ? '.' : text, end: end === -1 ? at + 1 : end };
    if (size >= POINTER) {
      const low = message[at + 1];
      if (low === undefined || pointers === MAX_POINTERS) return null;
      const target = ((size & 0x3f) << 8) | low;
      if (target >= at) return null;
      if (end === -1) end = at + 2;
      pointers += 1;
      at = target;
      continue;
    }
    length += size + 1;
    if (size > MAX_LABEL_BYTES || length >= MAX_NAME_BYTES || at + 1 + size > message.length) return null;
    text += `${text === '' ? '' : '.'}${labelText(message.subarray(at + 1, at + 1 + size))}`;
    at += 1 + size;
  }
}

function labelText(label: Uint8Array): string {
  let text = '';
  for (const byte of label) {
    if (byte === DOT || byte === BACKSLASH) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text.toLowerCase();
}

/** The name under which the address of a PTR query is found (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseName(address: Uint8Array): string {
  if (address.length === 4) return `${[...address].reverse().join('.')}.in-addr.arpa`;
  const nibbles = [...address].flatMap((byte) => [byte >> 4, byte & 0x0f]);
  return `${nibbles
    .reverse()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa`;
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;
const POINTER = 0xc0;
