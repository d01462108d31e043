import test from 'ava';
import fc from 'fast-check';
import { configPage } from '../../src/config/config-pages.js';
import { effectiveDocument } from '../../src/config/document.js';
import type { Config } from '../../src/model/config.js';
import type { ConfigPlace } from '../../src/model/config-page.js';
import { SEED, validDocument } from './documents.js';
import { addressed, fromValue, parse } from './support.js';

function pagesOf(config: Config): string[] {
  const texts: string[] = [];
  let place: ConfigPlace | null = null;
  do {
    const page = configPage(config, place);
    texts.push(page.text);
    place = page.next;
  } while (place !== null);
  return texts;
}

test('the pages of any configuration, put together, are its effective document', (t) => {
  fc.assert(
    fc.property(validDocument, (document) => {
      const { config } = fromValue(document);
      t.deepEqual(JSON.parse(pagesOf(config).join('')), effectiveDocument(config));
    }),
    { numRuns: 200, seed: SEED },
  );
});

test('a large configuration comes in many pages, each of them small', (t) => {
  const backends = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ address: '10.0.0.1', port: index + 1 }));
  const service = (port: number, count: number) => ({
    name: `s${port}`,
    address: '10.0.0.100',
    port,
    checks: [{ type: 'http', path: `/${'x'.repeat(500)}` }],
    backends: backends(count),
  });
  const { config } = fromValue({ services: [service(1, 3000), service(2, 0), service(3, 1), service(4, 1000)] });
  const pages = pagesOf(config);
  t.true(pages.length > 20);
  for (const page of pages) t.true(page.length < 256 * 1024);
  t.deepEqual(JSON.parse(pages.join('')), effectiveDocument(config));
});

test('no page has a secret', (t) => {
  const { config } = parse(
    addressed('checks:\n- { type: radius, username: u, password: hunter2, secret: hunter2 }', '{ address: 10.0.0.1 }'),
  );
  const text = pagesOf(config).join('');
  t.regex(text, /"type":"radius"/u);
  t.notRegex(text, /hunter2/u);
});
