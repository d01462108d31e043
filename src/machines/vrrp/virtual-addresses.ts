/** An instance's addresses as bytes: which are put on the interface, which are advertised, and in which family. */
import type { VrrpInstanceConfig } from '../../model/config.js';
import { addressBytes, addressText } from '../../model/ip-address.js';
import type { HeldAddressConfig, RoutingScope } from '../../model/routing-config.js';
import { type Family, isLinkLocal } from '../../wire/vrrp/advert.js';

export type VirtualAddress = {
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  /** Such as `10.0.0.100/24`. */
  readonly text: string;
  /** Null = the instance's own. */
  readonly interface: string | null;
  readonly label: string | null;
  /** Null = the kernel's choice, by the address. */
  readonly scope: RoutingScope | null;
};

const LINK_LOCAL_PREFIX = 64;

export const familyOfBytes = (bytes: Uint8Array): Family => (bytes.length === 4 ? 'ipv4' : 'ipv6');

function familyOfText(text: string | null | undefined): Family | null {
  const bytes = text == null ? null : addressBytes(text);
  return bytes === null ? null : familyOfBytes(bytes);
}

/** That of the adverts: the first address's; without addresses that of the source or the first peer. */
export function advertFamily(config: VrrpInstanceConfig): Family {
  const texts = [config.addresses[0]?.address, config.source, config.peers[0]];
  for (const text of texts) {
    const family = familyOfText(text);
    if (family !== null) return family;
  }
  return 'ipv4';
}

/**
 * The virtual addresses, which the adverts tell of. An IPv6 router must advertise a link-local address first (RFC 9568
 * section 5.2.9): where none is configured it is the one that the virtual MAC address gives, fe80::200:5eff:fe00:2XX.
 */
export function virtualAddresses(config: VrrpInstanceConfig): readonly VirtualAddress[] {
  const addresses = config.addresses.flatMap(asBytes);
  if (advertFamily(config) === 'ipv4' || config.dialect === 'seesaw') return addresses;
  if (addresses.some(({ bytes }) => bytes.length === 16 && isLinkLocal(bytes))) return addresses;
  return [virtualAddress(defaultLinkLocal(config.vrid), LINK_LOCAL_PREFIX), ...addresses];
}

/** What the configuration says of them. */
export const configuredAddresses = ({
  addresses,
  extraAddresses,
}: Pick<VrrpInstanceConfig, 'addresses' | 'extraAddresses'>): readonly HeldAddressConfig[] => [
  ...addresses,
  ...extraAddresses,
];

/** All addresses that the instance has as master. */
export const heldAddresses = (config: VrrpInstanceConfig): readonly VirtualAddress[] => [
  ...virtualAddresses(config),
  ...config.extraAddresses.flatMap(asBytes),
];

const asBytes = ({ address, prefixLength, ...more }: HeldAddressConfig): readonly VirtualAddress[] => {
  const bytes = addressBytes(address);
  return bytes === null ? [] : [virtualAddress(bytes, prefixLength, more)];
};

const virtualAddress = (
  bytes: Uint8Array,
  prefixLength: number,
  more: Omit<HeldAddressConfig, 'address' | 'prefixLength'> = {},
): VirtualAddress => ({
  bytes,
  prefixLength,
  text: `${addressText(bytes)}/${prefixLength}`,
  interface: more.interface ?? null,
  label: more.label ?? null,
  scope: more.scope ?? null,
});

const defaultLinkLocal = (vrid: number): Uint8Array =>
  Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x02, 0, 0x5e, 0xff, 0xfe, 0, 0x02, vrid);

/** What the adverts list: those of their own family, a link-local one first; none in the Seesaw dialect. */
export function advertisedAddresses(config: VrrpInstanceConfig): readonly Uint8Array[] {
  if (config.dialect === 'seesaw') return [];
  const family = advertFamily(config);
  const own = virtualAddresses(config)
    .map(({ bytes }) => bytes)
    .filter((bytes) => familyOfBytes(bytes) === family);
  if (family === 'ipv4') return own;
  return [...own.filter((bytes) => isLinkLocal(bytes)), ...own.filter((bytes) => !isLinkLocal(bytes))];
}
