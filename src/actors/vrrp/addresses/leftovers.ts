/** Takes off the interfaces what a killed run of this node left on them: two nodes with one address is what VRRP prevents. */

import { addressInterface } from '../../../machines/virtual-mac/virtual-interface.js';
import { heldAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import type { VrrpConfig } from '../../../model/config.js';
import { addressText } from '../../../model/ip-address.js';
import type { Interface } from '../../../os/netlink/interface-table.js';
import type { AddressChange } from '../../../wire/netlink/route.js';
import { OUR_PROTOCOL } from '../../../wire/netlink/rtnetlink.js';
import { OWNER_PRIORITY } from '../../../wire/vrrp/advert.js';
import type { JournalEntry } from './journal.js';

/** What the journal must remember of a configuration's addresses. */
export const journalEntries = (config: VrrpConfig): readonly JournalEntry[] =>
  config.instances.flatMap((instance) =>
    heldAddresses(instance).map(({ bytes, prefixLength, interface: link }) => ({
      interface: link ?? addressInterface(instance),
      address: addressText(bytes) ?? '',
      prefixLength,
      owner: instance.priority === OWNER_PRIORITY,
    })),
  );

/**
 * The changes that undo them. An address counts as left when it is in the journal or the configuration and bears our mark;
 * on a kernel without marks (before 5.18) the journal alone says so, and an owner's own addresses are left where they are.
 */
export function leftovers(
  interfaces: readonly Interface[],
  journal: readonly JournalEntry[],
  config: VrrpConfig,
  kernelMarks: boolean,
): readonly AddressChange[] {
  const textOf = (entry: Omit<JournalEntry, 'owner'>) => `${entry.interface} ${entry.address}/${entry.prefixLength}`;
  const journaled = new Map(journal.map((entry) => [textOf(entry), entry]));
  const configured = new Set(journalEntries(config).map(textOf));
  return interfaces.flatMap((link) =>
    link.addresses.flatMap(({ address, prefixLength, protocol }): AddressChange[] => {
      const text = textOf({ interface: link.name, address: addressText(address) ?? '', prefixLength });
      const remembered = journaled.get(text);
      const left = kernelMarks
        ? protocol === OUR_PROTOCOL && (remembered !== undefined || configured.has(text))
        : remembered !== undefined && !remembered.owner;
      return left ? [{ kind: 'address', op: 'remove', index: link.index, address, prefixLength }] : [];
    }),
  );
}

/** Whether the kernel keeps the mark of an address (IFA_PROTO, Linux 5.18). */
export function hasAddressMarks(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 18);
}
