/** Interfaces with virtual MAC addresses that a killed run of this node left. */

import { isMacvlanOf, virtualInterface } from '../../../machines/virtual-mac/virtual-interface.js';
import type { VrrpConfig } from '../../../model/config.js';
import type { Interface } from '../../../os/netlink/interface-table.js';
import type { LinkChange } from '../../../wire/netlink/link.js';
import { hardwareText } from '../../../wire/vrrp/announcement.js';
import type { JournalInterface } from '../addresses/journal.js';

/** What the journal must remember of a configuration. */
export const journalInterfaces = (config: VrrpConfig): readonly JournalInterface[] =>
  config.instances.flatMap((instance) => {
    const wanted = virtualInterface(instance);
    return wanted === null ? [] : [{ name: wanted.name, mac: hardwareText(wanted.hardware) }];
  });

/** The changes that undo them: what has the name, the kind and the MAC address of one that is in the journal. */
export const leftoverInterfaces = (
  interfaces: readonly Interface[],
  journal: readonly JournalInterface[],
): readonly LinkChange[] =>
  interfaces
    .filter((link) => journal.some(({ name, mac }) => isLeft(link, name, mac)))
    .map(({ index }) => ({ op: 'remove', index }));

const isLeft = (link: Interface, name: string, mac: string): boolean =>
  link.name === name &&
  isMacvlanOf(
    link,
    Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16)),
  );
