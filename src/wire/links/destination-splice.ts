/**
 * The difference between two lists of destinations as one splice: mostly a single one has changed, and telling all of a large
 * service anew would take longer than writing the change. Pure.
 */

import type { DesiredDestination } from '../../model/dataplane/desired-service.js';
import type { DestinationSplice } from './tables.js';

type Splice = Pick<DestinationSplice, 'at' | 'count' | 'destinations'>;

/** Null = nothing differs. */
export function spliceOf(before: readonly DesiredDestination[], after: readonly DesiredDestination[]): Splice | null {
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && isSame(before[at], after[at])) at += 1;
  let behind = 0;
  while (behind < shorter - at && isSame(before.at(-1 - behind), after.at(-1 - behind))) behind += 1;
  const count = before.length - behind - at;
  const destinations = after.slice(at, after.length - behind);
  return count === 0 && destinations.length === 0 ? null : { at, count, destinations };
}

/**
 * A list in which `items` took the place of others: of destinations, or of what was made of each. (As `toSpliced`, which takes
 * no more items than a call has room for arguments.)
 */
export const spliced = <T>(list: readonly T[], at: number, count: number, items: readonly T[]): readonly T[] => [
  ...list.slice(0, at),
  ...items,
  ...list.slice(at + count),
];

const isSameList = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a === b || (a.length === b.length && a.every((item, index) => item === b[index]));

function isSame(a: DesiredDestination | undefined, b: DesiredDestination | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return (
    a.weight === b.weight &&
    a.backend === b.backend &&
    a.address === b.address &&
    a.port === b.port &&
    a.forwarding === b.forwarding &&
    a.maxConnections === b.maxConnections &&
    a.draining === b.draining &&
    isSameList(a.targets, b.targets) &&
    a.tunnel?.type === b.tunnel?.type &&
    a.tunnel?.port === b.tunnel?.port
  );
}
