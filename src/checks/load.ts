/** For who probes: the checkers' code, and what they get in a real thread. */
import type { CheckerContext, CheckerFactory } from '../model/probe.js';
import { monotonicNow } from '../os/clock/clock.js';
import { type BuiltInCheckType, checkers } from './index.js';
import { NameCache } from './probing/resolve.js';

export type LoadedChecker = { readonly create: CheckerFactory };

/** A checker takes only the specs of its own type: whoever takes one by a spec's type gives it that spec. */
export const loadChecker = async (type: BuiltInCheckType): Promise<LoadedChecker> => ({
  create: (await checkers[type].load()) as unknown as CheckerFactory,
});

export async function loadCheckers(): Promise<Readonly<Record<BuiltInCheckType, LoadedChecker>>> {
  const types = Object.keys(checkers) as BuiltInCheckType[];
  const loaded = await Promise.all(types.map(async (type) => [type, await loadChecker(type)] as const));
  return Object.fromEntries(loaded) as Record<BuiltInCheckType, LoadedChecker>;
}

/** Its clock, and a name cache of its own. */
export const createCheckerContext = (): CheckerContext => ({ now: monotonicNow, resolve: new NameCache().resolve });
