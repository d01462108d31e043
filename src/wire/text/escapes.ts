/** Bytes as text with the escapes of C string literals: what `send` and `receive` of a probe are written in. */

const simple: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
  ['"', 0x22],
  ["'", 0x27],
  ['?', 0x3f],
  ['\\', 0x5c],
]);

export type EscapesResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly message: string };

/** An escape is one of the simple ones, 1-3 octal digits, or `x` and two hexadecimal digits. */
const PIECE = /[^\\]+|\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{2})|(.))|\\/suy;

/** Reads `\n \r \t \\ \0 \xNN \NNN` and C's other simple escapes; all other text is UTF-8. */
export const parseEscapes = (text: string): EscapesResult => {
  const parts: Uint8Array[] = [];
  PIECE.lastIndex = 0;
  for (let match = PIECE.exec(text); match !== null; match = PIECE.exec(text)) {
    const [piece, octal, hex, letter] = match;
    const code =
      octal !== undefined
        ? Number.parseInt(octal, 8)
        : hex !== undefined
          ? Number.parseInt(hex, 16)
          : simple.get(letter ?? '');
    if (!piece.startsWith('\\')) parts.push(Buffer.from(piece, 'utf8'));
    else if (code === undefined || code > 0xff) return { ok: false, message: explain(piece, match.index) };
    else parts.push(Uint8Array.of(code));
  }
  return { ok: true, bytes: new Uint8Array(Buffer.concat(parts)) };
};

const explain = (piece: string, at: number): string => {
  const known = 'known are \\n \\r \\t \\\\ \\0, \\xNN with two hexadecimal digits and \\NNN up to \\377';
  return piece === '\\'
    ? `a backslash ends the text: write \\\\ for a backslash (${known})`
    : `unknown escape '${piece}' at character ${at + 1}: ${known}`;
};

const named: ReadonlyMap<number, string> = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x5c, '\\\\'],
]);

/** Prints bytes so that `parseEscapes` reads them back; printable text stays as it is where it is valid UTF-8. */
export const formatEscapes = (bytes: Uint8Array): string => {
  const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes);
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  if (isText) return text.replace(/[\p{C}\\]/gu, escapeCharacter);
  return Array.from(bytes, (byte) => (byte < 0x80 ? escapeAscii(byte) : hexEscape(byte))).join('');
};

const hexEscape = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;
const escapeAscii = (byte: number): string =>
  named.get(byte) ?? (byte < 0x20 || byte === 0x7f ? hexEscape(byte) : String.fromCharCode(byte));
const escapeCharacter = (character: string): string =>
  Array.from(Buffer.from(character, 'utf8'), (byte) => (byte < 0x80 ? escapeAscii(byte) : hexEscape(byte))).join('');
