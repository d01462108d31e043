/** The files of the page at `/`, read once: nothing that a client sends ever names a file. */
import { readFileSync } from 'node:fs';
import type { Route } from './routes.js';

const files = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8', what: 'The dashboard' },
  { path: '/app.js', file: 'app.js', type: 'text/javascript; charset=utf-8', what: 'The dashboard’s script' },
  { path: '/style.css', file: 'style.css', type: 'text/css; charset=utf-8', what: 'The dashboard’s style' },
] as const;

/** From dist/src/gateway to the package's root. */
const directory = new URL('../../../dashboard/', import.meta.url);

/** @throws an error of the file system where the package is incomplete */
export function dashboardRoutes(): readonly Route[] {
  return files.map(({ path, file, type, what }) => {
    const bytes = readFileSync(new URL(file, directory));
    return {
      method: 'GET',
      path,
      operationId: `get-${file}`,
      summary: what,
      change: false,
      answer: { contentType: type, schema: null },
      problems: [],
      run: () => ({ kind: 'bytes', bytes, headers: { 'content-type': type, 'cache-control': 'no-cache' } }),
    };
  });
}
