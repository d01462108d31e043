import type { AddressInfo } from 'node:net';
import type pino from 'pino';
import type { AgentConfig } from '../../../config/sections/agent.js';
import type { Config } from '../../../model/config.js';
import { hostPort } from '../../../model/ip-address.js';
import { monotonicNow } from '../../../os/clock/clock.js';
import { createLogLines } from '../../../os/process/log-lines.js';
import { formatHumantime } from '../../../wire/text/humantime.js';
import { ActorMeter } from '../../../workers/host/meter.js';
import { noCheckResults } from '../check-results.js';
import { type MetricsListener, serveAgentMetrics } from '../metrics-listener.js';
import { AgentServer } from '../server.js';
import { agentSettings } from '../settings.js';

export type StandaloneAgent = {
  readonly address: AddressInfo;
  /** Null where the configuration wants none. */
  readonly metricsAddress: AddressInfo | null;
  readonly logger: pino.Logger;
  /** Answers what is under way, and writes the last records. */
  stop(): Promise<void>;
};

/** The agent alone, on the calling thread: no daemon, no actors. */
export async function startStandaloneAgent(config: AgentConfig, log: Config['log']): Promise<StandaloneAgent> {
  // Lines are gathered: a slow terminal stalls no check.
  const { logger, flush } = createLogLines(log, { stamped: false, waits: false });
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
