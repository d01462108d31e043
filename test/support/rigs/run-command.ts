/** A command line in this thread: all of `fulcrum` but the process, whose start takes longer than most commands. */
import { commands } from '../../../src/cli/commands/index.js';
import { createProgram, runProgram } from '../../../src/cli/program.js';
import { type Ran, runFulcrum } from './run-fulcrum.js';

/** What it writes to and answers with is this thread's own: one runs at a time. */
let last: Promise<unknown> = Promise.resolve();

export function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  // It ends its process, whatever hangs in it.
  if (args[0] === 'check') return runFulcrum(args, { env });
  const ran = last.then(() => captured(args, env));
  last = ran.catch(() => undefined);
  return ran;
}

async function captured(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const before = { stdout: process.stdout.write, stderr: process.stderr.write, exitCode: process.exitCode };
  const capture = (stream: 'stdout' | 'stderr') => {
    process[stream].write = (text: string | Uint8Array): boolean => {
      written[stream] += String(text);
      return true;
    };
  };
  capture('stdout');
  capture('stderr');
  process.exitCode = undefined;
  Object.assign(process.env, env);
  try {
    const code = await runProgram(createProgram(commands), args);
    return { code: code === 0 ? Number(process.exitCode ?? 0) : code, ...written };
  } finally {
    process.stdout.write = before.stdout;
    process.stderr.write = before.stderr;
    process.exitCode = before.exitCode;
    for (const name of Object.keys(env)) delete process.env[name];
  }
}
