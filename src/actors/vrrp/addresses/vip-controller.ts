/** An instance's addresses on its interface, and what the segment is told of them: the keeper and the announcer at work. */

import { type VirtualAddress, virtualAddresses } from '../../../machines/vrrp/virtual-addresses.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import { addressText } from '../../../model/ip-address.js';
import { type Interface, primaryAddress } from '../../../os/netlink/interface-table.js';
import { ADDRESS_PROTOCOL } from '../../../wire/netlink/route.js';
import { compareAddresses } from '../../../wire/vrrp/advert.js';
import {
  type AddressClaim,
  arpProbe,
  duplicateSolicitation,
  gratuitousArp,
  HARDWARE_BYTES,
  hardwareText,
  unsolicitedAdvertisement,
} from '../../../wire/vrrp/announcement.js';
import type { VrrpDependencies } from '../dependencies.js';
import type { InstanceAlarm, InstanceAlarms } from '../instance-alarms.js';
import { AddressKeeper } from './address-keeper.js';
import { GarpScheduler } from './garp-scheduler.js';

/** Frames sent in one turn: about 5 us each. */
const FRAMES_PER_TURN = 32;
/** Claims of others in the first moments are the last master's, which lets go. */
const CLAIM_GRACE_NS = 4e8;
/** How often it is asked whether another node has the address that adverts are sent from. */
const SOURCE_PROBE_NS = 30e9;

type Frames = { readonly announcement: Uint8Array; readonly probe: Uint8Array };

export class VipController {
  /**
   * When `work` has something to do. Written here alone. A field, since the loop reads it of every instance in every turn:
   * each number that a getter answers with may be an object.
   */
  nextNs = Number.POSITIVE_INFINITY;
  readonly #dependencies: VrrpDependencies;
  readonly #alarms: InstanceAlarms;
  readonly #keeper: AddressKeeper;
  readonly #garp: GarpScheduler;
  #addresses: readonly VirtualAddress[];
  #link: Interface | null = null;
  #frames: readonly Frames[] = [];
  /** Frames of the round that is under way. */
  #queue: Uint8Array[] = [];
  /** When the addresses became ours; infinite while they are not. */
  #takenAtNs = Number.POSITIVE_INFINITY;
  #source: Uint8Array | null = null;
  #sourceProbeAtNs = Number.POSITIVE_INFINITY;

  constructor(config: VrrpInstanceConfig, dependencies: VrrpDependencies, alarms: InstanceAlarms) {
    this.#dependencies = dependencies;
    this.#alarms = alarms;
    this.#addresses = virtualAddresses(config);
    this.#garp = new GarpScheduler(config.gratuitous);
    this.#keeper = new AddressKeeper({
      change: (changes) => dependencies.routes.change(changes),
      isMarked: ({ bytes }) => isMarked(this.#link, bytes),
      failed: ({ text }, op, code) =>
        this.#alarm('address-failed', `${op === 'add' ? 'adding' : 'removing'} ${text} failed: ${code}`, text),
      found: ({ text }) =>
        dependencies.out.log.info({ address: text }, 'the address was on the interface already, and stays there'),
      lost: ({ text }, again) =>
        this.#alarm(
          'address-removed',
          again ? `someone removed ${text}; it was put back` : `someone keeps removing ${text}; it is put back later`,
          text,
        ),
      installed: () => this.#garp.start(dependencies.clock.now()),
    });
  }

  get addresses(): readonly VirtualAddress[] {
    return this.#addresses;
  }

  configure(config: VrrpInstanceConfig): void {
    this.#addresses = virtualAddresses(config);
    this.#garp.configure(config.gratuitous);
    this.#place();
    this.#settle();
  }

  /** Whose claims by others matter: the virtual addresses, and the IPv4 address that adverts are sent from. */
  get watched(): readonly Uint8Array[] {
    const bytes = this.#addresses.map((address) => address.bytes);
    return this.#source?.length === 4 ? [...bytes, this.#source] : bytes;
  }

  /**
   * The interface as it is now, null while it is missing, and the address that adverts are sent from. Call it when all
   * changes so far were read.
   */
  place(link: Interface | null, source: Uint8Array | null, nowNs: number): void {
    if (link !== this.#link) {
      this.#link = link;
      this.#place();
    }
    if (source?.join() !== this.#source?.join()) {
      this.#source = source;
      // Of IPv6 the kernel has asked itself.
      this.#sourceProbeAtNs = source?.length === 4 ? nowNs : Number.POSITIVE_INFINITY;
    }
    if (link !== null) this.#keeper.seen(link, nowNs);
    this.#settle();
  }

  #place(): void {
    const link = this.#link;
    this.#keeper.configure(this.#addresses, link?.index ?? 0);
    this.#frames = link === null ? [] : framesOf(link, this.#addresses);
  }

  take(): void {
    const nowNs = this.#dependencies.clock.now();
    this.#takenAtNs = nowNs;
    this.#keeper.take();
    this.#keeper.work(nowNs);
    this.#settle();
  }

  release(): void {
    this.#takenAtNs = Number.POSITIVE_INFINITY;
    this.#queue = [];
    this.#garp.stop();
    this.#keeper.release();
    this.#keeper.work(this.#dependencies.clock.now());
    this.#settle();
  }

  announce(again: boolean): void {
    const nowNs = this.#dependencies.clock.now();
    if (again) this.#garp.again(nowNs);
    else this.#garp.start(nowNs);
    this.#settle();
  }

  work(nowNs: number): void {
    this.#workOnce(nowNs);
    this.#settle();
  }

  #workOnce(nowNs: number): void {
    if (this.#keeper.nextNs <= nowNs) this.#keeper.work(nowNs);
    if (this.#sourceProbeAtNs <= nowNs) this.#probeSource(nowNs);
    if (this.#queue.length === 0) {
      const due = this.#garp.due(nowNs);
      if (due === null) return;
      this.#queue = this.#frames.map(({ announcement, probe }) => (due === 'probe' ? probe : announcement));
    }
    const index = this.#link?.index ?? 0;
    for (const frame of this.#queue.splice(0, FRAMES_PER_TURN)) this.#dependencies.frames.send(index, frame);
  }

  /** All that is left to remove, at once: before the thread ends. */
  finish(): void {
    while (this.#keeper.nextNs !== Number.POSITIVE_INFINITY) this.#keeper.work(Number.MAX_VALUE);
    this.#settle();
  }

  /** Somebody says that an address is his. */
  claimed({ address, hardware }: AddressClaim, nowNs: number): void {
    const own = this.#link?.hardware ?? new Uint8Array();
    if (hardware.length !== own.length || compareAddresses(hardware, own) === 0) return;
    const text = addressText(address) ?? '';
    const by = `is also used by ${hardwareText(hardware)}`;
    if (isSame(address, this.#source)) {
      this.#alarm('own-address', `${text}, from which adverts are sent, ${by}`, text);
    } else if (
      nowNs - this.#takenAtNs > CLAIM_GRACE_NS &&
      this.#addresses.some(({ bytes }) => isSame(address, bytes))
    ) {
      this.#alarm('duplicate-address', `${text} ${by}`, text);
      this.#garp.again(nowNs);
      this.#settle();
    }
  }

  #settle(): void {
    const { nextNs } = this.#keeper;
    this.nextNs = this.#queue.length > 0 ? 0 : Math.min(nextNs, this.#garp.nextNs, this.#sourceProbeAtNs);
  }

  #probeSource(nowNs: number): void {
    this.#sourceProbeAtNs = nowNs + SOURCE_PROBE_NS;
    const { hardware, index } = this.#link ?? {};
    if (this.#source === null || index === undefined || hardware?.length !== HARDWARE_BYTES) return;
    this.#dependencies.frames.send(index, arpProbe(hardware, this.#source));
  }

  #alarm(alarm: InstanceAlarm, why: string, about: string): void {
    this.#alarms.raise(alarm, why, this.#dependencies.clock.now(), about);
  }
}

const isSame = (a: Uint8Array, b: Uint8Array | null): boolean =>
  b !== null && a.length === b.length && compareAddresses(a, b) === 0;

const isMarked = (link: Interface | null, address: Uint8Array): boolean =>
  link?.addresses.some((fact) => fact.protocol === ADDRESS_PROTOCOL && isSame(fact.address, address)) === true;

/** None on links that are not Ethernet. */
function framesOf(link: Interface, addresses: readonly VirtualAddress[]): readonly Frames[] {
  const { hardware } = link;
  if (hardware.length !== HARDWARE_BYTES || hardware.every((byte) => byte === 0)) return [];
  const isVirtual = (address: Uint8Array) => addresses.some(({ bytes }) => isSame(bytes, address));
  const source = primaryAddress(link, 'ipv6', isVirtual);
  return addresses.map(({ bytes }) =>
    bytes.length === 4
      ? { announcement: gratuitousArp(hardware, bytes), probe: arpProbe(hardware, bytes) }
      : {
          announcement: unsolicitedAdvertisement(hardware, source ?? bytes, bytes),
          probe: duplicateSolicitation(hardware, bytes),
        },
  );
}
