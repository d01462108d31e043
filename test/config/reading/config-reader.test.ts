import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { MAX_ISSUES } from '../../../src/config/limits.js';
import { comparePacked, packConfigOf, readConfig } from '../../../src/config/reading/config-reader.js';
import { ConfigError } from '../../../src/model/errors.js';
import { unpackConfig } from '../../../src/wire/config-bytes.js';

const text = (yaml: string) =>
  ({ kind: 'text', bytes: new TextEncoder().encode(yaml), name: '(request)', format: 'yaml' }) as const;

test('a text is read as the options say, and comes back whole', async (t) => {
  const yaml =
    'services: [{ name: web, address: 10.0.0.1, port: 80, backends: [{ address: 10.0.0.2, port: 81, checks: [{ type: tcp, receive: "a\\\\x00" }] }] }]';
  const { config } = await readConfig({
    document: text(yaml),
    options: { flags: { 'log.level': 'error' }, env: { FULCRUM_NODE_NAME: 'from-env' }, baseDir: '/base' },
  });
  t.is(config.node.name, 'from-env');
  t.is(config.log.level, 'error');
  const check = config.services[0]?.backends[0]?.checks[0];
  t.like(check, { type: 'tcp', receive: Uint8Array.of(97, 0) });
});

test('a file is read, and its errors come with their places', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'fulcrum-config-')), 'a.yaml');
  writeFileSync(path, 'node: { name: x }\nsrvices: []\n');
  await t.throwsAsync(readConfig({ document: { kind: 'file', path }, options: {} }), {
    code: 'ERR_CONFIG',
    message: new RegExp(`^${path}:2:1: srvices: .*services`),
  });
});

test('an error has no effect on the caller’s thread', async (t) => {
  await t.throwsAsync(readConfig({ document: text('a: &a [*a]'), options: {} }), { code: 'ERR_CONFIG' });
  await t.throwsAsync(readConfig({ document: text('\u0000'), options: {} }), { code: 'ERR_CONFIG' });
});

const never = new AbortController().signal;
const packed = async (yaml: string) => (await packConfigOf(text(yaml), {}, never)).config;

test('a document comes back packed, and two of them are compared', async (t) => {
  const before = await packed('node: { name: one }');
  t.is(unpackConfig(before).node.name, 'one');
  t.deepEqual(await comparePacked({ before, after: await packed('node: { name: two }'), hostChecks: [] }), [
    'node: name one -> two',
  ]);
});

test('a plan with a custom check that nobody registered is refused, and tells no more of them than anybody reads', async (t) => {
  const backends = Array.from(
    { length: 500 },
    (_, at) => `{ address: 10.0.0.2, port: ${1 + at}, checks: [{ type: custom, name: mine }] }`,
  );
  const yaml = `services: [{ name: web, address: 10.0.0.1, port: 80, backends: [${backends.join()}] }]`;
  const pair = async () => ({ before: await packed('{}'), after: await packed(yaml) });
  const refused = await t.throwsAsync(comparePacked({ ...(await pair()), hostChecks: ['other'] }), {
    instanceOf: ConfigError,
  });
  t.is(refused?.issues.length, MAX_ISSUES + 1);
  t.regex(refused?.issues[0]?.message ?? '', /no custom check mine is registered \(other\)/);
  t.is(refused?.issues.at(-1)?.message, '300 more, not shown');
  t.deepEqual(await comparePacked({ ...(await pair()), hostChecks: ['mine'] }), ['services.web: added']);
});

test('a reader ends when nobody waits for it any more', async (t) => {
  const gone = new AbortController();
  const reading = packConfigOf(text(`services: [${'{}, '.repeat(100_000)}]`), {}, gone.signal);
  gone.abort();
  await t.throwsAsync(reading, { code: 'ERR_UNAVAILABLE', message: /nobody waits/ });
  await t.throwsAsync(packConfigOf(text('{}'), {}, gone.signal), { code: 'ERR_UNAVAILABLE' });
});
