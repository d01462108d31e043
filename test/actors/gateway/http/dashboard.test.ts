import test from 'ava';
import { startRig } from '../../../support/rigs/gateway-rig.js';

test('the page and every file that it names are served, with their types', async (t) => {
  const rig = await startRig(t);
  const page = await rig.ask('GET', '/', { door: 'tcp' });
  t.is(page.status, 200);
  t.is(page.headers['content-type'], 'text/html; charset=utf-8');
  const seen = new Set<string>();
  const queue = [...page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  t.true(queue.length >= 2);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const file = await rig.ask('GET', path, { door: 'tcp' });
    t.is(file.status, 200, path);
    t.is(file.headers['content-type'], `text/${path.endsWith('.css') ? 'css' : 'javascript'}; charset=utf-8`);
    queue.push(...[...file.text.matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => `/assets/${name}`));
  }
  t.true(seen.has('/assets/live.js'));
});

test('nothing of the page comes from elsewhere, and no inline script or style is needed', async (t) => {
  const rig = await startRig(t);
  const { text } = await rig.ask('GET', '/');
  t.false(/(?:src|href)="(?:https?:)?\/\//.test(text));
  t.false(/<script(?![^>]*src=)/.test(text));
  t.false(/ style="| on\w+="/.test(text));
});

test('only the page’s own files are served', async (t) => {
  const rig = await startRig(t);
  for (const path of [
    '/assets/nope.js',
    '/assets/..%2fpackage.json',
    '/assets/',
    '/assets/index',
    '/assets/__proto__',
  ]) {
    t.is((await rig.ask('GET', path)).status, 404, path);
  }
});
