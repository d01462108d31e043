/** An instance's addresses on their interfaces, and what the segments are told of them: the keeper and the scheduler at work. */

import { heldAddresses, type VirtualAddress } from '../../../machines/vrrp/virtual-addresses.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import { addressText } from '../../../model/ip-address.js';
import type { HeldView } from '../../../model/observing/held-view.js';
import { hasAddress, type Interface } from '../../../os/netlink/interface-table.js';
import type { AddressChange } from '../../../wire/netlink/route.js';
import { OUR_PROTOCOL } from '../../../wire/netlink/rtnetlink.js';
import { compareAddresses } from '../../../wire/vrrp/advert.js';
import { type AddressClaim, arpProbe, HARDWARE_BYTES, hardwareText } from '../../../wire/vrrp/announcement.js';
import type { HeldDependencies } from '../dependencies.js';
import { Keeper } from '../held/keeper.js';
import { absentView, heldViews } from '../held/view.js';
import type { InstanceAlarm, InstanceAlarms } from '../instance-alarms.js';
import { GarpScheduler } from './garp-scheduler.js';
import { type Frame, type Frames, framesOf, isSame, type PlacedAddress, placed } from './placed-address.js';

/** Frames sent in one turn: about 5 us each. */
const FRAMES_PER_TURN = 32;
/** Claims of others in the first moments are the last master's, which lets go. */
const CLAIM_GRACE_NS = 4e8;
/** How often it is asked whether another node has the address that adverts are sent from. */
const SOURCE_PROBE_NS = 30e9;

/** Where an instance is on the network. */
export type Placement = {
  /** The instance's own interface, null while it is missing. */
  readonly link: Interface | null;
  /** The one with its virtual MAC address, over it; null where it has none. */
  readonly virtual: { readonly link: Interface | null } | null;
};
/** An address whose claims by others matter, on its interface. */
export type WatchedAddress = { readonly link: Interface; readonly bytes: Uint8Array };

export class VipController {
  /** When `work` has something to do. Written here alone. */
  nextNs = Number.POSITIVE_INFINITY;
  readonly #dependencies: HeldDependencies;
  readonly #alarms: InstanceAlarms;
  readonly #keeper: Keeper<PlacedAddress>;
  readonly #garp: GarpScheduler;
  #addresses: readonly VirtualAddress[];
  #link: Interface | null = null;
  /** What the addresses that name no interface are on: that one, or the one with the virtual MAC address. */
  #home: Interface | null = null;
  /** Of each address; null while it is missing. */
  #links: readonly (Interface | null)[] = [];
  #placed: readonly PlacedAddress[] = [];
  #frames: readonly Frames[] = [];
  /** Frames of the round that is under way. */
  #queue: Frame[] = [];
  /** When the addresses became ours; infinite while they are not. */
  #takenAtNs = Number.POSITIVE_INFINITY;
  #source: Uint8Array | null = null;
  #sourceProbeAtNs = Number.POSITIVE_INFINITY;

  constructor(config: VrrpInstanceConfig, dependencies: HeldDependencies, alarms: InstanceAlarms) {
    this.#dependencies = dependencies;
    this.#alarms = alarms;
    this.#addresses = heldAddresses(config);
    this.#garp = new GarpScheduler(config.gratuitous);
    this.#keeper = new Keeper({
      change: (op, things) => dependencies.routes.change(things.map((thing) => changeOf(op, thing))),
      whose: (thing) => (isMarked(thing) ? 'ours' : 'found'),
      // Gone with its interface or with its subnet's primary address: as it should be.
      isGone: (code) => code === 'EADDRNOTAVAIL' || code === 'ENODEV',
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

  configure(config: VrrpInstanceConfig): void {
    this.#addresses = heldAddresses(config);
    this.#garp.configure(config.gratuitous);
    this.#place();
    this.#settle();
  }

  /** Whose claims by others matter: the addresses of a master, and the IPv4 address that adverts are sent from. */
  get watched(): readonly WatchedAddress[] {
    const own = this.#placed.map(({ ears, address }) => ({ link: ears, bytes: address.bytes }));
    const source = this.#source;
    return this.#link !== null && source?.length === 4 ? [...own, { link: this.#link, bytes: source }] : own;
  }

  /** What is on the interfaces, and what should be. */
  views(): readonly HeldView[] {
    const missing = this.#addresses.filter((_, at) => this.#links[at] == null);
    return [
      ...heldViews('address', this.#keeper),
      ...missing.map((address) => absentView('address', address.text, address.interface)),
    ];
  }

  /** The interfaces as they are now, and the address that adverts are sent from. Call it when all changes so far were read. */
  place({ link, virtual }: Placement, source: Uint8Array | null, nowNs: number): void {
    const hasMoved = link !== this.#link;
    this.#link = link;
    this.#home = virtual === null ? link : virtual.link;
    const links = this.#findLinks();
    if (hasMoved || links.some((each, at) => each !== this.#links[at])) this.#place();
    if (source?.join() !== this.#source?.join()) {
      this.#source = source;
      // Of IPv6 the kernel has asked itself.
      this.#sourceProbeAtNs = source?.length === 4 ? nowNs : Number.POSITIVE_INFINITY;
    }
    this.#keeper.seen((thing) => hasAddress(thing.link, thing.address.bytes), nowNs);
    this.#settle();
  }

  #findLinks(): readonly (Interface | null)[] {
    const { interfaces } = this.#dependencies;
    return this.#addresses.map((address) =>
      address.interface === null ? this.#home : interfaces.byName(address.interface),
    );
  }

  #place(): void {
    this.#links = this.#findLinks();
    this.#placed = this.#addresses.flatMap((address, at) => {
      const link = this.#links[at] ?? null;
      // What is asked on the virtual one is answered to the one below, or the answers were taken for its own.
      const ears = link === this.#home ? this.#link : link;
      return link === null || ears === null ? [] : [placed(address, link, ears)];
    });
    this.#keeper.configure(this.#placed);
    this.#frames = framesOf(this.#placed);
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
      this.#queue = this.#frames.map((frames) => frames[due]);
    }
    for (const { index, bytes } of this.#queue.splice(0, FRAMES_PER_TURN)) this.#dependencies.frames.send(index, bytes);
  }

  /** All that is left to remove, at once: before the thread ends. */
  finish(): void {
    this.#keeper.finish();
    this.#settle();
  }

  /** Somebody on the interface of this name says that an address is his. */
  claimed(name: string, { address, hardware }: AddressClaim, nowNs: number): void {
    const isSource = this.#link?.name === name && isSame(address, this.#source);
    const ours = this.#placed.find((each) => each.ears.name === name && isSame(address, each.address.bytes));
    const own = (isSource ? this.#link : ours?.ears)?.hardware;
    if (own === undefined || hardware.length !== own.length || compareAddresses(hardware, own) === 0) return;
    // Of this node's own interface with the virtual MAC address, should it come back to it.
    if (isSame(hardware, this.#home?.hardware ?? null)) return;
    const text = addressText(address) ?? '';
    const by = `is also used by ${hardwareText(hardware)}`;
    if (isSource) {
      this.#alarm('own-address', `${text}, from which adverts are sent, ${by}`, text);
    } else if (nowNs - this.#takenAtNs > CLAIM_GRACE_NS) {
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

const changeOf = (op: 'add' | 'remove', { address, link }: PlacedAddress): AddressChange => ({
  kind: 'address',
  op,
  index: link.index,
  address: address.bytes,
  prefixLength: address.prefixLength,
  label: address.label,
  scope: address.scope,
});

/** Whether the address that is on the interface bears this program's mark. */
const isMarked = ({ link, address }: PlacedAddress): boolean =>
  link.addresses.some((fact) => fact.protocol === OUR_PROTOCOL && isSame(fact.address, address.bytes));
