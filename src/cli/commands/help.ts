import type { Command } from 'commander';

/** `fulcrum help drain` is `fulcrum drain --help`, also for a command that writes its own help. */
export const register = (program: Command): void => {
  program
    .command('help')
    .description('the help of a command')
    .argument('[command...]')
    .action(async (words: readonly string[]) => {
      const [name] = words;
      const known = name === undefined || program.commands.some((command) => command.name() === name);
      // One that is not known is refused as if it had been called, with what it is like.
      await program.parseAsync(known ? [...words, '--help'] : [...words], { from: 'user' });
    });
};
