/** The page at `/` and its files, read once: nothing that a client sends ever names a file of the disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { CommandError } from '../../../model/errors.js';
import { packageFile } from '../../../model/package.js';
import type { Route, RouteAnswer } from './routes.js';

const directory = packageFile('dashboard/');

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** @throws an error of the file system where the package is incomplete */
export function dashboardRoutes(): readonly Route[] {
  const files = new Map(readdirSync(directory).map((name) => [name, readFileSync(new URL(name, directory))]));
  const answer = (name: string): RouteAnswer => {
    const bytes = files.get(name);
    const type = types[name.split('.').at(-1) ?? ''];
    if (bytes === undefined || type === undefined) {
      throw new CommandError('ERR_NOT_FOUND', `the dashboard has no file ${JSON.stringify(name)}`);
    }
    return { kind: 'bytes', bytes, headers: { 'content-type': type, 'cache-control': 'no-cache' } };
  };
  const html = 'text/html; charset=utf-8';
  return [
    {
      method: 'GET',
      path: '/',
      operationId: 'getDashboard',
      summary: 'The dashboard, a page',
      change: false,
      answer: { contentType: html, schema: null },
      problems: [],
      run: () => answer('index.html'),
    },
    {
      method: 'GET',
      path: '/assets/{name}',
      operationId: 'getDashboardFile',
      summary: 'The script and style files of the dashboard',
      change: false,
      answer: { contentType: 'text/javascript; charset=utf-8', schema: null },
      problems: [],
      run: (_services, { params }) => answer(params['name'] ?? ''),
    },
  ];
}
