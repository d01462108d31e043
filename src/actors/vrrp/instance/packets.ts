/** An instance's adverts, whole packets made in advance: sending one is a single system call with memory that is there. */

import type { VrrpVersion } from '../../../model/config.js';
import type { Nanoseconds } from '../../../model/units.js';
import { socketAddress } from '../../../os/kernel/socket-call.js';
import { LONGEST_FRAME_BYTES, multicastAddress } from '../../../os/packets/virtual-sockets.js';
import {
  type ChecksumForm,
  encodeAdvert,
  type Family,
  multicastGroup,
  RESIGN_PRIORITY,
} from '../../../wire/vrrp/advert.js';
import { encodePacket } from '../../../wire/vrrp/packet.js';

export type PacketPlan = {
  readonly version: VrrpVersion;
  readonly family: Family;
  readonly vrid: number;
  readonly priority: number;
  readonly interval: Nanoseconds;
  readonly addresses: readonly Uint8Array[];
  readonly password: Uint8Array | null;
  readonly hasTrailer: boolean;
  readonly source: Uint8Array;
  /** Empty = the multicast group. */
  readonly peers: readonly Uint8Array[];
  readonly interfaceIndex: number;
  /** They leave by a packet socket of that interface. */
  readonly isFramed: boolean;
};

export type Outgoing = {
  /** struct sockaddr_in or sockaddr_in6. */
  readonly address: Uint8Array;
  readonly advert: Uint8Array;
  readonly resignation: Uint8Array;
  /** Too short for an IP header, or too long for a frame: the kernel refuses it where it would send a packet. */
  readonly nothing: Uint8Array;
};

/** For each form of the checksum one packet per destination, so that a change of form makes nothing new. */
export type Packets = Readonly<Record<ChecksumForm, readonly Outgoing[]>>;

const EMPTY = new Uint8Array(0);
const OVERLONG = new Uint8Array(LONGEST_FRAME_BYTES + 1);

export function buildPackets(plan: PacketPlan): Packets {
  const destinations = plan.peers.length === 0 ? [multicastGroup(plan.family)] : plan.peers;
  const build = (form: ChecksumForm): readonly Outgoing[] =>
    destinations.map((destination) => {
      const packet = (priority: number) =>
        encodePacket(
          plan.family,
          plan.source,
          destination,
          encodeAdvert({ ...plan, priority }, plan.source, destination, form),
        );
      return {
        address: plan.isFramed
          ? multicastAddress(destination, plan.interfaceIndex)
          : socketAddress(destination, plan.interfaceIndex),
        advert: packet(plan.priority),
        resignation: packet(RESIGN_PRIORITY),
        nothing: plan.isFramed ? OVERLONG : EMPTY,
      };
    });
  return { 'pseudo-header': build('pseudo-header'), message: build('message') };
}
