/** An IP address, or a range of them: `10.0.0.101-110`, `2001:db8::10-1f`, `10.0.0.250-10.0.1.5`. */
import { addressBytes, addressText, type Family } from './ip-address.js';

export type AddressRange = {
  readonly family: Family;
  /** In network order, as a number. */
  readonly first: bigint;
  readonly last: bigint;
};

/** Null where the text is none; one that ends before it begins is one, with no addresses. */
export function parseRange(text: string): AddressRange | null {
  const [from = '', to, ...more] = text.split('-');
  const first = from.includes('%') ? null : addressBytes(from);
  const last = first === null || to === undefined ? first : endOf(first, to);
  if (first === null || last === null || more.length > 0) return null;
  return { family: first.length === 4 ? 'ipv4' : 'ipv6', first: numberOf(first), last: numberOf(last) };
}

/** How many addresses it has. */
export const rangeSize = ({ first, last }: AddressRange): bigint => (last < first ? 0n : last - first + 1n);

export function* addressesIn({ family, first, last }: AddressRange): Generator<string> {
  for (let value = first; value <= last; value += 1n) yield textOf(family, value);
}

/** In one spelling: the shortest. */
export function rangeText(range: AddressRange): string {
  const [first, last] = [textOf(range.family, range.first), textOf(range.family, range.last)];
  if (first === last) return first;
  const bits = range.family === 'ipv4' ? 8n : 16n;
  if (range.first >> bits !== range.last >> bits) return `${first}-${last}`;
  const end = range.last & ((1n << bits) - 1n);
  return `${first}-${end.toString(range.family === 'ipv4' ? 10 : 16)}`;
}

/** A whole address of the same family, or its last number alone: decimal in IPv4, hexadecimal in IPv6. */
function endOf(first: Uint8Array, text: string): Uint8Array | null {
  const whole = text.includes('%') ? null : addressBytes(text);
  if (whole !== null) return whole.length === first.length ? whole : null;
  const last = Uint8Array.from(first);
  if (first.length === 4) {
    if (!/^[0-9]{1,3}$/.test(text) || Number(text) > 255) return null;
    last[3] = Number(text);
    return last;
  }
  if (!/^[0-9a-f]{1,4}$/i.test(text)) return null;
  const group = Number.parseInt(text, 16);
  last[14] = group >> 8;
  last[15] = group & 0xff;
  return last;
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

function textOf(family: Family, value: bigint): string {
  const length = family === 'ipv4' ? 4 : 16;
  return addressText(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex')) ?? '';
}
