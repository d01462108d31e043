/** Texts and files that want to hurt: each is refused with its reason, soon, and in bounded memory. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { MAX_FILE_BYTES, MAX_ISSUES } from '../../src/config/limits.js';
import { configFromValue, loadConfig } from '../../src/config/load.js';
import { parse, problems } from './support.js';

const many = (count: number, text: (index: number) => string, join = '\n'): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(join);

const yaml: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  ['brackets without end', '['.repeat(1e6), /nested deeper than 32 levels/],
  ['closed brackets', '['.repeat(1e5) + ']'.repeat(1e5), /nested deeper than 32 levels/],
  ['lists in lists in one line', `${'- '.repeat(1e5)}a`, /nested deeper/],
  ['maps in maps by indentation', many(2000, (index) => `${' '.repeat(index)}a:`), /nested deeper/],
  ['explicit keys', '? '.repeat(1e5), /nested deeper/],
  ['two hundred thousand commas', `[${','.repeat(2e5)}]`, /1:3 : no valid YAML: unexpected ,/],
  ['a hundred thousand tags', '!a '.repeat(1e5), /a node can have at most one tag/],
  ['ten thousand documents', '---\na: 1\n'.repeat(1e4), /^3:1 : a second document begins here/],
  ['two documents', 'log: {}\n---\nlog: {}\n', /^2:1 : a second document begins here/],
  ['ten thousand equal keys', 'k: 1\n'.repeat(1e4), /^2:1 : the key 'k' is given twice/],
  ['an equal key in a flow map', 'log: { level: info, level: debug }', /^1:21 : the key 'level' is given twice/],
  [
    'a billion laughs',
    many(30, (i) => (i === 0 ? '- &a0 [x,x,x,x,x,x,x,x,x]' : `- &a${i} [${many(9, () => `*a${i - 1}`, ',')}]`)),
    /passes 1000000 values, aliases followed/,
  ],
  [
    'a tower of aliases',
    `- &a0 [1]\n${many(1e3, (index) => `- &a${index + 1} [*a${index}]`)}`,
    /nested deeper than 32 levels, aliases followed/,
  ],
  ['an alias in itself', 'a: &x [1, *x]', /the alias \*x is inside what it stands for/],
  ['an alias of nothing', 'a: *x', /the alias \*x has no anchor &x before it|unresolved alias/],
  ['a tag that makes objects', 'a: !!js/function "x"', /has no meaning here/],
  ['binary data', 'a: !!binary aGk=', /has no meaning here/],
  ['a key that is a map', '{ a: 1 }: 2', /a key must be plain text/],
  ['a zero byte', 'log:\0 {}', /^1:5 : the control character 0x00 has no place here/],
  ['an escape character', 'log: {}\n# \u001b[31m', /^2:3 : the control character 0x1b/],
  ['a tab for an indent', 'log:\n\tlevel: info', /^2:1 : a tab indents this line/],
  ['half a string', 'log:\n  level: "info\n', /missing closing "quote/],
  ['half a map', 'log: { level: info', /^1:19 : no valid YAML/],
  ['half a file', 'services:\n- name: web\n  backends: [{ name: a, addr', /^3:.*no valid YAML/],
  ['a lone word', 'hello', /^1:1 : 'hello' is not a map/],
  ['a list', '- 1', /^1:1 : a list is not a map/],
  ['a number', '42', /^1:1 : 42 is not a map/],
  ['null', 'null', /^1:1 : there is no value/],
];
for (const [title, text, expected] of yaml) {
  test(`YAML: ${title}`, (t) => {
    const found = problems(text);
    t.true(found.length <= MAX_ISSUES + 1);
    t.true(
      found.some((line) => expected.test(line)),
      `found:\n${found.slice(0, 3).join('\n')}`,
    );
  });
}

const toml: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
  ['brackets without end', `a=${'['.repeat(1e5)}`, /nested deeper than 32 levels/],
  ['inline tables', `a=${'{a='.repeat(1e5)}`, /nested deeper than 32 levels/],
  ['a long dotted key', `a${'.a'.repeat(1e4)}=1`, /nested deeper than 32 levels/],
  ['a long table name', `[a${'.a'.repeat(1e4)}]`, /nested deeper than 32 levels/],
  ['a dotted key under a dotted table', `[a${'.a'.repeat(20)}]\nb${'.b'.repeat(20)} = 1`, /nested deeper/],
  ['a key twice', '[log]\nlevel = "info"\nlevel = "debug"', /^3:1 : no valid TOML/],
  ['a table twice', '[log]\n[log]', /no valid TOML/],
  ['half a file', '[log]\nlevel = "inf', /^2:.*no valid TOML/],
  ['a prototype', '__proto__.x = 1', /^1:1 __proto__: unknown key/],
  ['a constructor', '[constructor.prototype]\nx = 1', /constructor: unknown key/],
  ['a million values', `a=[${'1,'.repeat(1e6)}]`, /more than 300000 keys and values: use YAML/],
  ['a million comments', '#\n'.repeat(1e6), /more than 300000 keys and values/],
  ['a string of a megabyte', `a="${'x'.repeat(1e6)}"`, /^1:3 : a string of more than 100000 characters/],
  ['a number of a megabyte', `a=${'1'.repeat(1e6)}`, /too long to be parsed|unknown key 'a'/],
  ['a date', '[log]\nlevel = 1979-05-27', /log\.level: a date is not allowed/],
];
for (const [title, text, expected] of toml) {
  test(`TOML: ${title}`, (t) => {
    const found = problems(text, { file: 'f.toml' });
    t.true(
      found.some((line) => expected.test(line)),
      `found:\n${found.slice(0, 3).join('\n')}`,
    );
    t.is(Reflect.get({}, 'x'), undefined);
  });
}

test('TOML: brackets in strings and comments nest nothing', (t) => {
  const deep = '['.repeat(100);
  const text = `# ${deep}\n[checks.a]\ntype = "tcp"\nsend = "${deep}\\""\nreceive = '''${deep}'\n'''\n`;
  t.deepEqual(problems(text, { file: 'f.toml' }), []);
});

test('positions count lines and characters as people do', (t) => {
  const found = problems('# \u{1f600}\r\nnode: { name: "\u{1f600}", nam: x }\r\n');
  t.deepEqual(
    found.map((line) => line.replace(/: .*$/u, '')),
    ['2:15 node.name', '2:20 node.nam'],
  );
});

test('a byte order mark and carriage returns are no errors', (t) => {
  t.is(parse('\ufefflog:\r\n  level: warn\r\n').config.log.level, 'warn');
  t.is(parse('\ufeff[log]\r\nlevel = "warn"\r\n', { file: 'f.toml' }).config.log.level, 'warn');
});

test('values: cycles, depth, size and what JSON cannot say', (t) => {
  const cyclic: Record<string, unknown> = {};
  cyclic['services'] = [cyclic];
  const message = (value: unknown): string => t.throws(() => configFromValue(value), { code: 'ERR_CONFIG' }).message;
  t.regex(message(cyclic), /cyclic, or nested deeper than 32 levels/);
  t.regex(message({ services: new Array(1_000_001) }), /passes 1000000 values/);
  t.regex(message({ log: { level: 10n } }), /10 is not allowed/);
  t.regex(message({ log: { level: Symbol('x') } }), /x is not allowed/);
  t.regex(message({ log: () => 1 }), /a function is not a map/);
  t.regex(message({ log: new Map() }), /log: an object of class Map is not a map/);
  t.regex(message(undefined), /there is no|missing/);
  t.regex(message(JSON.parse('{"__proto__": {"polluted": 1}}')), /unknown key '__proto__'/);
  t.is(Reflect.get({}, 'polluted'), undefined);
});

test('a getter that throws does not get through as an exception of its own', (t) => {
  const value = Object.defineProperty({}, 'log', {
    enumerable: true,
    get: () => {
      throw new TypeError('trap');
    },
  });
  t.throws(() => configFromValue(value), { code: 'ERR_CONFIG', message: /trap/ });
});

const directory = mkdtempSync(join(tmpdir(), 'fulcrum-config-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const loading = (path: string): string => {
  try {
    loadConfig(path);
    return '';
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'ERR_CONFIG' ? error.message : String(error);
  }
};

test('files: missing, a directory, a pipe, a device, a loop of links', (t) => {
  t.is(loading('/nonexistent/x.yaml'), '/nonexistent/x.yaml:0:0: (document): cannot be read: there is no such file');
  t.regex(loading(directory), /this is a directory: name the file in it/);
  const pipe = join(directory, 'pipe.yaml');
  execFileSync('mkfifo', [pipe]);
  t.regex(loading(pipe), /this is no regular file/);
  t.regex(loading('/dev/zero'), /this is no regular file/);
  const loop = join(directory, 'loop.yaml');
  symlinkSync(loop, loop);
  t.regex(loading(loop), /its symbolic links go round in circles/);
  t.regex(loading(join(file('a.yaml', ''), 'b.yaml')), /a part of its path is no directory/);
  t.regex(loading('a\0b'), /a\0b:0:0: \(document\): cannot be read/u);
});

test('files: 50 MB, and one byte too many', (t) => {
  const large = file('large.yaml', '');
  truncateSync(large, 50 * 1024 * 1024);
  t.regex(loading(large), /the file is too large: at most 16 MiB are read/);
  truncateSync(large, MAX_FILE_BYTES + 1);
  t.regex(loading(large), /the file is too large/);
});

test('files: one of the kernel, whose size is told as 0, is read to its end', (t) => {
  t.regex(loading('/proc/self/status'), /^\/proc\/self\/status:1:/);
});

test('files: binary and other encodings, with their first wrong line', (t) => {
  const latin = file(
    'latin.yaml',
    Buffer.concat([Buffer.from('# ok\nnode: { name: "'), Buffer.from([0xe9]), Buffer.from('" }')]),
  );
  t.is(
    loading(latin).replace(latin, 'FILE'),
    'FILE:2:16: (document): this is not UTF-8 text: save the file as UTF-8 (or is it a binary file?)',
  );
  t.regex(loading(file('utf16.yaml', Buffer.from('\ufefflog: {}', 'utf16le'))), /this is not UTF-8 text/);
  t.regex(
    loading(file('elf.yaml', Buffer.from('\u007fELF\u0002\u0001'))),
    /the control character 0x7f has no place here/,
  );
  t.regex(loading('/proc/self/exe'), /this is not UTF-8|too large/);
});

test("files: errors have the path as it was given, and relative paths start at the file's folder", (t) => {
  mkdirSync(join(directory, 'deep'));
  const path = file('deep/ok.yaml', 'node: { state_dir: state }');
  t.is(loadConfig(path).config.node.stateDir, join(directory, 'deep', 'state'));
});

const backends = (count: number, more: string): string =>
  many(count, (index) => `{ address: 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}, ${more} }`, ', ');
const service = (more: string, inside: string): string =>
  `services: [{ name: s, address: 192.0.2.1, port: 80, ${more} backends: [${inside}] }]`;
const body = 'x'.repeat(60_000);

test('a large text that is shared by many backends is refused for what it would be written out, with its place', (t) => {
  const alias = service(
    '',
    `${backends(1, `checks: &k [&c { type: http, body: ${body} }, *c, *c, *c]`)}, ${backends(6000, 'checks: *k')}`,
  );
  t.regex(problems(alias)[0] ?? '', /^1:\d+ : here the document passes 64 MiB of text, aliases followed/);
  const named = `checks: \n  c:\n    type: http\n    body: ${body}\n${service('', backends(6000, 'checks: [c, c]'))}`;
  t.regex(
    problems(named)[0] ?? '',
    /^5:\d+ services\[0\]\.backends\[55\d\]: .*more than 64 MiB of text in their checks/,
  );
  const inherited = `checks: \n  c:\n    type: http\n    body: ${body}\n${service('checks: [c],', backends(6000, 'weight: 1'))}`;
  t.regex(problems(inherited)[0] ?? '', /services\[0\]\.backends\[111\d\]: .*more than 64 MiB of text in their checks/);
  const checks = service(`checks: [${many(1001, () => '{ type: icmp }', ', ')}],`, backends(1000, 'weight: 1'));
  t.regex(problems(checks)[0] ?? '', /services\[0\]\.backends\[999\]: .*more than 1000000 checks/);
  const value = { type: 'http', body };
  const shared = { services: Array.from({ length: 2000 }, () => ({ checks: [value] })) };
  t.throws(() => configFromValue(shared), { code: 'ERR_CONFIG', message: /passes 64 MiB of text/ });
});

test('errors in a line of megabytes are placed without going through it once for each', (t) => {
  const found = problems(
    JSON.stringify({ services: Array.from({ length: 20_000 }, (_, index) => ({ wrong: index })) }),
  );
  t.is(found.length, MAX_ISSUES + 1);
  t.regex(found.at(-1) ?? '', /at least \d+ more, not shown/);
});
