import type { AddressInfo } from 'node:net';
import pino from 'pino';
import type { AgentConfig, Config } from '../../config/model.js';
import { monotonicNow } from '../../net/clock.js';
import { stderrTakesColour } from '../../net/terminal.js';
import { formatHumantime } from '../../wire/humantime.js';
import { hostPort } from '../../wire/ip-address.js';
import { ActorMeter } from '../../workers/meter.js';
import { AgentServer } from './agent-server.js';
import { noCheckResults } from './check-results.js';
import { type MetricsListener, serveAgentMetrics } from './metrics-listener.js';
import { agentSettings } from './settings.js';

export type StandaloneAgent = {
  readonly address: AddressInfo;
  /** Null where the configuration wants none. */
  readonly metricsAddress: AddressInfo | null;
  readonly logger: pino.Logger;
  /** Answers what is under way, and writes the last records. */
  stop(): Promise<void>;
};

const STDERR = 2;

/** The agent alone, on the calling thread: no daemon, no actors. */
export async function startStandaloneAgent(config: AgentConfig, log: Config['log']): Promise<StandaloneAgent> {
  const { logger, flush } = await createLogger(log);
  const meter = new ActorMeter();
  const server = new AgentServer(agentSettings(config), {
    now: monotonicNow,
    log: logger,
    meter,
    checkResults: noCheckResults,
  });
  const address = await server.listen();
  let metrics: MetricsListener | null = null;
  try {
    metrics = config.metrics === null ? null : await serveAgentMetrics(config.metrics, () => meter.take());
  } catch (error) {
    await server.stop();
    throw error;
  }
  logger.info(
    {
      component: 'agent',
      listen: textOf(address),
      metrics: metrics === null ? null : textOf(metrics.address),
      connect_timeout: formatHumantime(config.connectTimeoutNs),
      rpc_timeout: formatHumantime(config.rpcTimeoutNs),
      allow_clients: config.allowClients,
      allow_targets: config.allowTargets,
      reasons: config.reasons,
      weights: config.weights,
      tls_verify: config.tlsVerify,
    },
    'listening',
  );
  return {
    address,
    metricsAddress: metrics?.address ?? null,
    logger,
    async stop() {
      await server.stop();
      await metrics?.stop();
      logger.info({ component: 'agent' }, 'stopped');
      flush();
    },
  };
}

const textOf = ({ address, port }: AddressInfo): string => hostPort(address, port);

/** The seed's field names; lines are gathered and written without waiting, so that a slow terminal stalls no check. */
async function createLogger({ level, format }: Config['log']): Promise<{ logger: pino.Logger; flush(): void }> {
  const options: pino.LoggerOptions = {
    level,
    messageKey: 'message',
    base: null,
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  };
  if (format === 'pretty') {
    const { default: pretty } = await import('pino-pretty');
    const stream = pretty({
      destination: STDERR,
      sync: true,
      colorize: stderrTakesColour(),
      messageKey: 'message',
      timestampKey: 'timestamp',
    });
    return { logger: pino(options, stream), flush: () => undefined };
  }
  const destination = pino.destination({ dest: STDERR, sync: false });
  return { logger: pino(options, destination), flush: () => destination.flushSync() };
}
