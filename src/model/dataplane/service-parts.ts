/**
 * A service may have several addresses and ports: for the data plane each of them is a service of its own, with the same backends.
 */
import { addressesIn, parseRange } from '../address-range.js';
import type { ServiceConfig, ServiceMatch } from '../config.js';
import { hostPort } from '../ip-address.js';

export type ServicePart = {
  /** The first has the service's name. */
  readonly name: string;
  readonly match: ServiceMatch;
};

/** No name of a configuration has one. */
const MARK = '/';

export function partsOf({ name, match, addresses, ports }: ServiceConfig): readonly ServicePart[] {
  if (match.kind === 'fwmark' || (addresses === undefined && ports === undefined)) return [{ name, match }];
  const all = addresses?.flatMap((text) => [...rangeOf(text)]) ?? [match.address];
  return all
    .flatMap((address) => (ports ?? [match.port]).map((port): ServiceMatch => ({ ...match, address, port })))
    .map((each, index) => ({ name: index === 0 ? name : `${name}${MARK}${placeText(each)}`, match: each }));
}

/** Whose part it is. */
export const serviceOfPart = (name: string): string => {
  const at = name.indexOf(MARK);
  return at < 0 ? name : name.slice(0, at);
};

function* rangeOf(text: string): Generator<string> {
  const range = parseRange(text);
  if (range !== null) yield* addressesIn(range);
}

const placeText = (match: ServiceMatch): string =>
  match.kind === 'address' ? hostPort(match.address, match.port) : '';
