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
    });
};
