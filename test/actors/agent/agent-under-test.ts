import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type CheckResults, noCheckResults } from '../../../src/actors/agent/check-results.js';
import { metrics } from '../../../src/actors/agent/metrics.js';
import { AgentServer } from '../../../src/actors/agent/server.js';
import { agentSettings } from '../../../src/actors/agent/settings.js';
import type { AgentConfig } from '../../../src/config/sections/agent.js';
import type { Log } from '../../../src/model/observing/log.js';
import { nsFromMs } from '../../../src/model/units.js';
import { monotonicNow } from '../../../src/os/clock/clock.js';
import { MetricTable } from '../../../src/wire/metrics/table.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';

export const agentDefaults: AgentConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  metrics: null,
  connectTimeoutNs: nsFromMs(1000),
  rpcTimeoutNs: nsFromMs(1500),
  allowClients: ['loopback'],
  allowTargets: ['any'],
  reasons: true,
  weights: false,
  useCheckResults: false,
  caFile: null,
  tlsVerify: true,
};

export type AgentUnderTest = {
  readonly port: number;
  readonly server: AgentServer;
  readonly records: { readonly level: string; readonly message: string; readonly [field: string]: unknown }[];
  /** `name{label=value}` -> value, of counters and gauges. */
  counted(): Record<string, number>;
};

export async function startAgent(
  t: ExecutionContext,
  config: Partial<AgentConfig> = {},
  checkResults: CheckResults = noCheckResults,
): Promise<AgentUnderTest> {
  const records: AgentUnderTest['records'] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void records.push({ level, message, ...fields });
  const log = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, write(level)]));
  const meter = new ActorMeter();
  const table = new MetricTable(Object.values(metrics));
  const server = new AgentServer(agentSettings({ ...agentDefaults, ...config }), {
    now: monotonicNow,
    log: log as Log,
    meter,
    checkResults,
  });
  const { port } = await server.listen();
  let stopped: Promise<void> | null = null;
  const stop = server.stop.bind(server);
  server.stop = () => {
    stopped ??= stop();
    return stopped;
  };
  t.teardown(() => server.stop());
  return {
    port,
    server,
    records,
    counted() {
      for (const sample of meter.take()) table.add('agent', sample);
      const values: Record<string, number> = {};
      for (const [name, family] of table.families()) {
        if (family.type === 'histogram') continue;
        for (const { labels, value } of family.series.values()) {
          values[[name, ...Object.values(labels)].join(' ')] = value;
        }
      }
      return values;
    },
  };
}

/** Sends the text, closes this side, and answers with all that comes back until the agent closes its own. */
export async function ask(port: number, text: string | Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.end(text);
  return readAll(socket);
}

export async function readAll(socket: Socket): Promise<string> {
  let all = '';
  socket.on('data', (chunk) => {
    all += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return all;
}

/** A connection that is kept: each call sends a text and answers with the next line that comes. */
export function conversation(t: ExecutionContext, port: number) {
  const socket = connect({ port, host: '127.0.0.1' });
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  let held = '';
  const waiting: ((line: string) => void)[] = [];
  socket.on('data', (chunk) => {
    held += chunk.toString('latin1');
    for (let end = held.indexOf('\n'); end !== -1 && waiting.length > 0; end = held.indexOf('\n')) {
      waiting.shift()?.(held.slice(0, end));
      held = held.slice(end + 1);
    }
  });
  return {
    socket,
    say(text: string): Promise<string> {
      socket.write(text);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
