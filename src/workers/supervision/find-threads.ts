import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const ENTRY = 'supervisor.js';

/**
 * The folder of the threads' entry points: what the caller says, else this module's own, else (in a bundle, which has left
 * that folder behind) the installed package's.
 */
export function findThreads(given: URL | null): URL {
  const own = ownUrl();
  const candidates = given === null ? [new URL('../../threads/', own), installed(own)] : [given];
  for (const folder of candidates) if (folder !== null && existsSync(new URL(ENTRY, folder))) return folder;
  const places = candidates.filter((folder) => folder !== null).join(' nor in ');
  throw new Error(`the threads' entry points are not in ${places}: see "Bundled apps" in docs/embedding.md`);
}

/** A bundle in CommonJS has no `import.meta.url`: there it is taken to be the main program, or in the folder of that. */
function ownUrl(): string {
  const url: string | undefined = import.meta.url;
  return url ?? pathToFileURL(process.argv[1] ?? './').href;
}

function installed(own: string): URL | null {
  try {
    const door = createRequire(own).resolve('fulcrum');
    return new URL('./threads/', pathToFileURL(door));
  } catch {
    return null;
  }
}
