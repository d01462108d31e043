/** The start after a kill: what that run left in the kernel is taken out. */

import { release } from 'node:os';
import type { VrrpConfig } from '../../../model/config.js';
import type { Sysctls } from '../../../os/kernel/sysctl.js';
import type { InterfaceTable } from '../../../os/netlink/interface-table.js';
import type { RouteSocket } from '../../../os/netlink/route-socket.js';
import type { ActorContext } from '../../../workers/actor.js';
import { AddressJournal, nothingJournaled } from '../addresses/journal.js';
import { hasAddressMarks, leftovers } from '../addresses/leftovers.js';
import { leftRouting } from '../routing/left-routing.js';
import { restoreSettings } from '../vmac/changed-settings.js';
import { leftoverInterfaces } from '../vmac/leftover-interfaces.js';

/** The open journal; null where the state directory keeps none. */
export function cleanUp(
  vrrp: VrrpConfig,
  routes: Pick<RouteSocket, 'change' | 'changeLink' | 'readOwn'>,
  interfaces: InterfaceTable,
  sysctls: Sysctls,
  { log, config }: Pick<ActorContext, 'log' | 'config'>,
): AddressJournal | null {
  const { stateDir } = config.node;
  let opened: ReturnType<typeof AddressJournal.open> | null = null;
  try {
    opened = AddressJournal.open(stateDir);
  } catch (error) {
    log.warn({ stateDir, error: String(error) }, 'the state directory cannot remember virtual addresses');
  }
  const left = opened?.left ?? nothingJournaled;
  const addresses = leftovers(interfaces.all(), left.addresses, vrrp, hasAddressMarks(release()));
  const routing = leftRouting(() => routes.readOwn(), left, vrrp);
  const results = routes.change([...addresses, ...routing]);
  if (results.length > 0) {
    const failed = results.filter((result) => result !== null);
    const counts = { addresses: addresses.length, routing: routing.length };
    log.warn({ ...counts, failed }, 'virtual addresses, routes and rules of a run that was killed were taken off');
  }
  const links = leftoverInterfaces(interfaces.all(), left.interfaces);
  for (const change of links) routes.changeLink(change);
  if (links.length > 0) {
    const what = 'interfaces with virtual MAC addresses of a run that was killed were removed';
    log.warn({ interfaces: links.length }, what);
  }
  restoreSettings(left.settings, sysctls);
  return opened?.journal ?? null;
}
