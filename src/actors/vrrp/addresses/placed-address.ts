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
  /** Where others are asked whether they have it: `link`, or the interface below a virtual one. */
  readonly ears: Interface;
};

/** Leaves by the interface of this index. */
export type Frame = { readonly index: number; readonly bytes: Uint8Array };
/** What tells a segment that an address is here, and asks whether another node has it too. */
export type Frames = { readonly announce: Frame; readonly probe: Frame };

export const placed = (address: VirtualAddress, link: Interface, ears: Interface): PlacedAddress => {
  const { text, label, scope } = address;
  return {
    address,
    link,
    ears,
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
  return addresses.flatMap(({ link, ears, address: { bytes } }): readonly Frames[] => {
    const { hardware } = link;
    if (hardware.length !== HARDWARE_BYTES || hardware.every((byte) => byte === 0)) return [];
    const isIpv4 = bytes.length === 4;
    const announcement = isIpv4
      ? gratuitousArp(hardware, bytes)
      : unsolicitedAdvertisement(hardware, sourceOn(ears) ?? bytes, bytes);
    const question = isIpv4 ? arpProbe(ears.hardware, bytes) : duplicateSolicitation(ears.hardware, bytes);
    return [{ announce: { index: link.index, bytes: announcement }, probe: { index: ears.index, bytes: question } }];
  });
}

export const isSame = (a: Uint8Array, b: Uint8Array | null): boolean =>
  b !== null && a.length === b.length && compareAddresses(a, b) === 0;
