/** What others are shown of an instance. */
import type { VrrpInstanceConfig } from '../../config/model.js';
import type { VrrpRouter } from '../../machines/vrrp-router.js';
import { msFromNs } from '../../wire/units.js';
import type { VrrpView } from '../../wire/views.js';
import type { InstanceCounts } from './instance-counts.js';
import type { Peer } from './peer.js';
import { virtualAddresses } from './virtual-addresses.js';

export type ViewParts = {
  readonly config: VrrpInstanceConfig;
  readonly router: VrrpRouter;
  readonly counts: InstanceCounts;
  readonly peer: Peer;
  readonly why: string;
  readonly realtime: string;
};

export function viewOf({ config, router, counts, peer, why, realtime }: ViewParts): VrrpView {
  const us = (part: number) => counts.lateness.percentileNs(part) / 1e3;
  return {
    name: config.name,
    vrid: config.vrid,
    interface: config.interface,
    addresses: virtualAddresses(config).map(({ text }) => text),
    state: router.state,
    priority: config.priority,
    effective_priority: router.settings.priority,
    why,
    master_down_interval_ms: msFromNs(router.masterDownNs),
    adverts: { sent: counts.sent, received: counts.received, rejected: counts.rejects.total },
    lateness_us: { p50: us(0.5), p99: us(0.99), p999: us(0.999), max: counts.lateness.maxNs / 1e3 },
    transitions: counts.transitions,
    peer: peer.known
      ? {
          address: peer.address,
          priority: peer.priority,
          interval_ms: peer.intervalNs / 1e6,
          jitter_us: peer.jitterNs / 1e3,
        }
      : null,
    realtime,
  };
}
