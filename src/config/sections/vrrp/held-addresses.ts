/** What stands in `addresses` and `extra_addresses`: an address alone, or with what else is to be said of it. */
import { z } from 'zod';
import { familyOf } from '../../../model/ip-address.js';
import type { HeldAddressConfig } from '../../../model/routing-config.js';
import { prefixedAddress, prefixedText } from '../../../schema/addresses.js';
import { interfaceName, text, word } from '../../../schema/leaves.js';
import { spelled } from '../../../schema/mapping.js';
import { map } from '../../../schema/maps.js';
import { show } from '../../../schema/messages.js';
import type { Report, Steps, Unique } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';

/** As ip(8) names them. */
export const scope = () => word(['global', 'site', 'link', 'host', 'nowhere']);
/** The kernel's IFNAMSIZ is 16 with the closing zero. */
const MAX_LABEL = 15;

const described = map({
  address: prefixedAddress().describe('Such as 10.0.0.100/24'),
  interface: interfaceName().optional().describe("The interface that has it; default: the instance's own"),
  label: text('a label', { max: MAX_LABEL }).optional().describe('IPv4: a name for ifconfig, such as eth0:1'),
  scope: scope().optional().describe("IPv4: how far it is known; default: the kernel's choice"),
});

const entry = z.union([prefixedAddress(), described], {
  error: ({ input }) =>
    `${show(input)} is not an address: 10.0.0.100/24 or { address: 10.0.0.100/24, interface: eth1 } is allowed`,
});

export const heldAddress = () =>
  spelled(
    entry.transform((written): HeldAddressConfig => {
      if ('prefixLength' in written) return written;
      const { address, ...more } = written;
      return { ...address, ...more };
    }),
    {
      write: ({ address, prefixLength, ...more }) => {
        const own = prefixedText({ address, prefixLength });
        const said = Object.entries(more).filter((entry): entry is [string, string] => entry[1] !== undefined);
        return said.length === 0 ? own : { address: own, ...Object.fromEntries(said) };
      },
    },
  );

type HeldDraft = Draft<HeldAddressConfig>;

/** `owned`: all that instances have. */
export const heldAddressRules = (
  held: readonly (HeldDraft | undefined)[] | undefined,
  path: Steps,
  owned: Unique,
  report: Report,
): void => {
  held?.forEach((each, index) => {
    if (each === undefined) return;
    const at = [...path, index];
    owned.add(each.address, at, (first) => `${each.address} is already at ${first}`);
    if (each.address === undefined || familyOf(each.address) === 'ipv4') return;
    for (const option of ['label', 'scope'] as const) {
      if (each[option] !== undefined) report.warning([...at, option], 'the kernel has none for IPv6: no effect');
    }
  });
};
