import type { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFlags } from '../config-options.js';
import { exitCode } from '../exit-code.js';
import { Hangups } from '../signals.js';

type Options = ConfigOptions & { readonly drills?: boolean; readonly traceStart?: boolean };

export function register(program: Command): void {
  addConfigOptions(program.command('run'))
    .description('run the daemon in the foreground')
    .option('--drills', 'allow faults to be injected into actors, for exercises')
    .option('--trace-start', 'tell on stderr where the time of the start went')
    .action(async (options: Options) => {
      // From here on: without a listener a hang-up kills the process, and the start takes a second.
      const hangups = new Hangups();
      const { runDaemon } = await import('../daemon.js');
      const load = { flags: configFlags(options), env: process.env };
      const good = await runDaemon(
        options.config,
        load,
        { drills: options.drills ?? false, traceStart: options.traceStart ?? false },
        hangups,
      );
      // Whatever a signal handler or a demo process left open must not keep the process.
      process.exit(good ? exitCode.good : exitCode.internal);
    });
}
