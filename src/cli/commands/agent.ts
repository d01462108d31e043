import type { Command } from 'commander';

type Options = {
  readonly config?: string;
  readonly listen?: string;
  readonly metrics?: string;
  readonly connectTimeout?: string;
  readonly rpcTimeout?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
};

export function register(program: Command): void {
  program
    .command('agent')
    .description("run only the HAProxy agent: gRPC health checks for HAProxy's agent-check")
    .option('-c, --config <file>', 'a configuration with an agent section')
    .option('--listen <host:port>', 'for HAProxy; the default is 0.0.0.0:5555')
    .option('--metrics <host:port>', 'for Prometheus; the default is 0.0.0.0:9090')
    .option('--connect-timeout <duration>', 'limit for a connection to a backend; the default is 1s')
    .option('--rpc-timeout <duration>', 'limit for a health call; the default is 1500ms')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--log-format <format>', 'json or pretty')
    .addHelpText('after', '\nPrecedence: flags, file, environment (HAPROXY_AGENT_LISTEN, ...), defaults.')
    .action(runAgent);
}

/** It answers what is under way, which takes 1.9 s at most. */
const STOP_LIMIT_MS = 10_000;

async function runAgent(options: Options): Promise<void> {
  const { nextSignalInTime } = await import('../end-in-time.js');
  const { readAgentConfig } = await import('../../actors/agent/standalone/reader.js');
  const { runAgentThread } = await import('../../actors/agent/standalone/process.js');
  const agent = await readAgentConfig({
    file: options.config ?? null,
    env: process.env,
    flags: {
      'agent.listen': options.listen,
      'agent.metrics': options.metrics,
      'agent.connect_timeout': options.connectTimeout,
      'agent.rpc_timeout': options.rpcTimeout,
      'log.level': options.logLevel,
      'log.format': options.logFormat,
    },
  });
  await runAgentThread(agent, nextSignalInTime(STOP_LIMIT_MS));
}
