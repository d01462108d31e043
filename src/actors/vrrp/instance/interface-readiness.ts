/** Where an instance stands on the network: found out by whoever owns the sockets. */

import type { ElectionFacts } from '../../../machines/vrrp/election.js';
import { tracksOf } from '../../../machines/vrrp/tracking.js';
import { advertFamily, heldAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import type { SyncGroupConfig, VrrpInstanceConfig } from '../../../model/config.js';
import { addressBytes } from '../../../model/ip-address.js';
import { hasAddress, type Interface, primaryAddress } from '../../../os/netlink/interface-table.js';
import { compareAddresses, OWNER_PRIORITY } from '../../../wire/vrrp/advert.js';
import type { VrrpDependencies } from '../dependencies.js';
import type { PacketDispatcher } from '../packet-dispatcher.js';

export type InterfaceReadiness = {
  /** Null while the interface is missing. */
  readonly link: Interface | null;
  /** Null while there are no sockets. */
  readonly dispatcher: PacketDispatcher | null;
  /** Why there are none. */
  readonly problem: string | null;
  /** The same of the interface with the virtual MAC address; null where the instance has none. */
  readonly virtual: Omit<InterfaceReadiness, 'virtual'> | null;
};

/** What adverts leave by. */
export const wayOut = (config: VrrpInstanceConfig, readiness: InterfaceReadiness) =>
  config.vmac !== false && config.vmac.transmit === 'vmac' ? (readiness.virtual ?? nowhere) : readiness;

const nowhere = { link: null, dispatcher: null };

const NO_SOCKET = 'there is no socket';

export const electionFacts = (
  config: VrrpInstanceConfig,
  group: SyncGroupConfig | null,
  { link, dispatcher, problem, virtual }: InterfaceReadiness,
  source: Uint8Array | null,
  { interfaces, serviceHealthy, tracked, inMaintenance }: VrrpDependencies,
): ElectionFacts => ({
  config,
  tracks: tracksOf(config, group),
  link,
  hasSource: source !== null,
  inMaintenance: inMaintenance(),
  socketProblem: dispatcher === null ? (problem ?? NO_SOCKET) : null,
  vmacProblem: virtual !== null && virtual.dispatcher === null ? (virtual.problem ?? NO_SOCKET) : null,
  interfaceRunning: (name) => interfaces.byName(name)?.running ?? null,
  serviceHealthy,
  tracked,
});

/**
 * The address that adverts are sent from: the configured one where any interface has it, else the interface's own. A virtual
 * address comes and goes, so only their owner may send from one. Null where there is none.
 */
export function sourceAddress(
  config: VrrpInstanceConfig,
  link: Interface | null,
  interfaces: readonly Interface[],
): Uint8Array | null {
  if (link === null) return null;
  const wanted = config.source === null ? null : addressBytes(config.source);
  if (wanted !== null) return interfaces.some((each) => hasAddress(each, wanted)) ? wanted : null;
  const family = advertFamily(config);
  const virtual = heldAddresses(config);
  const isVirtual = (address: Uint8Array) =>
    virtual.some(({ bytes }) => bytes.length === address.length && compareAddresses(bytes, address) === 0);
  const own = primaryAddress(link, family, isVirtual);
  return own ?? (config.priority === OWNER_PRIORITY ? primaryAddress(link, family, () => false) : null);
}
