/**
 * Desired table -> the smallest ordered list of changes. Pure.
 *
 * Order: running services first, since a dead backend must not wait for a thousand new services; among those, what gives
 * traffic a place to go (edits, additions) before what takes one away (lower weights, removals), so that no service is
 * without a destination in between. Then new services, each before its destinations. Services that go are removed last:
 * one that changed its address, port, protocol or mark is another service to the kernel, and so is never missing.
 */
import type { Change } from '../../../model/dataplane/change.js';
import {
  type Entry,
  type ServiceKey,
  sameDestination,
  sameForwarding,
  sameService,
  type Table,
} from '../../../model/dataplane/table.js';

export type DiffOptions = {
  /** Looks only at these services; null = at all of both tables. */
  readonly only: Iterable<ServiceKey> | null;
  /** Whether a service that is there and not wanted may be removed: not before the desired table is complete, nor where it is foreign. */
  readonly mayRemove: (key: ServiceKey) => boolean;
  /** Services removed at most; null = no limit. */
  readonly maxRemovals: number | null;
};

export type Diff = {
  readonly changes: readonly Change[];
  /** Services that stay for now because of `maxRemovals`. */
  readonly deferred: readonly ServiceKey[];
};

export function diff(current: Table, desired: Table, options: DiffOptions): Diff {
  const edits: Change[] = [];
  const additions: Change[] = [];
  const removals: Change[] = []; // and lower weights
  const newServices: Change[] = [];
  const goneServices: Change[] = [];
  const deferred: ServiceKey[] = [];
  for (const key of options.only ?? keysOf(current, desired)) {
    const has = current.get(key);
    const want = desired.get(key);
    if (want === undefined) {
      if (has === undefined || !options.mayRemove(key)) continue;
      if (options.maxRemovals !== null && goneServices.length >= options.maxRemovals) deferred.push(key);
      else goneServices.push({ kind: 'remove-service', service: has.service });
    } else if (has === undefined) {
      newServices.push({ kind: 'add-service', service: want.service });
      for (const destination of want.destinations.values()) {
        newServices.push({ kind: 'add-destination', service: want.service, destination });
      }
    } else {
      diffEntry(has, want, edits, additions, removals);
    }
  }
  return { changes: [...edits, ...additions, ...removals, ...newServices, ...goneServices], deferred };
}

function* keysOf(current: Table, desired: Table): Generator<ServiceKey> {
  yield* desired.keys();
  for (const key of current.keys()) if (!desired.has(key)) yield key;
}

function diffEntry(has: Entry, want: Entry, edits: Change[], additions: Change[], removals: Change[]): void {
  const service = want.service;
  if (!sameService(has.service, service)) edits.push({ kind: 'set-service', service, was: has.service });
  for (const destination of want.destinations.values()) {
    const was = has.destinations.get(destination.key);
    if (was === undefined) {
      additions.push({ kind: 'add-destination', service, destination });
    } else if (!sameDestination(was, destination)) {
      const kind = sameForwarding(was, destination) ? 'set-destination' : 'replace-destination';
      (destination.weight < was.weight ? removals : edits).push({ kind, service, destination, was });
    }
  }
  for (const destination of has.destinations.values()) {
    if (want.destinations.has(destination.key) || want.undecided?.has(destination.key)) continue;
    removals.push({ kind: 'remove-destination', service, destination });
  }
}
