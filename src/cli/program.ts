import { Command } from 'commander';
import { packageVersion } from '../model/package.js';
import { describeError, type ExitCode, exitCode, exitCodeOf } from './exit-code.js';

/** Adds one command. Its heavy imports belong in the action (`await import(...)`), so that `fulcrum --help` stays quick. */
export type Register = (program: Command) => void;

/** The command line with the given commands. It throws CommanderError instead of exiting. */
export const createProgram = (registers: readonly Register[]): Command => {
  const program = new Command('fulcrum')
    .description('A load-balancer control plane: health checks, VRRP and IPVS')
    .version(packageVersion(), '-V, --version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .showHelpAfterError('(add --help for the usage)')
    .exitOverride();
  // Commands inherit exitOverride and the help settings, so it comes before them.
  for (const register of registers) register(program);
  return program;
};

/**
 * Runs one command line. An action says its answer with `process.exitCode = exitCode.negative` or by throwing; nothing
 * here ends the process, so that what is still in the pipe gets out.
 */
export const runProgram = async (program: Command, argv: readonly string[]): Promise<ExitCode> => {
  // Without a command commander would print its help as an error.
  if (argv.length === 0) {
    process.stderr.write(`${program.helpInformation()}\n`);
    return exitCode.usage;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode.good;
  } catch (error) {
    process.stderr.write(describeError(error));
    return exitCodeOf(error);
  }
};
