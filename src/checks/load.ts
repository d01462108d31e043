/** For who probes: the checkers' code, and what they get in a real thread. */
import type { CheckerContext, CheckerFactory } from '../model/probe.js';
import { monotonicNow } from '../os/clock/clock.js';
import { FileTurns } from '../os/files/file-turns.js';
import { MAX_PEM_BYTES } from '../os/files/regular-file.js';
import { type BuiltInCheckType, checkers } from './index.js';
import { NameCache } from './probing/resolve.js';

export type LoadedChecker = { readonly create: CheckerFactory };

/** Found by its folder's name. It takes only the specs of its own type: whoever takes one by a spec's type gives it that spec. */
export const loadChecker = async (type: BuiltInCheckType): Promise<LoadedChecker> => {
  const { create } = (await import(`./${type}/checker.js`)) as { readonly create?: CheckerFactory };
  if (create === undefined) throw new Error(`src/checks/${type}/checker.ts exports no create`);
  return { create };
};

export async function loadCheckers(): Promise<Readonly<Record<BuiltInCheckType, LoadedChecker>>> {
  const types = Object.keys(checkers) as BuiltInCheckType[];
  const loaded = await Promise.all(types.map(async (type) => [type, await loadChecker(type)] as const));
  return Object.fromEntries(loaded) as Record<BuiltInCheckType, LoadedChecker>;
}

/** In a thread of no daemon: its clock, and a name cache and files of its own. */
export function createCheckerContext(): CheckerContext {
  const files = new FileTurns();
  return {
    now: monotonicNow,
    resolve: new NameCache().resolve,
    readFile: (path) => files.read(path, MAX_PEM_BYTES),
  };
}
