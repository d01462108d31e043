import type { Command } from 'commander';

export const register = (program: Command): void => {
  program
    .command('schema')
    .description("print the configuration's JSON Schema")
    .option('--json', 'the output is JSON in any case')
    .action(async () => {
      const { configJsonSchema } = await import('../../config/document.js');
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
};
