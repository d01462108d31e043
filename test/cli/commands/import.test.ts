import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runCommand } from '../../support/rigs/run-command.js';

const directory = mkdtempSync(join(tmpdir(), 'fulcrum-import-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string, text: string | Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

const GOOD = `virtual_server 10.0.0.1 80 {
  alpha
  @lb1 lb_algo rr
  @lb2 lb_algo sh
  protocol TCP
  real_server 10.0.0.2 80 {
    TCP_CHECK { }
  }
}
`;

test.serial('what it writes is valid, and the report goes to stderr', async (t) => {
  const path = file('a.conf', `${GOOD}global_defs {\n enable_dbus\n}\n`);
  const written = join(directory, 'a.yaml');
  const { code, stdout, stderr } = await runCommand(['import', 'keepalived', path, '--host', 'lb2', '-o', written]);
  t.deepEqual([code, stdout], [0, '']);
  t.regex(
    stderr,
    new RegExp(`^${path}:1: @: read otherwise than written: 1 lines .*\n${path}:11: enable_dbus: [^\n]*\n$`),
  );
  t.regex(readFileSync(written, 'utf8'), /scheduler: sh # line 4: lb_algo/u);
  t.is((await runCommand(['validate', '-c', written])).code, 0);
});

test.serial('--strict: exit 1 if anything was left out, and 0 if nothing was', async (t) => {
  const report = join(directory, 'report');
  const strict = (path: string) => runCommand(['import', 'keepalived', path, '--strict', '--report', report]);
  t.is((await strict(file('good.conf', GOOD))).code, 0);
  const bad = file('bad.conf', `${GOOD}frobnicate\n`);
  const { code, stderr } = await strict(bad);
  t.deepEqual([code, stderr], [1, '']);
  t.regex(readFileSync(report, 'utf8'), /bad\.conf:10: frobnicate: keepalived has no such keyword/u);
});

test.serial('--json is one document', async (t) => {
  const { stdout } = await runCommand(['import', 'keepalived', file('json.conf', `${GOOD}frobnicate\n`), '--json']);
  const { config, left_out } = JSON.parse(stdout);
  t.is(config.services[0].name, '10.0.0.1:80');
  t.like(left_out, [{ line: 10, keyword: 'frobnicate' }]);
});

test.serial('what cannot be read is exit 2, with its place', async (t) => {
  mkdirSync(join(directory, 'd'));
  const gone = await runCommand(['import', 'keepalived', join(directory, 'gone.conf')]);
  t.is(gone.code, 2);
  t.regex(gone.stderr, /gone\.conf.*there is no such file/u);
  const within = await runCommand(['import', 'keepalived', file('within.conf', '\ninclude d\n')]);
  t.is(within.code, 2);
  t.regex(within.stderr, /within\.conf:2:1: include: .*this is a directory/u);
});

test.serial('any bytes are some text', async (t) => {
  const { code, stdout } = await runCommand([
    'import',
    'keepalived',
    file('bytes', Uint8Array.of(0xff, 0xfe, 10, 0, 1)),
  ]);
  t.deepEqual([code, stdout.split('\n').at(-2)], [0, '{}']);
});

test.serial('a file of 50 MB is refused', async (t) => {
  const path = file('large.conf', new Uint8Array(50 * 1024 * 1024).fill(0x20));
  const { code, stderr } = await runCommand(['import', 'keepalived', path]);
  t.is(code, 2);
  t.regex(stderr, /the file is too large: at most 16 MiB are read/u);
});
