/** One address family on one interface: its sockets, and the way of a received packet to its instance. */

import type { Nanoseconds } from '../../model/units.js';
import type { PreciseClock } from '../../os/clock/precise-clock.js';
import { errno, errnoName } from '../../os/kernel/libc.js';
import { type PacketRecord, type ReceiveRing, RING_SLOTS } from '../../os/packets/receive-ring.js';
import { openVirtualSockets } from '../../os/packets/virtual-sockets.js';
import { closeVrrpSockets, openVrrpSockets, type VrrpSockets } from '../../os/packets/vrrp-sockets.js';
import {
  compareAddresses,
  type Family,
  multicastGroup,
  type RejectReason,
  readKind,
  readVrid,
  type Verdict,
  VRRP_HOP_LIMIT,
} from '../../wire/vrrp/advert.js';
import { RejectCounts } from './instance/reject-counts.js';

const VRIDS = 256;

export type AdvertPlace = {
  readonly interface: string;
  readonly family: Family;
  readonly interfaceIndex: number;
  /** The virtual MAC address that the interface has; null where it has its own. */
  readonly virtualMac: Uint8Array | null;
};
export type OpenSockets = (at: AdvertPlace) => VrrpSockets;

const openSockets: OpenSockets = ({ interface: name, family, interfaceIndex, virtualMac }) =>
  virtualMac === null
    ? openVrrpSockets(family, name, interfaceIndex)
    : openVirtualSockets(family, interfaceIndex, virtualMac);

/** One VRRP instance, as far as its packets are concerned. */
export interface PacketReceiver {
  readonly isUnicast: boolean;
  isOwnAddress(address: Uint8Array): boolean;
  isPeer(address: Uint8Array): boolean;
  receive(packet: PacketRecord, receivedAtNs: Nanoseconds, stampedNs: Nanoseconds): void;
  reject(reason: RejectReason, source: Uint8Array): void;
}

export class PacketDispatcher {
  readonly interface: string;
  readonly family: Family;
  readonly interfaceIndex: number;
  /** Of packets that no instance here can be blamed for. */
  readonly rejects = new RejectCounts();
  readonly sockets: VrrpSockets;
  readonly #group: Uint8Array;
  readonly #instances = new Array<PacketReceiver | null>(VRIDS).fill(null);
  readonly #ring: ReceiveRing;
  readonly #clock: PreciseClock;
  #emptiedAtNs = 0;

  /** Throws SyscallError where the sockets cannot be had. */
  constructor(at: AdvertPlace, ring: ReceiveRing, clock: PreciseClock, open: OpenSockets = openSockets) {
    this.interface = at.interface;
    this.family = at.family;
    this.interfaceIndex = at.interfaceIndex;
    this.#group = multicastGroup(at.family);
    this.#ring = ring;
    this.#clock = clock;
    this.sockets = open(at);
    this.#emptiedAtNs = clock.now();
  }

  join(vrid: number, instance: PacketReceiver): void {
    this.#instances[vrid] = instance;
  }
  /** True while others are still here. */
  leave(vrid: number): boolean {
    this.#instances[vrid] = null;
    return this.#instances.some((instance) => instance !== null);
  }

  close(): void {
    closeVrrpSockets(this.sockets);
  }

  /** Takes up to one ring of packets; true when more may wait. */
  drain(): boolean {
    const count = this.#ring.receive(this.sockets.receiver);
    const nowNs = this.#clock.now();
    if (count <= 0) {
      this.#emptiedAtNs = nowNs;
      return count < 0 && errnoName(errno()) === 'EINTR';
    }
    const wallNs = this.#clock.realtime();
    for (let index = 0; index < count; index += 1) this.#take(index, nowNs, wallNs);
    if (count < RING_SLOTS) this.#emptiedAtNs = nowNs;
    return count === RING_SLOTS;
  }

  #take(index: number, nowNs: Nanoseconds, wallNs: Nanoseconds): void {
    const { packet } = this.#ring;
    if (!this.#ring.read(index, this.family, this.sockets.hasHeader)) {
      this.rejects.add('truncated');
      return;
    }
    const { bytes, from, to, source, destination } = packet;
    const kind = readKind(bytes, from, to);
    const instance = to - from >= 2 ? (this.#instances[readVrid(bytes, from)] ?? null) : null;
    if (instance === null) {
      this.rejects.add(kind === 'accepted' ? 'vrid' : kind);
      return;
    }
    const multicast = compareAddresses(destination, this.#group) === 0;
    const verdict = kind === 'accepted' ? this.#screen(instance, multicast, packet.hopLimit, source) : kind;
    if (verdict !== 'accepted') instance.reject(verdict, source);
    else instance.receive(packet, this.#receivedAt(nowNs, wallNs), packet.stampedNs);
  }

  /** What the IP header tells (RFC 9568 sections 5.1.1.3, 5.1.2.3 and 7.1). */
  #screen(instance: PacketReceiver, multicast: boolean, hopLimit: number, source: Uint8Array): Verdict {
    if (multicast && hopLimit !== VRRP_HOP_LIMIT) return 'hop-limit';
    if (multicast === instance.isUnicast) return 'destination';
    if (instance.isOwnAddress(source)) return 'own-address';
    return instance.isUnicast && !instance.isPeer(source) ? 'source' : 'accepted';
  }

  /**
   * When the kernel had the packet in hand, on the monotonic clock. The stamp is of the wall clock, which may jump: the
   * packet came neither in the future nor before the queue was last empty.
   */
  #receivedAt(nowNs: Nanoseconds, wallNs: Nanoseconds): Nanoseconds {
    const { stampedNs } = this.#ring.packet;
    if (stampedNs === 0) return nowNs;
    const atNs = nowNs - (wallNs - stampedNs);
    if (atNs > nowNs) return nowNs;
    return (atNs < this.#emptiedAtNs ? Math.min(nowNs, this.#emptiedAtNs) : atNs) as Nanoseconds;
  }
}
