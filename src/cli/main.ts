import { writeSync } from 'node:fs';
import { commands } from './commands/index.js';
import { exitCode } from './exit-code.js';
import { createProgram, runProgram } from './program.js';

/** A reader that went away (`fulcrum show events | head`) is no error. */
const onOutputError = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  // Such as a full disk under `fulcrum schema > FILE`: what is there is not the answer. stderr may be on the same disk.
  try {
    writeSync(2, `fulcrum: the output cannot be written: ${error.message}\n`);
  } catch {}
  process.exit(exitCode.usage);
};
process.stdout.on('error', onOutputError);
// Remarks go there, and the exit code tells the same: a daemon does not end because nobody can be told why it warns.
process.stderr.on('error', () => {});

const code = await runProgram(createProgram(commands), process.argv.slice(2));
if (code !== 0) process.exitCode = code;
