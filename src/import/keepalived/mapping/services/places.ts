/** What a virtual server is reached by: an address and a port, a mark, or a group of these. */
import { type AddressRange, parseRange, rangeSize, rangeText } from '../../../../model/address-range.js';
import type { Statement } from '../../language/blocks.js';
import { integerOf } from '../fields.js';
import type { Import } from '../import.js';

export type Place =
  | {
      readonly kind: 'address';
      /** The first. */
      readonly address: string;
      readonly ranges: readonly AddressRange[];
      readonly port: number;
      readonly from: readonly Statement[];
    }
  | {
      readonly kind: 'fwmark';
      readonly mark: number;
      readonly family: string | null;
      readonly from: readonly Statement[];
    };

type AddressPlace = Extract<Place, { readonly kind: 'address' }>;

/** More of them in one range are a mistake, such as a /8. */
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
  return joined(places);
}

/** Addresses of one family with one port are one service, whose backends are checked once. */
function joined(places: readonly Place[]): readonly Place[] {
  const found: Place[] = [];
  for (const place of places) {
    const at = found.findIndex((other) => isLike(place, other));
    const other = found[at];
    if (place.kind !== 'address' || other?.kind !== 'address') found.push(place);
    else found[at] = withMore(other, place);
  }
  return found;
}

const isLike = (one: Place, other: Place): boolean =>
  one.kind === 'address' &&
  other.kind === 'address' &&
  one.port === other.port &&
  one.ranges[0]?.family === other.ranges[0]?.family;

const withMore = (place: AddressPlace, { ranges, from }: AddressPlace): AddressPlace => ({
  ...place,
  ranges: [...place.ranges, ...ranges],
  from: [...new Set([...place.from, ...from])],
});

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
  const range = rangeOf(first);
  if (range !== null) {
    const address = rangeText({ ...range, last: range.first });
    return [{ kind: 'address', address, ranges: [range], port, from }];
  }
  work.leaveOut(told, `'${first}' is no address, and no range of at most ${MAX_RANGE}`);
  return [];
}

/** `10.0.0.1`, `10.0.0.1-9`, `10.0.0.1-10.0.1.9`, `10.0.0.8/29`; null for what is none of these. */
function rangeOf(text: string): AddressRange | null {
  const [, span = '', length] = /^([^/]+)(?:\/([0-9]{1,3}))?$/u.exec(text) ?? [];
  const written = parseRange(span);
  if (written === null || (length !== undefined && span.includes('-'))) return null;
  const range = length === undefined ? written : networkOf(written, Number(length));
  if (range === null) return null;
  const size = rangeSize(range);
  return size < 1n || size > MAX_RANGE ? null : range;
}

/** All addresses of the network that this one is in; null where there is none of that length. */
function networkOf({ family, first }: AddressRange, length: number): AddressRange | null {
  const bits = (family === 'ipv4' ? 32 : 128) - length;
  if (bits < 0) return null;
  const start = (first >> BigInt(bits)) << BigInt(bits);
  return { family, first: start, last: start + (1n << BigInt(bits)) - 1n };
}
