/** The HAProxy agent of the daemon: the same server as the standalone one, which may also answer from the engine's results. */

import type { AddressInfo } from 'node:net';
import type { AgentConfig } from '../../config/sections/agent.js';
import type { Config } from '../../model/config.js';
import { hostPort } from '../../model/ip-address.js';
import type { Meter } from '../../model/observing/meter.js';
import type { ActorContext, ActorFactory } from '../../workers/actor.js';
import { ActorMeter } from '../../workers/host/meter.js';
import { createCaller } from '../../workers/links/rpc.js';
import { type EngineCalls, engineCalls } from '../engine/calls.js';
import type { CheckResults } from './check-results.js';
import { type MetricsListener, serveAgentMetrics } from './metrics-listener.js';
import { AgentServer } from './server.js';
import { agentSettings } from './settings.js';
import { teeMeter } from './tee-meter.js';

/** The engine answers within a millisecond; when it does not, a probe of our own still fits into HAProxy's patience. */
const ENGINE_LIMIT_MS = 100;

export const createAgent: ActorFactory = async (context) => {
  const checkResults = engineResults(context);
  let current = context.config.agent;
  let running = await start(context, current, checkResults);
  // Changes of the configuration are carried out one after another.
  let turn: Promise<void> = Promise.resolve();

  async function replace(next: AgentConfig | null): Promise<void> {
    await running?.stop();
    running = null;
    running = await start(context, next, checkResults);
  }

  return {
    configure({ agent }: Config) {
      if (JSON.stringify(agent) === JSON.stringify(current)) return;
      current = agent;
      turn = turn.then(() => replace(agent)).catch((error: unknown) => context.fail(error as Error));
    },
    async stop() {
      await turn;
      await running?.stop();
    },
  };
};

type Running = { stop(): Promise<void> };

async function start(
  context: ActorContext,
  config: AgentConfig | null,
  checkResults: CheckResults,
): Promise<Running | null> {
  if (config === null) return null;
  const own = config.metrics === null ? null : new ActorMeter();
  const meter: Meter = own === null ? context.meter : teeMeter(context.meter, own);
  const server = new AgentServer(agentSettings(config), { now: context.now, log: context.log, meter, checkResults });
  const address = await server.listen();
  let metrics: MetricsListener | null = null;
  try {
    if (config.metrics !== null && own !== null) metrics = await serveAgentMetrics(config.metrics, () => own.take());
  } catch (error) {
    await server.stop();
    throw error;
  }
  tellListener(context, 'agent.listen', 'tcp', address);
  if (metrics !== null) tellListener(context, 'agent.metrics', 'http', metrics.address);
  return {
    async stop() {
      for (const name of ['agent.listen', 'agent.metrics']) context.state(`listener/${name}`, null);
      await Promise.all([server.stop(), metrics?.stop()]);
    },
  };
}

function tellListener(context: ActorContext, name: string, scheme: string, { address, port }: AddressInfo): void {
  const key = `listener/${name}`;
  context.state(key, { type: 'listener', key, name, address: `${scheme}://${hostPort(address, port)}` });
}

/** Asks the engine what its own checks say of the target. */
function engineResults(context: ActorContext): CheckResults {
  const engine = createCaller<EngineCalls>(context.link(engineCalls, 'a'));
  return async ({ host, port }) => {
    const answer = await inTime(engine.call('target-health', { host, port }));
    if (answer === null) return null;
    switch (answer.state) {
      case 'healthy':
        return { kind: 'up', utilization: null };
      case 'unhealthy':
        return { kind: 'down', reason: answer.message };
      case 'unknown':
        return null;
      default:
        return answer.state satisfies never;
    }
  };
}

function inTime<T>(promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ENGINE_LIMIT_MS, null);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
