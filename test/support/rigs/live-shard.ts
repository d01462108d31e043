import type { ExecutionContext } from 'ava';
import { Shard, type ShardOptions } from '../../../src/actors/monitor/shard.js';
import { createLoop } from '../../../src/actors/monitor/time/loop.js';
import { loadCheckers } from '../../../src/checks/load.js';
import { port } from '../../../src/model/units.js';
import type { TargetStatus } from '../../../src/wire/links/targets.js';
import { silentLog } from '../../../src/workers/host/dry-context.js';
import { ActorMeter } from '../../../src/workers/host/meter.js';
import { type BuiltInCheck, testContext } from '../fixtures/checks.js';

const checkers = await loadCheckers();

export type LiveShard = {
  /** Probes this port from now on. `host` is 127.0.0.1 where it is left out. */
  assign(targetPort: number, check: BuiltInCheck, host?: string): void;
  /** The next change of state that was not asked for before; throws when it is to another state. */
  transition(state: string): Promise<TargetStatus>;
  /** The last change of state of each target, by `type host:port`. */
  readonly states: ReadonlyMap<string, TargetStatus>;
  /** Results so far; of all kinds, or of one. */
  probes(result?: 'healthy' | 'unhealthy' | 'error'): number;
};

/** A monitor shard with the real checkers on this thread's own loop; stopped with the test. */
export function liveShard(t: ExecutionContext): LiveShard {
  const told: TargetStatus[] = [];
  const meter = new ActorMeter();
  let waiting: () => void = () => {};
  const states = new Map<string, TargetStatus>();
  const results = { healthy: 0, unhealthy: 0, error: 0 };
  const shard = new Shard({
    context: {
      name: 'monitor-0',
      meter,
      event() {},
      log: silentLog,
    },
    loop: createLoop(),
    checkers: checkers as ShardOptions['checkers'],
    resolve: async (host) => host,
    readFile: testContext.readFile,
    maxProbes: 1000,
    send(message) {
      if (message.kind !== 'transitions') return;
      told.push(...message.statuses);
      for (const status of message.statuses) states.set(status.key, status);
      waiting();
    },
    sendFallen() {},
    backlog: () => 0,
  });
  t.teardown(() => shard.stop());
  return {
    states,
    assign(targetPort, check, host = '127.0.0.1') {
      const spec = { host, port: port(targetPort), mark: null, check };
      shard.receive({ kind: 'assign', targets: [{ key: `${check.type} ${host}:${targetPort}`, spec, resume: null }] });
    },
    async transition(state) {
      while (told.length === 0) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
      const status = told.shift() as TargetStatus;
      if (status.state !== state) throw new Error(`${status.state}, not ${state}: ${status.message}`);
      return status;
    },
    probes(result) {
      for (const sample of meter.take()) {
        if (sample.type !== 'counter' || sample.name !== 'fulcrum_checks_total') continue;
        results[sample.labels['result'] as keyof typeof results] += sample.value;
      }
      return result === undefined ? results.healthy + results.unhealthy + results.error : results[result];
    },
  };
}
