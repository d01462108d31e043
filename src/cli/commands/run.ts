import type { Command } from 'commander';
import { exitCode } from '../exit-code.js';

export function register(program: Command): void {
  program
    .command('run')
    .description('run the daemon in the foreground')
    .requiredOption('-c, --config <file>', 'configuration (YAML, TOML or JSON)')
    .option('--drills', 'allow faults to be injected into actors, for exercises')
    .action(async (options: { config: string; drills?: boolean }) => {
      const { runDaemon } = await import('../daemon.js');
      const good = await runDaemon(options.config, options.drills ?? false);
      // Whatever a signal handler or a demo process left open must not keep the process.
      process.exit(good ? exitCode.good : exitCode.internal);
    });
}
