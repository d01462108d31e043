import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { runCommand } from '../../support/rigs/run-command.js';
import { runFulcrum } from '../../support/rigs/run-fulcrum.js';

const bin = fileURLToPath(new URL('../../../../bin/fulcrum.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'fulcrum-validate-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

test('a valid file: exit 0, and what is in it', async (t) => {
  const path = file(
    'ok.yaml',
    'services: [{ name: a, address: 10.0.0.1, port: 80, backends: [{ address: 10.0.0.2, checks: [{ type: tcp }] }] }]',
  );
  t.deepEqual(await runCommand(['validate', '-c', path]), {
    code: 0,
    stdout: `${path}: valid: 1 service, 1 backend, 0 VRRP instances\n`,
    stderr: '',
  });
});

test('a warning is told, and is no failure', async (t) => {
  const path = file('warn.yaml', 'checks:\n  c: { type: tcp }\n');
  const { code, stderr } = await runCommand(['validate', '-c', path]);
  t.is(code, 0);
  t.is(stderr, `${path}:2:6: checks.c: warning: no service and no backend uses the check 'c'\n`);
});

test('a wrong file: exit 2, and a line for each error', async (t) => {
  const path = file('bad.yaml', 'log: { level: loud }\nservices:\n  - { name: a, address: 10.0.0.1, port: 70000 }\n');
  t.deepEqual(await runFulcrum(['validate', '-c', path]), {
    code: 2,
    stdout: '',
    stderr:
      `${path}:1:15: log.level: 'loud' is not allowed: one of trace, debug, info, warn, error, fatal, silent\n` +
      `${path}:3:41: services[0].port: 70000 is not a port: 1 to 65535 are allowed\n`,
  });
});

test('an empty file is not valid: it would take away what runs', async (t) => {
  for (const [name, nothing] of [
    ['empty.yaml', '{}'],
    ['empty.toml', '[node]'],
  ] as const) {
    const path = file(name, '\n');
    t.deepEqual(await runCommand(['validate', '-c', path]), {
      code: 2,
      stdout: '',
      stderr: `${path}:1:1: (document): the document is empty: write ${nothing} for a configuration of nothing but defaults\n`,
    });
    const said = await runCommand(['validate', '-c', file(name, `${nothing}\n`)]);
    t.deepEqual([said.code, said.stderr], [0, '']);
  }
});

test('--json prints one document, errors or none', async (t) => {
  const good = await runCommand(['validate', '--json', '-c', file('good.yaml', '{}')]);
  t.deepEqual([good.code, JSON.parse(good.stdout)], [0, { valid: true, errors: [], warnings: [] }]);
  const path = file('wrong.toml', 'lgo = 1\n');
  const { code, stdout } = await runCommand(['validate', '--json', '-c', path]);
  t.is(code, 2);
  t.deepEqual(JSON.parse(stdout), {
    valid: false,
    errors: [
      { file: path, line: 1, column: 1, path: 'lgo', message: "unknown key 'lgo': the nearest known key is 'log'" },
    ],
    warnings: [],
  });
});

test('flags and the environment count, by their precedence', async (t) => {
  const path = file('plain.yaml', '{}');
  const env = { FULCRUM_LOG_LEVEL: 'loud' };
  t.is((await runCommand(['validate', '-c', path], env)).code, 2);
  t.is((await runCommand(['validate', '-c', path, '--log-level', 'info'], env)).code, 0);
  t.is((await runCommand(['validate', '-c', path, '--set', 'log.level=warn'], env)).code, 0);
  const wrong = await runCommand(['validate', '-c', path, '--set', 'control.http=nowhere']);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /^flag control\.http:0:0: control\.http: 'nowhere' is not an address to listen on/u);
});

test('wrong usage: exit 2, on stderr', async (t) => {
  for (const args of [
    ['validate'],
    ['validate', '-c'],
    ['validate', '-c', 'x', '--set', 'y'],
    ['validat', '-c', 'x'],
  ]) {
    const { code, stdout, stderr } = await runCommand(args);
    t.deepEqual([code, stdout], [2, ''], args.join(' '));
    t.regex(stderr, /^error: /u);
  }
});

test('a missing file: exit 2', async (t) => {
  const { code, stderr } = await runCommand(['validate', '-c', '/nonexistent.yaml']);
  t.deepEqual([code, stderr], [2, '/nonexistent.yaml:0:0: (document): cannot be read: there is no such file\n']);
});

test('schema prints the JSON Schema', async (t) => {
  const { code, stdout } = await runCommand(['schema']);
  t.is(code, 0);
  t.like(JSON.parse(stdout), { title: 'Fulcrum configuration', type: 'object' });
});

test('a reader that goes away is no error', async (t) => {
  const { stdout, stderr } = await promisify(execFile)('bash', [
    ...['-o', 'pipefail', '-c'],
    `"${process.execPath}" "${bin}" schema | head -c 10`,
  ]);
  t.deepEqual([stdout.length, stderr], [10, '']);
});
