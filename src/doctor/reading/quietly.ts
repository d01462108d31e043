/** Files of /proc and /sys, some of which are not there, or not for everybody. */
import { readFileSync } from 'node:fs';

export function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

/** Trimmed; null where it cannot be read. */
export const textOf = (path: string): string | null => quietly(() => readFileSync(path, 'utf8').trim(), null);
