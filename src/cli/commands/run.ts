import type { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFlags } from '../config-options.js';
import { exitCode } from '../exit-code.js';
import { Hangups } from '../signals.js';

type Options = ConfigOptions & { readonly drills?: boolean };

export function register(program: Command): void {
  addConfigOptions(program.command('run'))
    .description('run the daemon in the foreground')
    .option('--drills', 'allow faults to be injected into actors, for exercises')
    .action(async (options: Options) => {
      // From here on: without a listener a hang-up kills the process, and the start takes a second.
      const hangups = new Hangups();
      const { runDaemon } = await import('../daemon.js');
      const load = { flags: configFlags(options), env: process.env };
      const good = await runDaemon(options.config, load, options.drills ?? false, hangups);
      // Whatever a signal handler or a demo process left open must not keep the process.
      process.exit(good ? exitCode.good : exitCode.internal);
    });
}
