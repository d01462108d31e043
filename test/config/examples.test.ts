/** What people copy from must be right, complete and quick. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { z } from 'zod';
import { configJsonSchema, documentSchema } from '../../src/config/document.js';
import { loadConfig } from '../../src/config/load.js';
import { fieldsOf, optionsOf, unwrap } from '../../src/schema/walk.js';
import { machine, parse } from './support.js';

const root = new URL('../../../', import.meta.url);
const examples = new URL('examples/', root);
const files = readdirSync(examples).filter((name) => /\.(?:yaml|toml|json)$/u.test(name));

test('there are examples', (t) => {
  for (const name of ['demo.yaml', 'full.yaml', 'ipvs-vrrp.yaml', 'proxy.toml']) t.true(files.includes(name));
});

for (const name of files) {
  test(`examples/${name} is valid, and nothing in it is warned of`, (t) => {
    const { warnings } = loadConfig(fileURLToPath(new URL(name, examples)), { around: machine });
    t.deepEqual(warnings, []);
  });
}

/** Every option of the schema, once, by its key. */
const keysOf = (schema: z.core.$ZodType): readonly string[] =>
  optionsOf(schema).flatMap((option) => {
    const inner = unwrap(option);
    if (inner instanceof z.ZodArray) return keysOf(inner.element);
    if (inner instanceof z.ZodRecord) return keysOf(inner.valueType);
    return Object.entries(fieldsOf(inner) ?? {}).flatMap(([key, field]) => [key, ...keysOf(field)]);
  });

test('examples/full.yaml has every option', (t) => {
  const text = readFileSync(new URL('full.yaml', examples), 'utf8');
  const missing = [...new Set(keysOf(documentSchema))].filter((key) => !new RegExp(`\\b${key}:`, 'u').test(text));
  t.deepEqual(missing, []);
});

test('the demo needs no root, and starts the backends that its service uses', (t) => {
  const { config } = loadConfig(fileURLToPath(new URL('demo.yaml', examples)), { around: { ...machine, uid: 1000 } });
  t.is(config.dataplane.driver, 'proxy');
  t.deepEqual(config.control.http, { host: '127.0.0.1', port: 9080 });
  t.like(config.services[0]?.match, { address: '127.0.0.1', port: 8080, protocol: 'tcp' } as never);
  t.deepEqual(
    config.services[0]?.backends.map(({ address, port }) => `${address}:${port}`),
    config.demo.backends.map(({ host, port }) => `${host}:${port}`),
  );
  t.is(config.control.socket, '/tmp/fulcrum-1000/fulcrum.sock');
});

test("docs/configuration.md has the schema's options, as scripts/config-docs.mjs writes them", (t) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/config-docs.mjs', '--check'], {
    cwd: fileURLToPath(root),
    encoding: 'utf8',
  });
  t.is(status, 0, stderr);
});

test('the JSON Schema is of this decade, refuses unknown keys, and its patterns are regular expressions', (t) => {
  const schema = configJsonSchema();
  t.is(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  t.is(schema['additionalProperties'], false);
  const patterns = [...JSON.stringify(schema).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/gu)];
  t.true(patterns.length > 50);
  for (const [, pattern = ''] of patterns) t.notThrows(() => new RegExp(String(JSON.parse(pattern)), 'u'), pattern);
});

test('ten thousand backends are read in seconds', (t) => {
  const backends = Array.from(
    { length: 10_000 },
    (_, index) =>
      `    - { name: b${index}, address: 10.${index >> 8}.${index & 255}.1, checks: [ok, { type: tcp, interval: 1s }] }\n`,
  );
  const text = `checks: { ok: { type: http } }\nservices:\n  - name: web\n    address: 10.0.0.1\n    port: 80\n    backends:\n${backends.join('')}`;
  t.is(parse(text).config.services[0]?.backends.length, 10_000);
});
