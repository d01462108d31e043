import type { Command } from 'commander';

/** The options depend on the type and come from the configuration's schema, which is loaded only when it is needed. */
export const register = (program: Command): void => {
  program
    .command('check')
    .usage('TYPE TARGET [options]')
    .description('one probe now, without a daemon')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[words...]')
    .action(async (_words: string[], _options: unknown, command: Command) => {
      const { runCheckCommand } = await import('../check/run.js');
      await runCheckCommand(command.args);
      // A read of a file whose file system hangs would keep the process.
      const { leaveThreadsAtExit } = await import('../../os/process/leave-threads.js');
      leaveThreadsAtExit();
      process.exit();
    });
};
