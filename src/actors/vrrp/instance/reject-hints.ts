/** For people: what a rejected advert probably means. */
import type { RejectReason } from '../../../wire/vrrp/advert.js';

export const rejectHints: Readonly<Record<RejectReason, string>> = {
  truncated: 'a packet was shorter than it says',
  'version-2': 'the peer speaks VRRP version 2: set it to version 3, or this instance to `version: 2`',
  'version-3': 'the peer speaks VRRP version 3: set it to version 2, or this instance to `version: 3`',
  version: 'the packet has an unknown VRRP version',
  type: 'the packet is no advertisement',
  vrid: 'the VRID is not configured here',
  'hop-limit': 'its TTL or hop limit is not 255: it was routed, or forged',
  destination: 'one side is set to unicast, the other to multicast',
  source: 'the sender is not among the peers',
  'own-address': 'it comes from this node’s own address: a second node has it, or the network loops',
  count: 'it lists no address: a Seesaw peer needs `dialect: seesaw`',
  length: 'it is longer than its addresses',
  checksum: 'its checksum is wrong: see `checksum`, since peers read RFC 5798 in two ways',
  interval: 'its interval is 0',
  'interval-mismatch': 'its advert interval is not the one configured here, which version 2 asks for',
  'link-local': 'its first IPv6 address is not link-local',
  unauthenticated: 'it has no authentication, and this instance asks for some',
  authentication: 'it has an authentication that is not configured here',
  trailer: 'its authentication is of another kind than HMAC-SHA256',
  key: 'it is signed with a key id that is not configured here',
  hmac: 'its HMAC is wrong: another key has this id there, or it is forged',
  stale: 'its time is further from the clock here than the time window allows: see the clocks of both nodes',
  replay: 'it was sent before: somebody repeats adverts, or the clock of the sender was set back',
  password: 'its password is not the one configured here',
};
