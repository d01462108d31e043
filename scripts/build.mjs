// Compiles what has changed of src, test, bench and examples to dist/, and takes away what has no source any more; nothing at all is
// done when dist/ was made from these very sources.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleThreads, CHUNKS } from './bundle-threads.mjs';
import { writeCommonJsTypes } from './cjs-types.mjs';
import { run } from './install.mjs';

const folders = ['src', 'test', 'bench', 'examples', 'scripts'];
const files = ['tsconfig.json', 'package-lock.json', 'package.json'];
/** What dist/ was made from. */
const stamp = 'dist/.sources';
const notes = 'dist/.tsbuildinfo';
/** What is made of a source `NAME.ts`; no other file of dist/ has a source of its own. */
const made = /(?:\.js|\.js\.map|\.d\.ts)$/u;

export async function build() {
  const sources = hashOfSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  console.error('fulcrum: compiling to dist/ ...');
  // What an earlier build left is of use only with the compiler's notes on it.
  if (existsSync(notes)) removeStale();
  else rmSync('dist', { recursive: true, force: true });
  rmSync(stamp, { force: true });
  run('node_modules/.bin/tsc', ['--incremental', '--tsBuildInfoFile', notes]);
  writeCommonJsTypes();
  await bundleThreads();
  writeFileSync(stamp, sources);
}

function removeStale() {
  for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || !made.test(path) || path.startsWith(CHUNKS)) continue;
    if (!existsSync(`${relative('dist', path).replace(made, '')}.ts`)) rmSync(path);
  }
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

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
