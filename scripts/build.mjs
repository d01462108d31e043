// Compiles src, test, bench and examples to dist/, from nothing, so that no stale file is ever run; and not at all when dist/ was
// made from these very sources.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleThreads } from './bundle-threads.mjs';
import { writeCommonJsTypes } from './cjs-types.mjs';
import { run } from './install.mjs';

const folders = ['src', 'test', 'bench', 'examples', 'scripts'];
const files = ['tsconfig.json', 'package-lock.json', 'package.json'];
/** What dist/ was made from. */
const stamp = 'dist/.sources';

export function build() {
  const sources = hashOfSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  console.error('fulcrum: compiling to dist/ ...');
  rmSync('dist', { recursive: true, force: true });
  run('node_modules/.bin/tsc', []);
  writeCommonJsTypes();
  bundleThreads();
  writeFileSync(stamp, sources);
}

function hashOfSources() {
  const hash = createHash('sha256');
  const add = (file) => hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  for (const folder of folders) {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = found.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
    // bench/peers is a package of its own.
    for (const path of paths.filter((name) => !name.includes('node_modules/')).sort()) add(path);
  }
  for (const file of files) add(file);
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
