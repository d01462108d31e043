/** The driver that writes the kernel's IPVS table. */

import type { Config } from '../../../model/config.js';
import type { Change } from '../../../model/dataplane/change.js';
import { type ChangeResult, done } from '../../../model/dataplane/change.js';
import {
  type DestinationCounts,
  type DestinationKey,
  destinationKey,
  type Entry,
  PROBE_PREFIX,
  type ServiceKey,
  type Table,
} from '../../../model/dataplane/table.js';
import { messageOf } from '../../../model/errors.js';
import { NS_PER_S } from '../../../model/units.js';
import { monotonicNow } from '../../../os/clock/clock.js';
import type { RequestResult } from '../../../os/netlink/netlink.js';
import type { IpvsDestinationEntry, IpvsStatistics } from '../../../wire/ipvs/types.js';
import type { Probe } from '../../descriptor.js';
import type {
  Counts,
  Driver,
  DriverContext,
  InspectedDestination,
  InspectedService,
  Inspection,
  Traffic,
} from '../../driver.js';
import { acceptIpvs } from './accept.js';
import { fromIpvsDestination, fromIpvsService } from './entry.js';
import { markedProbeHindrance } from './environment.js';
import { IpvsFeatures } from './features.js';
import { IpvsKernel, type IpvsKernelDeps, ipvsKernelDeps } from './kernel.js';
import { ipvsMetrics } from './metrics.js';
import { CONCURRENT_CODES, explainRefusal } from './refusal.js';
import { ipvsRequestOf } from './request.js';
import { IpvsSync } from './sync.js';

/** The table is read again at once when another program's write is noticed, but no more often than this. */
const NOTICE_INTERVAL_NS = NS_PER_S;

/** Whether IPVS can work here. */
export async function probeIpvs(deps: IpvsKernelDeps = ipvsKernelDeps(monotonicNow)): Promise<Probe> {
  try {
    const kernel = await IpvsKernel.open(deps);
    kernel.close();
    return { ok: true, why: `IPVS ${kernel.info.version} in the kernel` };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

/** Rejects with MissingPrivilegeError where the kernel has no IPVS, or we may not write to it. */
export async function openIpvs(
  context: DriverContext,
  deps: IpvsKernelDeps = ipvsKernelDeps(context.now),
): Promise<Driver> {
  const kernel = await IpvsKernel.open(deps);
  const sync = new IpvsSync(kernel, context);
  return new IpvsDriver(context, kernel, sync);
}

export { openIpvs as openDriver, probeIpvs as probeDriver };

class IpvsDriver implements Driver {
  readonly kind = 'ipvs';
  readonly capabilities = { outlivesProcess: true, shared: true, concurrent: true };
  readonly metrics = ipvsMetrics;
  readonly accept = acceptIpvs;
  readonly #context: DriverContext;
  readonly #kernel: IpvsKernel;
  readonly #sync: IpvsSync;
  readonly #features: IpvsFeatures;
  #noticeAgainNs = 0;
  #surroundingsTold = false;

  constructor(context: DriverContext, kernel: IpvsKernel, sync: IpvsSync) {
    this.#context = context;
    this.#kernel = kernel;
    this.#sync = sync;
    this.#features = new IpvsFeatures(kernel);
  }

  async read(): Promise<Table> {
    void this.#sync.repair();
    const table = new Map<ServiceKey, Entry>();
    await this.#kernel.table((found, destinations) => {
      const service = fromIpvsService(found);
      if (service === null) return;
      const held = destinations.map(fromIpvsDestination);
      table.set(service.key, { service, destinations: new Map(held.map((one) => [one.key, one])) });
    });
    return table;
  }

  async apply(changes: readonly Change[]): Promise<readonly ChangeResult[]> {
    if (!this.#surroundingsTold && changes.some(isNewProbe)) this.#tellSurroundings();
    const refused = changes.map((change) => this.#features.refusal(change));
    const tried = changes.filter((_change, index) => refused[index] === null);
    const results = await this.#kernel.send(tried.map(ipvsRequestOf));
    const told = tried.map((change, index) => this.#explain(change, results[index] ?? noResult));
    for (const [index, change] of tried.entries()) {
      if (told[index]?.ok && this.#features.isUnproven(change)) told[index] = await this.#features.check(change);
    }
    if (told.some((result) => !result.ok && CONCURRENT_CODES.has(result.code))) this.#notice();
    const inOrder = told.values();
    return changes.map((change, index) => refused[index] ?? inOrder.next().value ?? this.#explain(change, noResult));
  }

  async counts(services: readonly ServiceKey[] | null): Promise<Counts> {
    const wanted = services === null ? null : new Set(services);
    const counts = new Map<ServiceKey, ReadonlyMap<DestinationKey, DestinationCounts>>();
    await this.#kernel.table(
      (found, destinations) => {
        const key = fromIpvsService(found)?.key;
        if (key === undefined) return;
        counts.set(key, new Map(destinations.map((one) => [destinationKey(one.address, one.port), countsOf(one)])));
      },
      (found) => {
        const key = fromIpvsService(found)?.key;
        return wanted === null || (key !== undefined && wanted.has(key));
      },
    );
    return counts;
  }

  async inspect(): Promise<Inspection> {
    const seen: InspectedService[] = [];
    await this.#kernel.table((found, destinations) => {
      const service = fromIpvsService(found);
      if (service === null) return;
      const traffic = trafficOf(found.statistics);
      seen.push({ service, traffic, destinations: destinations.map(inspected) });
    });
    return seen;
  }

  vrrpChanged(states: Parameters<Driver['vrrpChanged']>[0]): Promise<void> {
    return this.#sync.vrrpChanged(states);
  }

  configure(config: Config): void {
    void this.#sync.configure(config);
  }

  async close(onStop: 'flush' | 'keep'): Promise<void> {
    if (onStop === 'flush') await this.#sync.stop();
    this.#kernel.close();
  }

  #explain(change: Change, result: RequestResult): ChangeResult {
    return result.kind === 'done' ? done : explainRefusal(change, result, this.#sync.running);
  }

  #tellSurroundings(): void {
    this.#surroundingsTold = true;
    const hindrance = markedProbeHindrance();
    if (hindrance === null) return;
    this.#context.log.warn({}, hindrance);
    this.#context.event({ type: 'alarm', alarm: 'accept-local', why: hindrance });
  }

  #notice(): void {
    const now = this.#context.now();
    if (now < this.#noticeAgainNs) return;
    this.#noticeAgainNs = now + NOTICE_INTERVAL_NS;
    this.#context.changed('another program writes to the IPVS table');
  }
}

/** The engine's services that steer marked probes. */
const isNewProbe = ({ kind, service }: Change): boolean =>
  kind === 'add-service' &&
  service.match.kind === 'fwmark' &&
  service.match.family === 'ipv4' &&
  service.name?.startsWith(PROBE_PREFIX) === true;

const noResult: RequestResult = { kind: 'unknown', why: 'no result' };

const countsOf = (entry: IpvsDestinationEntry): DestinationCounts => ({
  active: entry.activeConnections,
  inactive: entry.inactiveConnections,
  connections: entry.statistics.connections,
  bytesIn: entry.statistics.bytesIn,
  bytesOut: entry.statistics.bytesOut,
});

const inspected = (entry: IpvsDestinationEntry): InspectedDestination => ({
  destination: fromIpvsDestination(entry),
  counts: countsOf(entry),
  traffic: trafficOf(entry.statistics),
});

const trafficOf = (statistics: IpvsStatistics): Traffic => ({
  total: {
    connections: statistics.connections,
    packetsIn: statistics.packetsIn,
    packetsOut: statistics.packetsOut,
    bytesIn: statistics.bytesIn,
    bytesOut: statistics.bytesOut,
  },
  perSecond: {
    connections: statistics.connectionsPerS,
    packetsIn: statistics.packetsInPerS,
    packetsOut: statistics.packetsOutPerS,
    bytesIn: statistics.bytesInPerS,
    bytesOut: statistics.bytesOutPerS,
  },
});
