import { existsSync, readFileSync } from 'node:fs';

/** A file of this package. Its modules lie at more than one depth: the build puts those of a thread together. */
export function packageFile(path: string): URL {
  for (let folder = new URL('./', import.meta.url); ; folder = new URL('../', folder)) {
    if (existsSync(new URL('package.json', folder))) return new URL(path, folder);
    if (folder.pathname === '/') throw new Error(`no package.json above ${import.meta.url}`);
  }
}

/** Where a thread begins. */
export const threadEntry = (name: string): URL => packageFile(`dist/src/threads/${name}.js`);

/** The version of this package. */
export function packageVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
