// Compiles src, test, bench and examples to dist/, from nothing, so that no stale file is ever run.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './install.mjs';

export function build() {
  rmSync('dist', { recursive: true, force: true });
  run('node_modules/.bin/tsc', []);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
