/**
 * What the kernel must do differently, so that ARP tells of the virtual MAC address alone (Documentation/networking/ip-sysctl.rst).
 * Names are paths below /proc/sys.
 */
import type { VirtualInterface } from './virtual-interface.js';

export type Setting = { readonly name: string; readonly value: number };
/** `before`: what it had. */
export type ChangedSetting = Setting & { readonly before: number };
/** The number that a setting has now; null where there is no such setting. */
export type ReadSetting = (name: string) => number | null;

/** The requests for an address are answered by the interface that has it: each interface hears the broadcasts of the segment. */
const ANSWER_FOR_OWN = 1;
/** Requests name an address of the interface that they leave by: the base's MAC address must not stand beside a virtual one. */
const ASK_FROM_OWN = 2;
const LOOSE = 2;

const ipv4 = (link: string, key: string): string => `net/ipv4/conf/${link}/${key}`;
const ipv6 = (link: string, key: string): string => `net/ipv6/conf/${link}/${key}`;

/** Of the new interface, before it is up. Nothing may leave it on a backup: a switch would send the master's packets there. */
export function ownSettings({ name, hasIpv6 }: VirtualInterface, read: ReadSetting): readonly Setting[] {
  const isFiltered = (read(ipv4('all', 'rp_filter')) ?? 0) > 0;
  const quiet: readonly Setting[] = hasIpv6
    ? [
        { name: ipv6(name, 'accept_ra'), value: 0 },
        { name: ipv6(name, 'autoconf'), value: 0 },
      ]
    : [{ name: ipv6(name, 'disable_ipv6'), value: 1 }];
  return [
    { name: ipv4(name, 'arp_ignore'), value: ANSWER_FOR_OWN },
    { name: ipv4(name, 'arp_announce'), value: ASK_FROM_OWN },
    { name: ipv4(name, 'arp_filter'), value: 0 },
    // The way back is the base's: a strict filter would drop every client. The higher one of this and `all` counts.
    { name: ipv4(name, 'rp_filter'), value: isFiltered ? LOOSE : 0 },
    // One of several addresses of a subnet goes, and the others stay.
    { name: ipv4(name, 'promote_secondaries'), value: 1 },
    // No address of its own, and none that a router gives.
    { name: ipv6(name, 'addr_gen_mode'), value: 1 },
    ...quiet,
  ];
}

/** Of the interface below: only what is to be raised. The higher one of the interface's and `all` counts. */
export const baseSettings = (base: string, read: ReadSetting): readonly ChangedSetting[] =>
  (
    [
      ['arp_ignore', ANSWER_FOR_OWN],
      ['arp_announce', ASK_FROM_OWN],
    ] as const
  ).flatMap(([key, value]) => {
    const name = ipv4(base, key);
    const before = read(name);
    const isEnough = Math.max(before ?? 0, read(ipv4('all', key)) ?? 0) >= value;
    return before === null || isEnough ? [] : [{ name, value, before }];
  });
