import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ConfigReader, readConfig } from '../../src/workers/config-reader.js';

const text = (yaml: string) => ({ kind: 'text', text: yaml, name: '(request)', format: 'yaml' }) as const;

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
  t.deepEqual(check?.type === 'tcp' && [...(check.receive ?? [])], [97, 0]);
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

test('documents are read one at a time, and too many are refused', async (t) => {
  const reader = new ConfigReader(1);
  const read = (name: string) => reader.read({ document: text(`node: { name: ${name} }`), options: {} });
  const [first, second, third] = await Promise.allSettled([read('one'), read('two'), read('three')]);
  t.is(first?.status === 'fulfilled' && first.value.config.node.name, 'one');
  t.is(second?.status === 'fulfilled' && second.value.config.node.name, 'two');
  t.is(third?.status, 'rejected');
  t.is((await read('four')).config.node.name, 'four');
});
