/** What others are shown of an instance. */

import { virtualInterface } from '../../../machines/virtual-mac/virtual-interface.js';
import type { VrrpRouter } from '../../../machines/vrrp/router.js';
import type { TrackVerdict } from '../../../machines/vrrp/tracking.js';
import { virtualAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import type { LatenessView, VrrpView } from '../../../model/observing/views.js';
import { msFromNs } from '../../../model/units.js';
import { hardwareText } from '../../../wire/vrrp/announcement.js';
import type { InstanceCounts } from './counts.js';
import type { LatenessHistogram } from './lateness.js';
import type { Peer } from './peer.js';

export type ViewParts = {
  readonly config: VrrpInstanceConfig;
  /** The name of its sync group. */
  readonly group: string | null;
  readonly router: VrrpRouter;
  readonly counts: InstanceCounts;
  readonly peer: Peer;
  readonly tracks: readonly TrackVerdict[];
  readonly why: string;
  readonly realtime: string;
  readonly nowNs: number;
  readonly held: VrrpView['held'];
};

export function viewOf(parts: ViewParts): VrrpView {
  const { config, group, router, counts, peer, tracks, why, realtime, nowNs, held } = parts;
  return {
    name: config.name,
    vrid: config.vrid,
    version: config.version,
    authentication: config.authentication?.type ?? null,
    interface: config.interface,
    vmac: vmacOf(config),
    addresses: virtualAddresses(config).map(({ text }) => text),
    state: router.state,
    sync_group: group,
    priority: config.priority,
    effective_priority: router.settings.priority,
    why,
    tracked: tracks.map(({ kind, name, up, priority, fault, why }) => ({
      kind,
      name,
      up,
      priority,
      fault: fault !== null,
      why,
    })),
    master_down_interval_ms: msFromNs(router.masterDownNs),
    adverts: { sent: counts.sent, received: counts.received, rejected: counts.rejects.total },
    lateness_us: latenessOf(counts.lateness),
    lateness_last_hour_us: latenessOf(counts.recentLateness.at(nowNs)),
    transitions: counts.transitions,
    peer: peer.known
      ? {
          address: peer.address,
          priority: peer.priority,
          resigned: peer.resigned,
          authenticated: peer.authenticated,
          interval_ms: peer.intervalNs / 1e6,
          jitter_us: peer.jitterNs / 1e3,
        }
      : null,
    held,
    realtime,
  };
}

function vmacOf(config: VrrpInstanceConfig): VrrpView['vmac'] {
  const virtual = virtualInterface(config);
  if (config.vmac === false || virtual === null) return null;
  return { interface: virtual.name, mac: hardwareText(virtual.hardware), transmit: config.vmac.transmit };
}

function latenessOf(histogram: LatenessHistogram): LatenessView {
  const us = (part: number) => histogram.percentileNs(part) / 1e3;
  return { p50: us(0.5), p99: us(0.99), p999: us(0.999), max: histogram.maxNs / 1e3 };
}
