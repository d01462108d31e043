/** What the configuration names on this host: its directory, its users. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../model/config.js';
import { findUser } from '../../os/process/user.js';
import type { Facts } from '../facts.js';

/** Null: it can be written, or made. */
export function readStateDir({ node: { stateDir: path } }: Config): Facts['stateDir'] {
  try {
    if (existsSync(path) && !statSync(path).isDirectory()) return { path, problem: 'no directory' };
    accessSync(nearestThere(path), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return { path, problem: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
}

const nearestThere = (path: string): string => (existsSync(path) || path === '/' ? path : nearestThere(dirname(path)));

export const readMissingUsers = (config: Config): readonly string[] =>
  [...new Set(usersIn(config))].filter((user) => findUser(user) === null);

/** Whatever is run as another user has an option of this name, in any section. */
function usersIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(usersIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'user' && typeof inner === 'string' ? [inner] : usersIn(inner),
  );
}
