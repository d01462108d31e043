/** The sync groups of this node, through every change of configuration. */

import { SyncGroup } from '../../../machines/vrrp/sync-group.js';
import { advertFamily } from '../../../machines/vrrp/virtual-addresses.js';
import type { SyncGroupConfig } from '../../../model/config.js';
import type { SyncGroupView } from '../../../model/observing/views.js';
import { type VrrpState, vrrpStateNumber, vrrpStates } from '../../../model/states.js';
import type { VrrpDependencies } from '../dependencies.js';
import type { VrrpInstance } from '../instance/instance.js';
import { metrics } from '../metrics.js';

type Output = VrrpDependencies['out'];
type Held = {
  config: SyncGroupConfig;
  instances: readonly VrrpInstance[];
  transitions: number;
  readonly group: SyncGroup;
};

const CONFIGURED = 'its members were configured';

export class SyncGroups {
  readonly #out: Output;
  readonly #held = new Map<string, Held>();

  constructor(out: Output) {
    this.#out = out;
  }

  /** Before those that are no longer there are stopped. */
  configure(groups: readonly SyncGroupConfig[], instances: readonly VrrpInstance[]): void {
    const wanted = new Set(groups.map(({ name }) => name));
    for (const name of this.#held.keys()) if (!wanted.has(name)) this.#held.delete(name);
    const known = new Map(instances.map((instance) => [instance.name, instance]));
    for (const { member } of instances) member.group = null;
    for (const config of groups) {
      const held = this.#held.get(config.name) ?? this.#add(config);
      held.config = config;
      held.instances = config.instances.flatMap((name) => known.get(name) ?? []);
      for (const { member } of held.instances) member.group = held.group;
      held.group.assign(
        held.instances.toSorted(byRouter).map(({ member }) => member),
        CONFIGURED,
      );
    }
  }

  configOf({ member }: VrrpInstance): SyncGroupConfig | null {
    return member.group === null ? null : (this.#held.get(member.group.name)?.config ?? null);
  }

  byName(name: string): SyncGroup | null {
    return this.#held.get(name)?.group ?? null;
  }

  views(): readonly SyncGroupView[] {
    return [...this.#held.values()].map(({ group, instances, transitions }) => ({
      name: group.name,
      state: group.state,
      why: group.why,
      transitions,
      instances: instances.map(({ name, member, why }) => ({ name, state: member.state, ready: member.isReady, why })),
    }));
  }

  #add(config: SyncGroupConfig): Held {
    const { name } = config;
    const { meter } = this.#out;
    const group = new SyncGroup(name, (from, to, why) => this.#changed(held, from, to, why));
    const held: Held = { config, instances: [], transitions: 0, group };
    this.#held.set(name, held);
    meter.gauge(metrics.fulcrum_vrrp_sync_group_state, { group: name }, vrrpStateNumber[group.state]);
    for (const to of vrrpStates) meter.count(metrics.fulcrum_vrrp_sync_group_transitions_total, { group: name, to }, 0);
    return held;
  }

  #changed(held: Held, from: VrrpState, to: VrrpState, why: string): void {
    const { name: group } = held.config;
    const { log, meter, event } = this.#out;
    held.transitions += 1;
    meter.gauge(metrics.fulcrum_vrrp_sync_group_state, { group }, vrrpStateNumber[to]);
    meter.count(metrics.fulcrum_vrrp_sync_group_transitions_total, { group, to });
    log.info({ group, from, to, why }, `sync group ${group} is ${to}: ${why}`);
    event({ type: 'sync-group-state', group, from, to, why });
  }
}

/** By what all nodes have in common: the interfaces may have other names there. */
const byRouter = (a: VrrpInstance, b: VrrpInstance): number => {
  const [left, right] = [routerKey(a), routerKey(b)];
  return left < right ? -1 : Number(left > right);
};
const routerKey = ({ config, vrid }: VrrpInstance): string =>
  [String(vrid).padStart(3, '0'), advertFamily(config), config.addresses[0]?.address ?? ''].join(' ');
