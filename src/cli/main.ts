import { writeSync } from 'node:fs';
import { register as registerAgent } from './commands/agent.js';
import { register as registerBench } from './commands/bench.js';
import { register as registerCheck } from './commands/check.js';
import { register as registerDisable } from './commands/control/disable.js';
import { register as registerDrain } from './commands/control/drain.js';
import { register as registerDrill } from './commands/control/drill.js';
import { register as registerEnable } from './commands/control/enable.js';
import { register as registerFailover } from './commands/control/failover.js';
import { register as registerPlan } from './commands/control/plan.js';
import { register as registerReload } from './commands/control/reload.js';
import { register as registerHealthcheckServer } from './commands/healthcheck-server.js';
import { register as registerHelp } from './commands/help.js';
import { register as registerRun } from './commands/run.js';
import { register as registerSchema } from './commands/schema.js';
import { register as registerShow } from './commands/show.js';
import { register as registerStatus } from './commands/status.js';
import { register as registerTop } from './commands/top.js';
import { register as registerValidate } from './commands/validate.js';
import { exitCode } from './exit-code.js';
import { createProgram, type Register, runProgram } from './program.js';

/** Every command is one file in `commands/` that exports `register`; list it here, in the order of the help. */
const commands: readonly Register[] = [
  registerRun,
  registerValidate,
  registerCheck,
  registerPlan,
  registerReload,
  registerStatus,
  registerShow,
  registerTop,
  registerFailover,
  registerDrain,
  registerEnable,
  registerDisable,
  registerDrill,
  registerAgent,
  registerHealthcheckServer,
  registerSchema,
  registerBench,
  registerHelp,
];

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
