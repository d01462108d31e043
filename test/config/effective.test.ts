import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { documentOf, effectiveDocument } from '../../src/config/document.js';
import { loadConfig } from '../../src/config/load.js';
import { Secret } from '../../src/schema/document-value.js';
import { SEED, validDocument } from './documents.js';
import { addressed, fromValue, machine, parse } from './support.js';

/** The document as it was written. */
const withSecrets = (value: unknown): unknown => {
  if (value instanceof Secret) return value.raw;
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withSecrets(inner)]));
};

test('the effective document of any configuration is JSON, and but for its secrets means the same configuration', (t) => {
  fc.assert(
    fc.property(validDocument, (document) => {
      const { config } = fromValue(document);
      const effective = effectiveDocument(config);
      t.deepEqual(JSON.parse(JSON.stringify(effective)), effective);
      t.deepEqual(fromValue(withSecrets(documentOf(config))).config, config);
    }),
    { numRuns: 200, seed: SEED },
  );
});

test('so is that of the example with every option', (t) => {
  const file = new URL('../../../examples/full.yaml', import.meta.url);
  const { config } = loadConfig(file.pathname, { around: machine });
  t.deepEqual(fromValue(withSecrets(documentOf(config))).config, config);
  t.regex(readFileSync(file, 'utf8'), /change-me/u);
  t.notRegex(JSON.stringify(effectiveDocument(config)), /change-me/u);
});

test('what must not be shown is not', (t) => {
  const checked = addressed(
    `checks:
- { type: radius, username: u, password: hunter2, secret: hunter2 }
- { type: postgres, url: "postgres://user:hunter2@h:5432/db?sslpassword=hunter2&sslmode=require" }
- { type: redis, url: "redis://:hunter2@h" }
- { type: http, headers: { Authorization: Bearer hunter2, Cookie: hunter2, X-Api-Key: hunter2, Accept: text/plain } }`,
    '{ address: 10.0.0.1 }',
  );
  const component = '{ name: a, type: qdrant, url: "http://h/?api_key=hunter2" }';
  const { config } = parse(`${checked}health: { components: [${component}] }`);
  const text = JSON.stringify(effectiveDocument(config));
  t.notRegex(text, /hunter2/u);
  t.regex(text, /postgres:\/\/\*\*\*:\*\*\*@h:5432\/\*\*\*\?sslpassword=\*\*\*&sslmode=require/u);
  t.regex(text, /"Accept":"\*\*\*"/u);
});
