import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { type CommandOptions, runCommand } from '../../../src/os/process/run-command.js';
import { needs } from '../../support/needs.js';
import { until } from '../../support/until.js';

const usual: Omit<CommandOptions, 'command'> = {
  user: null,
  environment: {},
  input: null,
  timeoutMs: 60_000,
  maxOutputBytes: 1_000,
};
const run = (command: readonly string[], options: Partial<CommandOptions> = {}) =>
  runCommand({ ...usual, command, ...options });
const shell = (line: string, options: Partial<CommandOptions> = {}) => run(['/bin/sh', '-c', line], options);

/** A file of its own folder, that all may read. */
function script(t: ExecutionContext, text: string, mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-command-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'script');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** Processes that have this word in their command line. */
function having(word: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      return false;
    }
  });
}

test('tells the exit code and what was written', async (t) => {
  const result = await shell('echo out; echo err >&2; exit 3');
  t.like(result, { kind: 'exited', code: 3, truncated: false });
  t.deepEqual(result.output.split('\n').sort(), ['', 'err', 'out']);
});

test('passes arguments as they are, without a shell', async (t) => {
  const { output } = await run(['/bin/echo', '$HOME; `id`', '* "']);
  t.is(output, '$HOME; `id` * "\n');
});

test('the command sees its own environment and nothing of ours', async (t) => {
  const { output } = await run(['/usr/bin/env'], { environment: { FULCRUM_PORT: '80' } });
  t.deepEqual(output.trim().split('\n').sort(), [
    'FULCRUM_PORT=80',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ]);
});

test('reads its input; without any, stdin is at its end', async (t) => {
  t.is((await run(['/bin/cat'], { input: 'one\ntwo\n' })).output, 'one\ntwo\n');
  t.like(await run(['/bin/cat']), { kind: 'exited', code: 0, output: '' });
});

test('an input that nobody reads harms nobody', async (t) => {
  t.like(await run(['/bin/true'], { input: 'x'.repeat(1_000_000) }), { kind: 'exited', code: 0 });
});

test('tells the signal that ended it', async (t) => {
  t.like(await shell('kill -USR1 $$'), { kind: 'signalled', signal: 'SIGUSR1' });
});

test('a whole process group ends at the time limit', async (t) => {
  const result = await shell('sleep 86399 & sleep 86399 & wait', { timeoutMs: 200 });
  t.is(result.kind, 'timed-out');
  await until(() => having('86399').length === 0);
  t.pass();
});

test('what ignores SIGTERM is killed', async (t) => {
  t.is((await shell("trap '' TERM; sleep 86398; sleep 86398", { timeoutMs: 200 })).kind, 'timed-out');
  await until(() => having('86398').length === 0);
});

test('a fork bomb is killed whole at its time limit', async (t) => {
  const bomb = script(t, '#!/bin/sh\nulimit -u 300\n"$0" boom1147 & "$0" boom1147 & wait\n');
  // The limit is one of each user but root.
  const user = process.getuid?.() === 0 ? 'nobody' : null;
  t.is((await run([bomb, 'boom1147'], { timeoutMs: 500, user })).kind, 'timed-out');
  await until(() => having('boom1147').length === 0);
});

test('endless output is bounded', async (t) => {
  const result = await run(['/usr/bin/yes'], { timeoutMs: 300 });
  t.like(result, { kind: 'timed-out', truncated: true });
  t.is(result.output.length, 1_000);
});

test('an abort ends it, also before it began', async (t) => {
  const abort = new AbortController();
  const running = run(['/bin/sleep', '86397'], { signal: abort.signal });
  await until(() => having('86397').length === 1);
  abort.abort();
  t.is((await running).kind, 'aborted');
  t.is((await run(['/bin/true'], { signal: abort.signal })).kind, 'aborted');
});

test('what it left running is killed after its end, or kept where asked', async (t) => {
  t.like(await shell('sleep 86396 & echo started'), { kind: 'exited', output: 'started\n' });
  await until(() => having('86396').length === 0);
  t.like(await shell('sleep 86395 & echo started', { keepBackground: true }), { kind: 'exited', output: 'started\n' });
  const kept = having('86395');
  t.is(kept.length, 1);
  process.kill(Number(kept[0]), 'SIGKILL');
});

test('a process that left the group and holds the pipe is not waited for', async (t) => {
  t.like(await shell('setsid sleep 86394 & echo started'), { kind: 'exited', output: 'started\n' });
  await until(() => having('86394').length === 1);
  process.kill(Number(having('86394')[0]), 'SIGKILL');
});

const hopeless: readonly [title: string, command: (t: ExecutionContext) => readonly string[], message: RegExp][] = [
  ['a missing file', () => ['/no/such/file'], /^\/no\/such\/file: no such file, or the interpreter/],
  ['a missing interpreter', (t) => [script(t, '#!/no/such/shell\n')], /script: no such file, or the interpreter/],
  ['a file without the mode', (t) => [script(t, '#!/bin/sh\n', 0o644)], /this user may not execute it/],
  ['a folder', () => ['/tmp'], /may not execute it/],
  ['a NUL in an argument', () => ['/bin/echo', 'a\0b'], /null bytes/],
  ['an empty command', () => [], /empty/],
];
for (const [title, command, message] of hopeless) {
  test(`${title} is told, not thrown`, async (t) => {
    const result = await run(command(t));
    t.is(result.kind, 'not-started');
    t.regex(result.kind === 'not-started' ? result.message : '', message);
  });
}

test('an unknown user is told', async (t) => {
  t.like(await run(['/bin/true'], { user: 'no-such-user' }), {
    kind: 'not-started',
    message: 'there is no user no-such-user on this machine',
  });
});

needs('root')('runs as another user, by name or number, without our groups', async (t) => {
  const line = 'id -u; id -g; id -G';
  const nobody = (await shell(line, { user: 'nobody' })).output;
  t.regex(nobody, /^65534\n(\d+)\n\1\n$/);
  t.is((await shell(line, { user: '12345' })).output, '12345\n12345\n12345\n');
});

needs('root')('a script that the other user may not execute is told with that user', async (t) => {
  const result = await run([script(t, '#!/bin/sh\n', 0o700)], { user: 'nobody' });
  t.like(result, { kind: 'not-started' });
  t.regex(result.kind === 'not-started' ? result.message : '', /user nobody may not execute it/);
});

needs('root')('a program that others may change does not run as root, and says how to mend it', async (t) => {
  const path = script(t, '#!/bin/sh\necho ran\n', 0o757);
  const result = await run([path]);
  t.like(result, {
    kind: 'not-started',
    message: `${path} does not run as root: ${path} may be written by everybody; give it a user of its own, or: chown root ${path}; chmod go-w ${path}`,
  });
  t.like(await run([path], { user: 'nobody' }), { kind: 'exited', output: 'ran\n' });
  chmodSync(path, 0o755);
  t.like(await run([path]), { kind: 'exited', output: 'ran\n' });
  chownSync(dirname(path), 65_534, 65_534);
  const folder = await run([path]);
  t.regex(folder.kind === 'not-started' ? folder.message : '', /belongs to the user 65534/);
  const link = `${script(t, '')}-link`;
  symlinkSync(path, link);
  t.is((await run([link])).kind, 'not-started');
});

test('a hundred at once all end, each with its own result', async (t) => {
  const results = await Promise.all(Array.from({ length: 100 }, (_, index) => run(['/bin/echo', `${index}`])));
  t.deepEqual(
    results.map(({ output }) => output),
    results.map((_, index) => `${index}\n`),
  );
});

test('what a thread runs ends with that thread', async (t) => {
  const worker = new Worker(new URL('../../support/programs/running-thread.js', import.meta.url), {
    workerData: ['/bin/sleep', '86393'],
  });
  await until(() => having('86393').length === 1);
  await worker.terminate();
  await until(() => having('86393').length === 0);
  t.pass();
});

test('what a process runs ends with that process, however it ends', async (t) => {
  const program = fileURLToPath(new URL('../../support/programs/running-thread.js', import.meta.url));
  const child = spawn(process.execPath, [program, '/bin/sleep', '86392'], { stdio: 'ignore' });
  await until(() => having('86392').length === 2);
  child.kill('SIGKILL');
  await until(() => having('86392').length === 0);
  t.pass();
});
