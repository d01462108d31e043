import type { Command } from 'commander';

/** Where the seeds' proxy looks for it. */
const DEFAULT_SOCKET = '/var/run/seesaw/healthcheck-proxy.sock';

export function register(program: Command): void {
  program
    .command('healthcheck-server')
    .description("run only the seeds' health-check server (newline-delimited JSON on a unix socket)")
    .option('--socket <path>', 'the socket', DEFAULT_SOCKET)
    .option('--owner <user[:group]>', 'who owns the socket; its mode is 0660')
    .option('--batch-delay <duration>', 'how long a status waits for others; the default is 100ms')
    .option('--batch-size <count>', 'statuses sent together at most; the default is 100')
    .option('--notify-interval <duration>', 'how often the whole state is sent; the default is 15s')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--log-format <format>', 'json or pretty')
    .action(async (options) => {
      const { runHealthcheckServer } = await import('../healthcheck-server.js');
      await runHealthcheckServer(options);
      process.exit(0);
    });
}
