import type { ExecutionContext } from 'ava';
import { createLoop } from '../../src/actors/monitor/loop.js';
import { Shard, type ShardOptions } from '../../src/actors/monitor/shard.js';
import { checkers } from '../../src/checks/index.js';
import type { CheckConfig } from '../../src/config/model.js';
import type { TargetStatus } from '../../src/wire/target-link.js';
import { port } from '../../src/wire/units.js';
import { ActorMeter } from '../../src/workers/meter.js';

export type LiveShard = {
  /** Probes 127.0.0.1 on this port from now on. */
  assign(targetPort: number, check: CheckConfig): void;
  /** The next change of state that was not asked for before; throws when it is to another state. */
  transition(state: string): Promise<TargetStatus>;
  /** Results so far. */
  probes(): number;
};

/** A monitor shard with the real checkers on this thread's own loop; stopped with the test. */
export function liveShard(t: ExecutionContext): LiveShard {
  const told: TargetStatus[] = [];
  const meter = new ActorMeter();
  let waiting: () => void = () => {};
  let results = 0;
  const shard = new Shard({
    context: {
      name: 'monitor-0',
      meter,
      event() {},
      log: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    },
    loop: createLoop(),
    checkers: checkers as ShardOptions['checkers'],
    resolve: async (host) => host,
    maxProbes: 1000,
    send(message) {
      if (message.kind !== 'transitions') return;
      told.push(...message.statuses);
      waiting();
    },
    backlog: () => 0,
  });
  t.teardown(() => shard.stop());
  return {
    assign(targetPort, check) {
      const spec = { host: '127.0.0.1', port: port(targetPort), mark: null, check };
      shard.receive({ kind: 'assign', targets: [{ key: `target ${targetPort}`, spec, resume: null }] });
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
    probes() {
      for (const sample of meter.take()) {
        if (sample.type === 'counter' && sample.name === 'fulcrum_checks_total') results += sample.value;
      }
      return results;
    },
  };
}
