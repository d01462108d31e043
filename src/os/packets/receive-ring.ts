/**
 * Receives up to RING_SLOTS packets in one system call (recvmmsg) into memory that is laid out once: a flood costs few
 * calls, and nothing is allocated. One ring serves all sockets of a thread in turn.
 */

import { type Nanoseconds, NS_PER_S } from '../../model/units.js';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { type Family, MAX_ADVERT_BYTES } from '../../wire/vrrp/advert.js';
import {
  IPV4_DESTINATION_AT,
  IPV4_SOURCE_AT,
  IPV6_DESTINATION_AT,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE_AT,
  type IpRecord,
  readIpv4,
  readIpv6,
} from '../../wire/vrrp/packet.js';
import type { PreciseClock } from '../clock/precise-clock.js';
import { libc } from '../kernel/libc.js';
import { NativeBuffer } from '../kernel/native-buffer.js';

const recvmmsg = libc.func('int recvmmsg(int fd, uint8_t *messages, unsigned int count, int flags, void *timeout)');

/** As many packets as are handled between two looks at the clock: about 60 us of work. */
export const RING_SLOTS = 32;
const MAX_IPV4_HEADER = 60;
const DATA_BYTES = 4224;
const NAME_BYTES = 32;
const CONTROL_BYTES = 128;
/** struct mmsghdr of a 64-bit machine: struct msghdr (56 bytes), the length received (4), padding. */
const HEADER_BYTES = 64;
const IOVEC_BYTES = 16;
const NAME_LENGTH_AT = 8;
const CONTROL_LENGTH_AT = 40;
const FLAGS_AT = 48;
const RECEIVED_AT = 56;

const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const SOL_SOCKET = 1;
const SCM_TIMESTAMPNS = 35;
const IPPROTO_IPV6 = 41;
const IPV6_PKTINFO = 50;
const IPV6_HOPLIMIT = 52;
/** struct cmsghdr: size_t length, int level, int type. */
const CMSG_HEADER_BYTES = 16;
/** In struct sockaddr_in6. */
const NAME_SOURCE_AT = 8;

if (DATA_BYTES < MAX_ADVERT_BYTES + MAX_IPV4_HEADER) throw new Error('a slot is smaller than the largest advert');

/** A received packet. The same record stands for each packet in turn; its arrays are views of the ring. */
export type PacketRecord = IpRecord & {
  bytes: Uint8Array;
  source: Uint8Array;
  destination: Uint8Array;
  /** By the kernel, on the clock of `PreciseClock.realtime`; 0 when it gave none. */
  stampedNs: Nanoseconds;
};

type Slot = {
  readonly data: Uint8Array;
  readonly source4: Uint8Array;
  readonly destination4: Uint8Array;
  readonly source6: Uint8Array;
  /** Of an IPv6 packet that came with its header. */
  readonly headerSource6: Uint8Array;
  readonly headerDestination6: Uint8Array;
};

export class ReceiveRing {
  readonly #headers = new NativeBuffer(RING_SLOTS * HEADER_BYTES);
  readonly #iovecs = new NativeBuffer(RING_SLOTS * IOVEC_BYTES);
  readonly #data = new NativeBuffer(RING_SLOTS * DATA_BYTES);
  readonly #names = new NativeBuffer(RING_SLOTS * NAME_BYTES);
  readonly #control = new NativeBuffer(RING_SLOTS * CONTROL_BYTES);
  readonly #slots: readonly Slot[];
  readonly #destination6 = new Uint8Array(16);
  readonly #nothing = new Uint8Array(0);
  /** What `read` filled last. */
  readonly packet: PacketRecord = {
    hopLimit: 0,
    from: 0,
    to: 0,
    bytes: this.#nothing,
    source: this.#nothing,
    destination: this.#nothing,
    stampedNs: 0 as Nanoseconds,
  };

  readonly #realtimeBaseS: number;

  /** Time stamps count from the same second as the clock's `realtime`. */
  constructor(clock: Pick<PreciseClock, 'realtimeBaseS'>) {
    this.#realtimeBaseS = clock.realtimeBaseS;
    this.#slots = Array.from({ length: RING_SLOTS }, (_, index) => this.#layOut(index));
  }

  #layOut(index: number): Slot {
    const header = index * HEADER_BYTES;
    const { view } = this.#headers;
    const pointer = (at: number, buffer: NativeBuffer, offset: number) =>
      view.setBigUint64(header + at, buffer.address + BigInt(offset), HOST_LITTLE_ENDIAN);
    pointer(0, this.#names, index * NAME_BYTES);
    pointer(16, this.#iovecs, index * IOVEC_BYTES);
    view.setBigUint64(header + 24, 1n, HOST_LITTLE_ENDIAN);
    pointer(32, this.#control, index * CONTROL_BYTES);
    const iovec = this.#iovecs.view;
    iovec.setBigUint64(index * IOVEC_BYTES, this.#data.address + BigInt(index * DATA_BYTES), HOST_LITTLE_ENDIAN);
    iovec.setBigUint64(index * IOVEC_BYTES + 8, BigInt(DATA_BYTES), HOST_LITTLE_ENDIAN);
    const data = this.#data.bytes.subarray(index * DATA_BYTES, (index + 1) * DATA_BYTES);
    const name = index * NAME_BYTES + NAME_SOURCE_AT;
    return {
      data,
      source4: data.subarray(IPV4_SOURCE_AT, IPV4_SOURCE_AT + 4),
      destination4: data.subarray(IPV4_DESTINATION_AT, IPV4_DESTINATION_AT + 4),
      source6: this.#names.bytes.subarray(name, name + 16),
      headerSource6: data.subarray(IPV6_SOURCE_AT, IPV6_DESTINATION_AT),
      headerDestination6: data.subarray(IPV6_DESTINATION_AT, IPV6_HEADER_BYTES),
    };
  }

  /** Takes what waits on a socket, without waiting for more. Negative with the reason in `errno()`. */
  receive(fd: number): number {
    const { view } = this.#headers;
    for (let index = 0; index < RING_SLOTS; index += 1) {
      const header = index * HEADER_BYTES;
      view.setUint32(header + NAME_LENGTH_AT, NAME_BYTES, HOST_LITTLE_ENDIAN);
      view.setUint32(header + CONTROL_LENGTH_AT, CONTROL_BYTES, HOST_LITTLE_ENDIAN);
    }
    return recvmmsg(fd, this.#headers.bytes, RING_SLOTS, MSG_DONTWAIT, null);
  }

  /** Fills `packet` from a slot; false when it holds no whole IP packet. `hasHeader`: an IPv6 packet came with its header. */
  read(index: number, family: Family, hasHeader = false): boolean {
    const slot = this.#slots[index];
    if (slot === undefined) return false;
    const header = index * HEADER_BYTES;
    const length = this.#headers.view.getUint32(header + RECEIVED_AT, HOST_LITTLE_ENDIAN);
    const flags = this.#headers.view.getUint32(header + FLAGS_AT, HOST_LITTLE_ENDIAN);
    const { packet } = this;
    packet.bytes = slot.data;
    packet.stampedNs = 0 as Nanoseconds;
    packet.hopLimit = 0;
    if (family === 'ipv4') {
      packet.source = slot.source4;
      packet.destination = slot.destination4;
    } else {
      packet.source = slot.source6;
      packet.destination = this.#destination6;
      packet.from = 0;
      packet.to = length;
    }
    this.#readControl(index);
    if ((flags & MSG_TRUNC) !== 0) return false;
    if (family === 'ipv4') return readIpv4(slot.data, 0, length, packet);
    if (!hasHeader) return true;
    packet.source = slot.headerSource6;
    packet.destination = slot.headerDestination6;
    return readIpv6(slot.data, 0, length, packet);
  }

  #readControl(index: number): void {
    const { view, bytes } = this.#control;
    let at = index * CONTROL_BYTES;
    const length = this.#headers.view.getUint32(index * HEADER_BYTES + CONTROL_LENGTH_AT, HOST_LITTLE_ENDIAN);
    const end = at + Math.min(length, CONTROL_BYTES);
    while (at + CMSG_HEADER_BYTES <= end) {
      const size = view.getUint32(at, HOST_LITTLE_ENDIAN);
      const level = view.getInt32(at + 8, HOST_LITTLE_ENDIAN);
      const type = view.getInt32(at + 12, HOST_LITTLE_ENDIAN);
      const value = at + CMSG_HEADER_BYTES;
      if (size < CMSG_HEADER_BYTES || at + size > end) return;
      if (level === SOL_SOCKET && type === SCM_TIMESTAMPNS && size >= CMSG_HEADER_BYTES + 16) {
        // The low words of two 64-bit numbers.
        const low = HOST_LITTLE_ENDIAN ? 0 : 4;
        const seconds = view.getUint32(value + low, HOST_LITTLE_ENDIAN) - this.#realtimeBaseS;
        const nanoseconds = view.getUint32(value + 8 + low, HOST_LITTLE_ENDIAN);
        this.packet.stampedNs = (seconds * NS_PER_S + nanoseconds) as Nanoseconds;
      } else if (level === IPPROTO_IPV6 && type === IPV6_HOPLIMIT) {
        this.packet.hopLimit = view.getInt32(value, HOST_LITTLE_ENDIAN);
      } else if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO) {
        for (let byte = 0; byte < 16; byte += 1) this.#destination6[byte] = bytes[value + byte] as number;
      }
      at += (size + 7) & ~7;
    }
  }
}
