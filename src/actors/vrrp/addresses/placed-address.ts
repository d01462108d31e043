/** An instance's addresses on the interfaces that have them, and the frames that tell of them. */

import type { VirtualAddress } from '../../../machines/vrrp/virtual-addresses.js';
import { type Interface, primaryAddress } from '../../../os/netlink/interface-table.js';
import { compareAddresses } from '../../../wire/vrrp/advert.js';
import {
  arpProbe,
  duplicateSolicitation,
  gratuitousArp,
  HARDWARE_BYTES,
  unsolicitedAdvertisement,
} from '../../../wire/vrrp/announcement.js';
import type { HeldThing } from '../held/keeper.js';

export type PlacedAddress = HeldThing & {
  readonly address: VirtualAddress;
  /** As it was when the address was placed. */
  readonly link: Interface;
};

/** What tells a segment that an address is here, and asks whether another node has it too. */
export type Frames = { readonly index: number; readonly announcement: Uint8Array; readonly probe: Uint8Array };

export const placed = (address: VirtualAddress, link: Interface): PlacedAddress => {
  const { text, label, scope } = address;
  return {
    address,
    link,
    key: [link.index, text, label, scope].join(' '),
    text: address.interface === null ? text : `${text} on ${address.interface}`,
  };
};

/** None on links that are not Ethernet. */
export function framesOf(addresses: readonly PlacedAddress[]): readonly Frames[] {
  const isVirtual = (own: Uint8Array) => addresses.some(({ address }) => isSame(address.bytes, own));
  const sources = new Map<Interface, Uint8Array | null>();
  const sourceOn = (link: Interface): Uint8Array | null => {
    const known = sources.get(link) ?? primaryAddress(link, 'ipv6', isVirtual);
    sources.set(link, known);
    return known;
  };
  return addresses.flatMap(({ link, address: { bytes } }): readonly Frames[] => {
    const { hardware, index } = link;
    if (hardware.length !== HARDWARE_BYTES || hardware.every((byte) => byte === 0)) return [];
    if (bytes.length === 4) {
      return [{ index, announcement: gratuitousArp(hardware, bytes), probe: arpProbe(hardware, bytes) }];
    }
    const announcement = unsolicitedAdvertisement(hardware, sourceOn(link) ?? bytes, bytes);
    return [{ index, announcement, probe: duplicateSolicitation(hardware, bytes) }];
  });
}

export const isSame = (a: Uint8Array, b: Uint8Array | null): boolean =>
  b !== null && a.length === b.length && compareAddresses(a, b) === 0;
