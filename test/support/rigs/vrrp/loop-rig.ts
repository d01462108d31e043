/** A VRRP loop with one instance, for tests: a dry loop on a clock of its own, and started. */
import { noHedge } from '../../../../src/actors/vrrp/hedge/first-thread.js';
import { createDryLoop, type DryLoop, type DryParts } from '../../../../src/actors/warm-up/vrrp-loop.js';
import type { RouterFlags } from '../../../../src/machines/vrrp/state-machine.js';
import { compileTable, type RouterTable } from '../../../../src/machines/vrrp/table.js';
import type { VrrpInstanceConfig } from '../../../../src/model/config.js';
import { PreciseClock } from '../../../../src/os/clock/precise-clock.js';

const tables = new Map<string, RouterTable>();

/** Each is compiled once: that takes a while. */
export function tableOf(flags: RouterFlags): RouterTable {
  const key = JSON.stringify(flags);
  const table = tables.get(key) ?? compileTable(flags);
  tables.set(key, table);
  return table;
}

export function createLoopRig(config: VrrpInstanceConfig, parts: Partial<DryParts> = {}): DryLoop {
  const rig = createDryLoop(config, {
    clock: new PreciseClock(),
    realtime: { features: [], refused: [], text: 'none', spin: { leastNs: 20_000, mostNs: 20_000 } },
    tableOf,
    hedge: noHedge('in a test'),
    tidying: { tidy() {} },
    poll: () => false,
    ...parts,
  });
  rig.loop.turn();
  return rig;
}
