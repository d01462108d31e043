/** An independent validator (ajv, through fastify) agrees with the schema on the examples and on what is plainly wrong. */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { fastify } from 'fastify';
import { parse as parseYaml } from 'yaml';
import { configJsonSchema } from '../../src/config/document.js';

const examples = new URL('../../../examples/', import.meta.url);

/** fastify's ajv knows draft 7, of which our schema uses nothing that 2020-12 has changed. */
const validator = () => {
  const { $schema: _, ...schema } = configJsonSchema();
  const app = fastify({
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false } },
    bodyLimit: 1e7,
  });
  app.post('/', { schema: { body: schema } }, () => 'valid');
  return async (document: unknown): Promise<string> => {
    const { body } = await app.inject({
      method: 'POST',
      url: '/',
      payload: JSON.stringify(document),
      headers: { 'content-type': 'application/json' },
    });
    return body;
  };
};
/** Compiled once: that takes a second. */
const validate = validator();

test('the examples are valid', async (t) => {
  for (const name of readdirSync(examples).filter((file) => file.endsWith('.yaml'))) {
    t.is(await validate(parseYaml(readFileSync(new URL(name, examples), 'utf8'))), 'valid', name);
  }
});

for (const [title, document] of [
  ['an unknown key', { lgo: {} }],
  ['an unknown key deep down', { services: [{ name: 'a', backends: [{ address: 'b', weigth: 1 }] }] }],
  ['a bare number for a duration', { vrrp: { startup_delay: 5 } }],
  ['a duration without a unit', { vrrp: { startup_delay: '5' } }],
  ['port 70000', { services: [{ name: 'a', address: '10.0.0.1', port: 70_000 }] }],
  ['a missing key', { services: [{ address: '10.0.0.1' }] }],
  ['an option of another type of check', { checks: { c: { type: 'icmp', path: '/' } } }],
  ['a VRID of 256', { vrrp: { instances: [{ name: 'a', interface: 'eth0', vrid: 256 }] } }],
] as const) {
  test(`${title} is invalid`, async (t) => {
    t.regex(await validate(document), /must/u);
  });
}
