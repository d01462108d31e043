import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const ENTRY = 'supervisor-thread.js';

/**
 * The folder of the threads' entry points: what the caller says, else this module's own, else (in a bundle, which has left
 * that folder behind) the installed package's.
 */
export function findThreads(given: URL | null): URL {
  // A bundle in CommonJS has no import.meta.url: there, only what is given counts.
  const candidates = given === null ? [new URL('./', import.meta.url), installed()] : [given];
  for (const folder of candidates) if (folder !== null && existsSync(new URL(ENTRY, folder))) return folder;
  throw new Error(
    `the threads' entry points are not in ${candidates.join(' nor in ')}: see "Bundled apps" in docs/embedding.md`,
  );
}

function installed(): URL | null {
  try {
    const door = createRequire(import.meta.url).resolve('fulcrum');
    return new URL('./workers/', pathToFileURL(door));
  } catch {
    return null;
  }
}
