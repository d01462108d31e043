import test from 'ava';
import { CommanderError } from 'commander';
import { register as registerBench } from '../../src/cli/commands/bench/index.js';
import { describeError, exitCodeOf } from '../../src/cli/exit-code.js';
import { createProgram, type Register, runProgram } from '../../src/cli/program.js';
import { RuntimeError } from '../../src/embedding/runtime.js';
import { CommandError, ConfigError, MissingPrivilegeError, UnreachableError } from '../../src/model/errors.js';
import { runCommand } from '../support/rigs/run-command.js';

const issue = { file: 'f.yaml', line: 3, column: 7, path: 'services[0].port', message: 'too big' };

test('each kind of error has its exit code', (t) => {
  t.is(exitCodeOf(new ConfigError([issue])), 2);
  t.is(exitCodeOf(new UnreachableError('no daemon')), 3);
  t.is(exitCodeOf(new MissingPrivilegeError('CAP_NET_ADMIN', 'no')), 4);
  t.is(exitCodeOf(new CommandError('ERR_NOT_FOUND', 'no instance vi9')), 2);
  t.is(exitCodeOf(new CommandError('ERR_CONFLICT', 'it is no master')), 1);
  // 1 would read as "there are differences".
  t.is(exitCodeOf(new CommandError('ERR_UNAVAILABLE', 'engine does not run')), 3);
  t.is(exitCodeOf(new CommandError('ERR_TIMEOUT', 'engine did not answer')), 3);
  t.is(exitCodeOf(new RuntimeError('gateway did not start: the port is taken')), 2);
  t.is(exitCodeOf(new TypeError('x is undefined')), 70);
  t.is(exitCodeOf(new CommanderError(1, 'commander.unknownOption', 'unknown option')), 2);
  t.is(exitCodeOf(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)')), 0);
});

test('a configuration error is told as FILE:LINE:COL: PATH: message, one line an issue', (t) => {
  t.is(describeError(new ConfigError([issue, issue])), 'f.yaml:3:7: services[0].port: too big\n'.repeat(2));
});

const failing =
  (error: Error): Register =>
  (program) => {
    program.command('fail').action(() => {
      throw error;
    });
  };

test.serial('running a command gives its exit code and says why on stderr', async (t) => {
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  try {
    const program = (error: Error) => createProgram([failing(error)]);
    t.is(await runProgram(program(new UnreachableError('no daemon at /run/x.sock')), ['fail']), 3);
    t.is(await runProgram(program(new Error('x')), ['fial']), 2);
    t.is(await runProgram(program(new Error('x')), []), 2);
    t.is(await runProgram(program(new Error('x')), ['fail', '--what']), 2);
  } finally {
    process.stderr.write = write;
  }
  const text = written.join('');
  t.regex(text, /fulcrum: no daemon at \/run\/x\.sock/);
  t.regex(text, /unknown command 'fial'/);
  t.regex(text, /Usage: fulcrum/);
  t.regex(text, /unknown option '--what'/);
});

test.serial('a bench whose results cannot be written ends before it measures', async (t) => {
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  try {
    for (const option of ['--json', '--html']) {
      // The unknown option comes last: nothing is measured where the file is not looked at either.
      const words = ['bench', 'checks', option, '/nonexistent/results', '--unknown'];
      t.is(await runProgram(createProgram([registerBench]), words), 2);
      t.regex(written.splice(0).join(''), /\/nonexistent\/results.*cannot be written: ENOENT/);
    }
  } finally {
    process.stderr.write = write;
  }
});

test('help NAME is NAME --help, for commands in commands and those that write their own help too', async (t) => {
  for (const words of [['drain'], ['bench', 'jitter'], ['check'], ['check', 'tcp'], []]) {
    const asked = await runCommand(['help', ...words]);
    t.is(asked.code, 0, words.join(' '));
    t.regex(asked.stdout, /Usage: fulcrum|fulcrum check/i, words.join(' '));
    t.deepEqual(asked, await runCommand([...words, '--help']));
  }
  const unknown = await runCommand(['help', 'drian']);
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /unknown command 'drian'/);
});
