/** The part of rtnetlink (linux/if_link.h) that makes, raises and removes a macvlan interface. */
import { attributeMap, HOST_LITTLE_ENDIAN, readText, readU32, type Value } from './reader.js';
import { changeFlags } from './rtnetlink.js';
import type { NetlinkWriter } from './writer.js';

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;

// struct ifinfomsg: u8 family, u8 pad, u16 type, s32 index, u32 flags, u32 change.
export const IFINFOMSG_BYTES = 16;
export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
export const IFLA_LINK = 5;
export const IFLA_LINKINFO = 18;
const IFLA_AF_SPEC = 26;
const IFLA_INET_CONF = 1;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const AF_INET = 2;
const AF_INET6 = 10;
/** Settings of an interface that rtnetlink takes, by their names below /proc/sys/net/FAMILY/conf/NAME (linux/ip.h, IPV4_DEVCONF_...). */
const ipv4Settings: Readonly<Record<string, number>> = {
  rp_filter: 8,
  arp_filter: 13,
  arp_announce: 18,
  arp_ignore: 19,
  promote_secondaries: 20,
};
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PRIVATE = 1;
const MACVLAN = 'macvlan';
export const IFF_UP = 0x1;

export type Macvlan = {
  /** The index of the interface below. */
  readonly base: number;
  /** It talks to nobody else on the same interface. */
  readonly isPrivate: boolean;
};

/** From IFLA_LINK and IFLA_LINKINFO; null for any other kind of interface. */
export function readMacvlan(link: Value, linkInfo: Value): Macvlan | null {
  const base = readU32(link);
  const info = linkInfo === undefined ? null : attributeMap(linkInfo);
  if (base === null || readText(info?.get(IFLA_INFO_KIND)) !== MACVLAN) return null;
  const data = info?.get(IFLA_INFO_DATA);
  const mode = data === undefined ? undefined : attributeMap(data)?.get(IFLA_MACVLAN_MODE);
  return { base, isPrivate: readU32(mode) === MACVLAN_MODE_PRIVATE };
}

export type LinkSetting = { readonly family: 'ipv4'; readonly code: number } | { readonly family: 'ipv6' };

/** Of a name such as `net/ipv4/conf/eth0/arp_ignore`; null for what rtnetlink does not take. Of IPv6 it takes `addr_gen_mode`. */
export function linkSetting(name: string): { readonly link: string; readonly setting: LinkSetting } | null {
  const [, family, , link = '', key = ''] = name.split('/');
  const code = ipv4Settings[key];
  if (family === 'ipv4' && code !== undefined) return { link, setting: { family, code } };
  return family === 'ipv6' && key === 'addr_gen_mode' ? { link, setting: { family } } : null;
}

export type LinkChange =
  | { readonly op: 'add-macvlan'; readonly name: string; readonly base: number; readonly hardware: Uint8Array }
  | { readonly op: 'raise'; readonly index: number }
  | { readonly op: 'set'; readonly index: number; readonly setting: LinkSetting; readonly value: number }
  | { readonly op: 'remove'; readonly index: number };

/**
 * The kernel answers EEXIST to a name that is taken, EOPNOTSUPP where it has no macvlan, EBUSY where the interface below is a
 * bridge's or a bond's, and EADDRINUSE (to `raise`) where another macvlan on it has the address. A new one is down.
 */
export function writeLinkChange(writer: NetlinkWriter, change: LinkChange, sequence: number): void {
  const isNew = change.op === 'add-macvlan';
  const header = new Uint8Array(IFINFOMSG_BYTES);
  const view = new DataView(header.buffer);
  if (!isNew) view.setInt32(4, change.index, HOST_LITTLE_ENDIAN);
  if (change.op === 'raise') {
    view.setUint32(8, IFF_UP, HOST_LITTLE_ENDIAN);
    view.setUint32(12, IFF_UP, HOST_LITTLE_ENDIAN);
  }
  writer.begin({
    type: change.op === 'remove' ? RTM_DELLINK : RTM_NEWLINK,
    flags: changeFlags(isNew),
    sequence,
  });
  writer.raw(header);
  if (change.op === 'set') writeSetting(writer, change.setting, change.value);
  if (isNew) {
    writer.text(IFLA_IFNAME, change.name);
    writer.u32(IFLA_LINK, change.base);
    writer.bytes(IFLA_ADDRESS, change.hardware);
    writer.nest(IFLA_LINKINFO, () => {
      writer.text(IFLA_INFO_KIND, MACVLAN);
      writer.nest(IFLA_INFO_DATA, () => writer.u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE));
    });
  }
  writer.end();
}

const writeSetting = (writer: NetlinkWriter, setting: LinkSetting, value: number): void =>
  writer.nest(IFLA_AF_SPEC, () => {
    if (setting.family === 'ipv6') writer.nest(AF_INET6, () => writer.u8(IFLA_INET6_ADDR_GEN_MODE, value));
    else writer.nest(AF_INET, () => writer.nest(IFLA_INET_CONF, () => writer.u32(setting.code, value)));
  });
