/** What a virtual server is reached by: an address and a port, a mark, or a group of these. */
import { addressBytes, addressText } from '../../../../model/ip-address.js';
import type { Statement } from '../../language/blocks.js';
import { integerOf } from '../fields.js';
import type { Import } from '../import.js';

export type Place =
  | { readonly kind: 'address'; readonly address: string; readonly port: number; readonly from: readonly Statement[] }
  | {
      readonly kind: 'fwmark';
      readonly mark: number;
      readonly family: string | null;
      readonly from: readonly Statement[];
    };

/** More of them in one group are a mistake, such as a /8. */
const MAX_RANGE = 4096;

/** Those of a virtual server; none where it was left out. */
export function placesOf(work: Import, server: Statement, groups: readonly Statement[]): readonly Place[] {
  const [first = '', second] = server.words;
  if (first !== 'group') return placeOf(work, server, server.words, [server]);
  const group = groups.find(({ words }) => words[0] === second);
  if (group === undefined) {
    work.leaveOut(server, `there is no virtual_server_group '${second ?? ''}'`);
    return [];
  }
  work.use(group);
  const places = (group.block ?? []).flatMap((entry) =>
    placeOf(work, entry, [entry.keyword, ...entry.words], [server, group, entry]),
  );
  if (places.length === 0) work.leaveOut(server, `virtual_server_group '${second}' has nothing that could be served`);
  return places;
}

function placeOf(
  work: Import,
  told: Statement,
  words: readonly string[],
  from: readonly Statement[],
): readonly Place[] {
  const [first = '', second, third] = words;
  if (first === 'fwmark') {
    const mark = integerOf(second ?? '');
    if (mark !== null) return [{ kind: 'fwmark', mark, family: third ?? null, from }];
    work.leaveOut(told, `'${second ?? ''}' is no firewall mark`);
    return [];
  }
  const port = integerOf(second ?? '0');
  if (port === null || port < 1 || port > 65_535) {
    work.leaveOut(told, 'it is for all ports: a service here has a port, so name them, or mark the packets (fwmark)');
    return [];
  }
  const addresses = rangeOf(first);
  if (addresses !== null) return addresses.map((address) => ({ kind: 'address', address, port, from }));
  work.leaveOut(told, `'${first}' is no address, and no range of at most ${MAX_RANGE}`);
  return [];
}

/** `10.0.0.1`, `10.0.0.1-9`, `10.0.0.1-10.0.1.9`, `10.0.0.8/29`; null for what is none of these. */
function rangeOf(text: string): readonly string[] | null {
  const [, first = '', end, length] = /^([^-/]+)(?:-([^-/]+)|\/([0-9]{1,3}))?$/u.exec(text) ?? [];
  const bytes = addressBytes(first);
  if (bytes === null) return null;
  const from = numberOf(bytes);
  const bits = bytes.length * 8;
  if (length !== undefined) {
    const size = bits - Number(length);
    if (size < 0 || size > 12) return null;
    const start = (from >> BigInt(size)) << BigInt(size);
    return addresses(start, start + (1n << BigInt(size)) - 1n, bytes.length);
  }
  if (end === undefined) return addresses(from, from, bytes.length);
  const last = addressBytes(end) ?? lastPart(bytes, end);
  return last === null || last.length !== bytes.length ? null : addresses(from, numberOf(last), bytes.length);
}

/** The last group alone: decimal for IPv4, hexadecimal for IPv6. */
function lastPart(bytes: Uint8Array, text: string): Uint8Array | null {
  const isIPv4 = bytes.length === 4;
  if (!(isIPv4 ? /^[0-9]{1,3}$/u : /^[0-9A-Fa-f]{1,4}$/u).test(text)) return null;
  const value = Number.parseInt(text, isIPv4 ? 10 : 16);
  if (isIPv4 && value > 255) return null;
  return Uint8Array.from([...bytes.slice(0, isIPv4 ? 3 : 14), ...(isIPv4 ? [value] : [value >> 8, value & 0xff])]);
}

const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

function addresses(from: bigint, to: bigint, length: number): readonly string[] | null {
  const count = Number(to - from) + 1;
  if (count < 1 || count > MAX_RANGE) return null;
  return Array.from({ length: count }, (_, index) => {
    const value = from + BigInt(index);
    const bytes = Uint8Array.from({ length }, (_, at) => Number((value >> BigInt(8 * (length - 1 - at))) & 0xffn));
    return addressText(bytes) ?? '';
  });
}
