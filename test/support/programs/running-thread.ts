/** Runs a command for ever: `node dist/test/support/programs/running-thread.js COMMAND`, or as a thread. */
import { workerData } from 'node:worker_threads';
import { runCommand } from '../../../src/os/process/run-command.js';

const command: readonly string[] = workerData ?? process.argv.slice(2);
await runCommand({
  command,
  user: null,
  environment: {},
  input: null,
  timeoutMs: 600_000,
  maxOutputBytes: 100,
});
