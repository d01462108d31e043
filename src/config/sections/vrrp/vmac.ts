/** The interface that bears the MAC address of the virtual router (RFC 9568 section 7.3). */
import { z } from 'zod';
import { bool, interfaceName, word } from '../../../schema/leaves.js';
import { map } from '../../../schema/maps.js';
import { say } from '../../../schema/messages.js';

export const vmac = z
  .union(
    [
      bool(),
      map({
        interface: interfaceName()
          .nullable()
          .default(null)
          .describe('Its name; default: `vrrp.60` (VRID 60), of IPv6 `vrrp6.60`'),
        transmit: word(['vmac', 'base'])
          .nullable()
          .default(null)
          .describe('Adverts leave by it, or by `interface` below it; default: vmac, with mode unicast base'),
      }),
    ],
    { error: say('a virtual MAC address', 'true, false or { interface: vrrp.60, transmit: vmac } is allowed') },
  )
  .default(false)
  .describe("The addresses have the virtual router's own MAC address, on a macvlan interface that Fulcrum makes");
