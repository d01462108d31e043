import { z } from 'zod';
import { NS_PER_MS, NS_PER_S, ns, vrid } from '../../../model/units.js';
import { ipAddress } from '../../../schema/addresses.js';
import { bool, duration, integer, interfaceName, name, word } from '../../../schema/leaves.js';
import { list, map } from '../../../schema/maps.js';
import { say } from '../../../schema/messages.js';
import { MAX_INTERVAL_S } from '../../../wire/vrrp/version-2.js';
import { authentication } from './authentication.js';
import { heldAddress } from './held-addresses.js';
import { routing } from './routing.js';
import { track, trackedThings } from './tracking.js';
import { vmac } from './vmac.js';

/** One hundredth of a second, the unit of version 3. */
export const SHORTEST_INTERVAL = ns(10 * NS_PER_MS);

const version = () => z.literal([2, 3], { error: say('a VRRP version', '2 or 3 is allowed') });

const announcements = (least: number) => integer('a number of packets', least, 100);

const instance = map({
  name: name('a name of an instance').describe('Its name in commands, events and metrics; unique'),
  interface: interfaceName().describe('The network interface of the adverts'),
  vrid: integer('a virtual router identifier', 1, 255).transform(vrid).describe('Virtual router identifier, 1-255'),
  priority: integer('a priority', 1, 255)
    .default(100)
    .describe('The higher one becomes master: 1-254; 255 is for the owner of the addresses'),
  version: version()
    .nullable()
    .default(null)
    .describe('VRRP version: 3, or 2 (RFC 3768) for IPv4; default: that of `vrrp`'),
  advert_interval: duration({ min: SHORTEST_INTERVAL, max: ns(MAX_INTERVAL_S * NS_PER_S), step: SHORTEST_INTERVAL })
    .prefault('1s')
    .describe('Time between adverts: 10ms to 40.95s in steps of 10ms; version 2: 1s to 255s in whole seconds'),
  preempt: bool().default(false).describe('Takes over from a master of lower priority'),
  preempt_delay: duration().prefault('0s').describe('With preempt only: waits so long before it does'),
  addresses: list(heldAddress(), 'addresses')
    .prefault([])
    .describe('The virtual addresses, all of one family: an address, or { address, interface, label, scope }'),
  extra_addresses: list(heldAddress(), 'addresses')
    .prefault([])
    .describe('More addresses of a master, of any family, which adverts do not list; written as `addresses`'),
  ...routing,
  mode: word(['multicast', 'unicast']).default('multicast').describe('How adverts are sent'),
  source: ipAddress()
    .nullable()
    .default(null)
    .describe("Source of the adverts; default: the interface's first address"),
  peers: list(ipAddress(), 'peers').prefault([]).describe('The other nodes; needed for unicast'),
  checksum: word(['auto', 'pseudo-header', 'message'])
    .default('auto')
    .describe('What the IPv4 checksum covers; auto accepts both and answers in kind'),
  dialect: word(['rfc', 'seesaw']).default('rfc').describe('seesaw: adverts of 8 bytes without an address list'),
  vmac,
  authentication: authentication
    .nullable()
    .default(null)
    .describe('How adverts prove where they come from; default: none'),
  gratuitous: map({
    count: announcements(0).default(5).describe('Announcements at takeover'),
    interval: duration({ max: ns(60 * NS_PER_S) })
      .prefault('0s')
      .describe('Time between them'),
    refresh: duration().prefault('10s').describe('A master announces again after so long; 0s: never'),
    refresh_count: announcements(1).default(1).describe('Announcements each time'),
    repeat_after: duration({ max: ns(3600 * NS_PER_S) })
      .prefault('0s')
      .describe('A second burst, so long after the takeover; 0s: none'),
    repeat_count: announcements(0).default(0).describe('Announcements of the second burst; 0: none'),
  })
    .prefault({})
    .describe('Gratuitous ARP and unsolicited neighbour advertisements'),
  track: list(track, 'things to track')
    .prefault([])
    .describe('What lowers the priority, or leads to fault, while it is down'),
});

const syncGroup = map({
  name: name('a name of a sync group').describe('Its name in commands, events and metrics; no instance has it'),
  instances: list(name('a name of an instance'), 'names of instances').describe(
    'Its members: they are master, backup or at fault together',
  ),
  track: list(track, 'things to track')
    .prefault([])
    .describe('As in an instance, for all members; the weights in `track` of a member are ignored'),
});

export const vrrpSchema = map({
  realtime: word(['auto', 'require', 'off']).default('auto').describe('Real-time priority of the VRRP thread'),
  hedge: word(['auto', 'off'])
    .default('auto')
    .describe('Adverts are sent by the sooner of two real-time threads, where there are two processors'),
  startup_delay: duration().prefault('0s').describe('No election before this time'),
  version: version().default(3).describe('VRRP version of instances that name none: 3, or 2 (RFC 3768) for IPv4'),
  instances: list(instance, 'instances').prefault([]).describe('The virtual routers'),
  sync_groups: list(syncGroup, 'sync groups').prefault([]).describe('Instances that change their state together'),
  ...trackedThings,
})
  .prefault({})
  .describe('The virtual IP addresses that nodes share');
export type InstanceDocument = z.output<typeof instance>;
export type VrrpDocument = z.output<typeof vrrpSchema>;
