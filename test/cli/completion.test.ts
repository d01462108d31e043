/** Completion as the shells ask for it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commands } from '../../src/cli/commands/index.js';
import { complete } from '../../src/cli/completion/complete.js';
import { createProgram } from '../../src/cli/program.js';
import { needs } from '../support/needs.js';
import { startRig } from '../support/rigs/gateway-rig.js';
import { runFulcrum } from '../support/rigs/run-fulcrum.js';

const ask = (...words: readonly string[]) => complete(createProgram(commands), words);
const words = async (...typed: readonly string[]) => (await ask(...typed)).candidates.map(({ word }) => word);

test('commands, their parts and their options', async (t) => {
  t.true((await words('')).includes('doctor'));
  t.false((await words('')).includes('__complete'));
  t.deepEqual(await words('dri'), ['drill']);
  t.true((await words('bench', '')).includes('jitter'));
  t.deepEqual(await words('show', 'v'), ['vrrp']);
  t.deepEqual(await words('show', '--json', 'ser'), ['services']);
  t.deepEqual(await words('drain', '--wa'), ['--wait']);
  t.deepEqual(await words('completion', 'f'), ['fish']);
  t.deepEqual(await words('help', 'doct'), ['doctor']);
  t.deepEqual(await words('no-such-command', ''), []);
});

test('values of options, files, and names', async (t) => {
  t.like(await ask('run', '-c', ''), { files: true, candidates: [] });
  t.like(await ask('drain', ''), { names: 'backends' });
  t.like(await ask('drain', 'a', '--service', ''), { names: 'services' });
  t.like(await ask('failover', ''), { names: 'instances' });
  t.like(await ask('drill', ''), { names: 'actors' });
  t.deepEqual(await words('drill', 'engine', 'fr'), ['freeze']);
});

test('the options of a check depend on its type', async (t) => {
  t.true((await words('check', '')).includes('grpc'));
  t.true((await words('check', 'http', '--exp')).includes('--expected-codes'));
  t.deepEqual(await words('check', 'tcp', '--exp'), []);
});

/** A folder with `fulcrum` in it, and the script of a shell. */
async function prepare(t: ExecutionContext, shell: string) {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-completion-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'fulcrum'), `#!/bin/sh\nexec '${process.execPath}' '${resolve('bin/fulcrum.js')}' "$@"\n`);
  chmodSync(join(folder, 'fulcrum'), 0o755);
  const { code, stdout } = await runFulcrum(['completion', shell]);
  t.is(code, 0);
  writeFileSync(join(folder, 'script'), stdout);
  writeFileSync(join(folder, 'lb.yaml'), '');
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const options = {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, ...env },
    } as const;
    return spawnSync(shell, args, options);
  };
  return { folder, run };
}

needs('bash')('bash completes commands, options, files and names of the daemon, with colons in them', async (t) => {
  const rig = await startRig(t);
  const { run } = await prepare(t, 'bash');
  const completed = (line: string): readonly string[] => {
    const script = `source ./script; COMP_LINE='${line}'; COMP_POINT=${line.length}; _fulcrum; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = run(['--norc', '-c', script], { FULCRUM_CONTROL_SOCKET: rig.socketPath });
    t.is(stderr, '');
    return stdout.trimEnd().split('\n').toSorted();
  };
  t.deepEqual(completed('fulcrum doc'), ['doctor']);
  t.deepEqual(completed('fulcrum show --js'), ['--json']);
  t.deepEqual(completed('fulcrum show '), [
    'actors',
    'backends',
    'checks',
    'events',
    'ipvs',
    'services',
    'sync-groups',
    'vrrp',
  ]);
  t.deepEqual(completed('fulcrum validate -c l'), ['lb.yaml']);
  t.deepEqual(completed('fulcrum nothing '), ['']);
  const { stdout } = run(['--norc', '-c', 'source ./script; complete -p fulcrum']);
  t.is(stdout, 'complete -F _fulcrum fulcrum\n');
});

needs('fish')('fish completes, with what each word means', async (t) => {
  const { run } = await prepare(t, 'fish');
  const { stdout } = run(['--no-config', '-c', "source ./script; complete -C 'fulcrum comp'"]);
  t.regex(stdout, /^completion\ta script that completes/);
});

needs('zsh')('zsh takes the script', async (t) => {
  const { run } = await prepare(t, 'zsh');
  const { status, stderr } = run([
    '-f',
    '-c',
    'autoload -U compinit && compinit -u -D && source ./script && print $_comps[fulcrum]',
  ]);
  t.is(status, 0, stderr);
});
