/** A section and a checker more: a folder of their own and a line in a list. All else knows them from there, the compiler too. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test from 'ava';
import { machine } from '../../config/support.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fulcrum-extended-'));
const changed = new Set<string>();

const add = (path: string, text: string): void => {
  mkdirSync(join(folder, 'src', path, '..'), { recursive: true });
  writeFileSync(join(folder, 'src', path), text);
};

/** The line of a list, with the import that it needs. */
const register = (path: string, before: string, line: string, from: string): void => {
  const file = join(folder, 'src', path);
  const text = readFileSync(file, 'utf8');
  if (!text.includes(before)) throw new Error(`${path} has no ${before}`);
  writeFileSync(file, `${from}\n${text.replace(before, `${before} ${line}`)}`);
  changed.add(path);
};

test.before('the copy is made, with a section and a checker more, and compiles', (t) => {
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  add(
    'config/sections/relay.ts',
    `import { listen } from '../../schema/addresses.js';
import { duration, filePath, secret } from '../../schema/leaves.js';
import { list, map } from '../../schema/maps.js';
import { plainSection } from '../section.js';

const schema = map({
  listen: listen().prefault('127.0.0.1:7000').describe('Where it listens'),
  dead_time: duration().prefault('1s').describe('Silence that ends a session'),
  key_file: filePath().nullable().default(null).describe('A key'),
  password: secret('a password', 100).nullable().default(null).describe('Of the relay'),
  hops: list(map({ to: listen().describe('Where'), wait: duration().prefault('5s').describe('How long') }), 'hops')
    .prefault([])
    .describe('The way'),
});

export const relay = plainSection(schema.prefault({}).describe('A relay'));
`,
  );
  register('config/sections/index.ts', '  demo,', 'relay,', "import { relay } from './relay.js';");
  add(
    'checks/echo/index.ts',
    `import type { Kit } from '../../schema/kit.js';
import type { CheckerDescriptor, CheckOf } from '../probing/descriptor.js';
import { addressOnly } from '../probing/descriptor.js';

export type EchoCheck = CheckOf<'echo', typeof options>;

const options = ({ bytes, text }: Kit) => ({
  send: bytes().prefault('hello').describe('What is sent'),
  extra_word: text('a word').nullable().default(null).describe('One more'),
});

export const echo = {
  options,
  target: { defaultPort: 7, schemes: { echo: false }, url: addressOnly },
} satisfies CheckerDescriptor;
`,
  );
  add(
    'checks/echo/checker.ts',
    `import type { Checker, CheckerContext } from '../../model/probe.js';
import { createChecker } from '../probing/probe.js';
import { healthy } from '../probing/probe-result.js';
import type { EchoCheck } from './index.js';

  export const create = (context: CheckerContext): Checker<EchoCheck> =>
  createChecker(context, (probe, { check }) => probe.end(healthy(\`\${check.send.length} \${check.extraWord}\`)));
`,
  );
  register('checks/index.ts', 'export const checkers = {', 'echo,', "import { echo } from './echo/index.js';");
  // That the model has the section under its name and with its types is for the compiler to say.
  add(
    'reader.ts',
    `import type { Config } from './model/config.js';
import type { Nanoseconds } from './model/units.js';
void (({ relay }: Config): Nanoseconds => relay.deadTimeNs);
export * from './checks/load.js';
export * from './cli/check/target.js';
export * from './config/diff.js';
export * from './config/document.js';
export * from './config/load.js';
`,
  );
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    readonly compilerOptions: object;
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src/reader.ts', 'src/checks/**/*.ts'] }),
  );
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  t.is(status, 0, stdout);
  t.deepEqual([...changed], ['config/sections/index.ts', 'checks/index.ts']);
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

type Extended = typeof import('../../../src/checks/load.js') &
  typeof import('../../../src/cli/check/target.js') &
  typeof import('../../../src/config/diff.js') &
  typeof import('../../../src/config/document.js') &
  typeof import('../../../src/config/load.js');
const extended = async (): Promise<Extended> =>
  (await import(pathToFileURL(join(folder, 'dist/src/reader.js')).href)) as Extended;
const options = { around: machine, baseDir: '/base' };

test('the section is read, checked, and written back with its defaults and without its secrets', async (t) => {
  const { configFromValue, effectiveDocument, documentSchema } = await extended();
  const relay = { dead_time: '2s', key_file: 'key.pem', password: 'hunter22', hops: [{ to: '[::1]:1' }] };
  const { config } = configFromValue({ relay }, options);
  t.like(config, {
    relay: { deadTimeNs: 2e9, keyFile: '/base/key.pem', hops: [{ to: { host: '::1', port: 1 }, waitNs: 5e9 }] },
  } as object);
  t.true(config.secrets.includes('hunter22'));
  const shown = effectiveDocument(config)['relay'];
  t.deepEqual(shown, {
    listen: '127.0.0.1:7000',
    dead_time: '2s',
    key_file: '/base/key.pem',
    password: '***',
    hops: [{ to: '[::1]:1', wait: '5s' }],
  });
  t.deepEqual(Object.keys(documentSchema.shape).at(-1), 'relay');
  t.throws(() => configFromValue({ relay: { dead_time: 2 } }, options), { message: /relay\.dead_time: .*bare number/ });
  t.throws(() => configFromValue({ relay: {}, control: { http: '127.0.0.1:7000' } }, options), {
    message: /port 7000 is already taken by control\.http/,
  });
});

test('what changes in the section is told; a flag and a variable set its options; editors know it', async (t) => {
  const { configFromValue, configJsonSchema, diffConfig } = await extended();
  const { config: before } = configFromValue({ relay: { password: 'hunter22' } }, options);
  const { config: after } = configFromValue(
    { relay: { password: 'hunter23' } },
    { ...options, flags: { 'relay.dead_time': '3s' }, env: { FULCRUM_RELAY_KEY_FILE: '/k' } },
  );
  t.deepEqual(diffConfig(before, after), [
    'relay: dead_time 1s -> 3s',
    'relay: key_file none -> /k',
    'relay: password changed (not shown)',
  ]);
  t.like(configJsonSchema(), { properties: { relay: { description: 'A relay' } } });
});

test('the checker is known to the configuration, to the command line and to whoever probes', async (t) => {
  const { configFromValue, effectiveDocument, configJsonSchema, loadCheckers, parseTarget } = await extended();
  const check = { type: 'echo', send: '\\x01', extra_word: 'a' };
  const backends = [{ address: '10.0.0.1', checks: [check] }];
  const document = { services: [{ name: 's', address: '10.0.0.9', port: 80, backends }] };
  const { config } = configFromValue(document, options);
  t.like(config.services[0]?.backends[0]?.checks[0], {
    type: 'echo',
    send: Uint8Array.of(1),
    extraWord: 'a',
  } as object);
  t.regex(JSON.stringify(effectiveDocument(config)), /"type":"echo",.*"extra_word":"a"/);
  t.regex(JSON.stringify(configJsonSchema()), /"const":"echo"/);
  t.throws(() => configFromValue({ checks: { c: { type: 'echo', extra_wrd: 1 } } }, options), {
    message: /unknown key 'extra_wrd': the nearest known key is 'extra_word'/,
  });
  t.throws(() => configFromValue({ checks: { c: { type: 'no' } } }, options), { message: /one of echo, tcp,/ });
  t.true('echo' in (await loadCheckers()));
  t.like(parseTarget('echo' as 'tcp', 'echo://10.0.0.1', { tls: false, portGiven: false }), { port: 7 });
});
