/** When new instances start. */
import type { SyncGroupConfig, VrrpInstanceConfig } from '../../../model/config.js';

/**
 * Instances that start at once would advert at once for ever: they are spread over one interval. The members of a group start
 * together.
 */
export function startTimes(
  added: readonly VrrpInstanceConfig[],
  groups: readonly SyncGroupConfig[],
  fromNs: number,
): readonly number[] {
  const groupOf = new Map(groups.flatMap((group) => group.instances.map((name) => [name, group] as const)));
  const unitOf = ({ name }: VrrpInstanceConfig) => groupOf.get(name) ?? name;
  const units = new Set(added.map(unitOf)).size;
  const starts = new Map<unknown, number>();
  return added.map((config) => {
    const unit = unitOf(config);
    const startNs = starts.get(unit) ?? fromNs + (starts.size / units) * config.advertIntervalNs;
    starts.set(unit, startNs);
    return startNs;
  });
}
