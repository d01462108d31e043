/** The interface with an instance's virtual MAC address: what it should be, and what is to be done about what is there. Pure. */
import type { VrrpInstanceConfig } from '../../model/config.js';
import type { Macvlan } from '../../wire/netlink/link.js';
import { compareAddresses } from '../../wire/vrrp/advert.js';
import { virtualMac } from '../../wire/vrrp/virtual-mac.js';
import { advertFamily, familyOfBytes, heldAddresses } from '../vrrp/virtual-addresses.js';

export type VirtualInterface = {
  readonly name: string;
  /** The name of the interface below. */
  readonly base: string;
  readonly hardware: Uint8Array;
  /** It gets IPv6 addresses. */
  readonly hasIpv6: boolean;
};

/** Null where an instance has none. */
export function virtualInterface(config: VrrpInstanceConfig): VirtualInterface | null {
  if (config.vmac === false) return null;
  return {
    name: config.vmac.interface,
    base: config.interface,
    hardware: virtualMac(advertFamily(config), config.vrid),
    hasIpv6: heldAddresses(config).some((held) => held.interface === null && familyOfBytes(held.bytes) === 'ipv6'),
  };
}

/** The interface that an instance's addresses are on. */
export const addressInterface = (config: VrrpInstanceConfig): string =>
  config.vmac === false ? config.interface : config.vmac.interface;

export const isSameInterface = (a: VirtualInterface, b: VirtualInterface): boolean =>
  a.name === b.name && a.base === b.base && a.hasIpv6 === b.hasIpv6 && compareAddresses(a.hardware, b.hardware) === 0;

type Found = {
  readonly index: number;
  readonly up: boolean;
  readonly hardware: Uint8Array;
  readonly macvlan: Macvlan | null;
};

export type Step =
  | { readonly kind: 'use' }
  | { readonly kind: 'make' }
  /** Someone changed it, or the interface below is another one now. */
  | { readonly kind: 'remake' }
  /** Nothing is done; the instance is in fault. */
  | { readonly kind: 'wait'; readonly why: string };

/** `own` is the index of the one that was made, null before. */
export function nextStep(
  wanted: VirtualInterface,
  base: { readonly index: number } | null,
  found: Found | null,
  own: number | null,
): Step {
  const { name } = wanted;
  if (base === null) return { kind: 'wait', why: `interface ${name} needs interface ${wanted.base}, which is missing` };
  if (found === null) return { kind: 'make' };
  if (found.index !== own) return { kind: 'wait', why: takenText(name) };
  if (!isMacvlanOf(found, wanted.hardware) || found.macvlan?.base !== base.index) return { kind: 'remake' };
  return found.up ? { kind: 'use' } : { kind: 'wait', why: `interface ${name} is down` };
}

/** A macvlan as Fulcrum makes them: with the name, that is what tells one of ours that a killed run left. */
export const isMacvlanOf = ({ macvlan, hardware }: Omit<Found, 'index' | 'up'>, wanted: Uint8Array): boolean =>
  macvlan?.isPrivate === true && hardware.length === wanted.length && compareAddresses(hardware, wanted) === 0;

const takenText = (name: string): string =>
  `interface ${name} is there already, and not made by Fulcrum: remove it (ip link delete ${name}), or name another one in vmac`;

/** Why the kernel did not make it; `code` is an errno name. */
export function failureText({ name, base }: VirtualInterface, code: string): string {
  switch (code) {
    case 'EOPNOTSUPP':
      return `interface ${name} cannot be made: the kernel has no macvlan, load its module (modprobe macvlan)`;
    case 'EEXIST':
      return takenText(name);
    case 'EBUSY':
      return `interface ${name} cannot be made: ${base} belongs to a bridge or a bond, name that one in the instance`;
    case 'EADDRINUSE':
      return `interface ${name} cannot be used: another one on ${base} has its MAC address, of another VRRP program`;
    default:
      return `interface ${name} cannot be made: ${code}`;
  }
}
