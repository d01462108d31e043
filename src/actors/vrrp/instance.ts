/** One virtual router of this node: its router, its packets, its addresses, and what is known of its peer. */
import type { VrrpInstanceConfig } from '../../config/model.js';
import { CommandError } from '../../errors.js';
import { type RouterReason, reasonText } from '../../machines/vrrp-reason.js';
import { type RouterPort, VrrpRouter } from '../../machines/vrrp-router.js';
import { judgeTracks } from '../../machines/vrrp-tracking.js';
import { quietTime } from '../../net/quiet-time.js';
import type { PacketRecord } from '../../net/receive-ring.js';
import type { AddressClaim } from '../../wire/announcement.js';
import { addressBytes } from '../../wire/ip-address.js';
import { msFromNs, type Nanoseconds } from '../../wire/units.js';
import type { VrrpView } from '../../wire/views.js';
import {
  compareAddresses,
  type Family,
  newAdvertRecord,
  OWNER_PRIORITY,
  type ReadRules,
  type RejectReason,
  readAdvert,
} from '../../wire/vrrp.js';
import type { VrrpState } from '../../wire/vrrp-link.js';
import { AddressDuty } from './address-duty.js';
import { Alarms } from './alarms.js';
import { Complaints } from './complaints.js';
import { type Footing, footingFaults, sourceAddress } from './footing.js';
import { InstanceCounts } from './instance-counts.js';
import { viewOf } from './instance-view.js';
import { Peer } from './peer.js';
import { Speaker } from './speaker.js';
import { advertFamily } from './virtual-addresses.js';
import type { World } from './world.js';

export class VrrpInstance implements RouterPort {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  readonly family: Family;
  readonly router: VrrpRouter;
  readonly counts: InstanceCounts;
  readonly duty: AddressDuty;
  readonly #world: World;
  readonly #speaker: Speaker;
  readonly #complaints: Complaints;
  readonly #peer = new Peer();
  readonly #record = newAdvertRecord();
  #config: VrrpInstanceConfig;
  #rules: ReadRules;
  #peers: readonly Uint8Array[];
  #footing: Footing = { link: null, segment: null, problem: null };
  #source: Uint8Array | null = null;
  #faults: readonly string[] = [];
  #started = false;
  #why = 'waits to be started';

  constructor(config: VrrpInstanceConfig, world: World) {
    this.#world = world;
    this.#config = config;
    this.name = config.name;
    this.vrid = config.vrid;
    this.interface = config.interface;
    this.family = advertFamily(config);
    const alarms = new Alarms(config.name, world.out);
    const address = config.addresses[0]?.address ?? '';
    this.counts = new InstanceCounts({ ...config, address }, world.out.meter);
    this.#speaker = new Speaker(world.clock, this.counts, alarms);
    this.#complaints = new Complaints(alarms, this.counts, this.#peer);
    this.duty = new AddressDuty(config, world, alarms);
    this.router = new VrrpRouter(this, this.#settings(config.priority), world.tableOf);
    this.#rules = rulesOf(config, this.family);
    this.#peers = peersOf(config);
    if (config.checksum !== 'auto') this.#speaker.use(config.checksum);
    this.counts.tellState('init');
  }

  get config(): VrrpInstanceConfig {
    return this.#config;
  }
  get isUnicast(): boolean {
    return this.#config.mode === 'unicast';
  }
  isPeer(source: Uint8Array): boolean {
    return this.#peers.some((peer) => peer.length === source.length && compareAddresses(peer, source) === 0);
  }
  isOwnAddress(source: Uint8Array): boolean {
    return this.#source !== null && compareAddresses(source, this.#source) === 0;
  }

  /** A new configuration of the same interface, VRID and family. */
  configure(config: VrrpInstanceConfig, nowNs: Nanoseconds): void {
    this.#config = config;
    this.#rules = rulesOf(config, this.family);
    this.#peers = peersOf(config);
    if (config.checksum !== 'auto') this.#speaker.use(config.checksum);
    this.duty.configure(config);
    this.assess(this.#footing, nowNs);
  }

  /** Looks at everything that the instance depends on, and acts on what changed. */
  assess(footing: Footing, nowNs: Nanoseconds): void {
    this.#footing = footing;
    const { priority, faults } = judgeTracks(this.#config, {
      interfaceRunning: (name) => this.#world.interfaces.byName(name)?.running ?? null,
      serviceHealthy: (name) => this.#world.serviceHealthy(name),
    });
    const source = sourceAddress(this.#config, footing.link, this.#world.interfaces.all());
    this.#source = source;
    this.#faults = [...footingFaults(this.#config, footing, source), ...faults];
    this.router.configure(this.#settings(priority), nowNs);
    this.#speaker.bind(footing.segment?.sockets.sender ?? -1);
    if (footing.link !== null && source !== null) {
      this.#speaker.prepare(this.#config, this.router.settings, source, this.#peers, footing.link.index);
    }
    if (this.#started) this.#actOnFaults(nowNs);
    this.duty.place(footing.link, this.#source, nowNs);
  }

  start(nowNs: Nanoseconds): void {
    this.#started = true;
    if (this.#faults.length === 0) this.router.control('startup', nowNs, 'started');
    else this.#actOnFaults(nowNs);
  }

  /** A master resigns and lets its addresses go. Nothing is left on the interface afterwards. */
  stop(nowNs: Nanoseconds, why: string): void {
    this.router.control('shutdown', nowNs, why);
    this.duty.finish();
  }

  /** Throws CommandError where this node is not master. */
  failover(nowNs: Nanoseconds): string {
    if (!this.router.isMaster) {
      const master = this.#peer.known ? `; ask the master, ${this.#peer.address}` : '';
      throw new CommandError('ERR_CONFLICT', `${this.name} is ${this.router.state} here, not master${master}`);
    }
    this.router.control('failover', nowNs, 'an operator asked it to step down');
    return `${this.name} stepped down; it is master again only if no other node is`;
  }

  /** What `due` will need soon, without an effect. */
  rehearse(): void {
    this.#speaker.rehearse();
  }

  /** Acts on the router's deadline. */
  due(nowNs: Nanoseconds): void {
    const deadlineNs = this.router.deadlineNs;
    if (this.router.isMaster && this.router.mustListenFirst(nowNs)) this.#complaints.late(nowNs - deadlineNs, nowNs);
    this.#speaker.dueNs = deadlineNs;
    this.router.due(nowNs);
    this.#speaker.dueNs = Number.NaN;
  }

  /** A packet whose IP header is right. */
  receive(packet: PacketRecord, receivedAtNs: Nanoseconds, stampedNs: Nanoseconds): void {
    const { bytes, from, to, source, destination } = packet;
    const record = this.#record;
    const verdict = readAdvert(bytes, from, to, source, destination, this.#rules, record);
    if (verdict !== 'accepted') {
      this.reject(verdict, source);
      return;
    }
    this.counts.received += 1;
    if (this.#config.checksum === 'auto' && this.family === 'ipv4') this.#speaker.use(record.form);
    const own = this.#source;
    if (own === null) return;
    const deviation = this.#peer.heard(source, record.priority, record.interval, stampedNs);
    if (deviation >= 0) this.counts.peerDeviation(deviation);
    const order = compareAddresses(source, own);
    if (this.router.isMaster) this.#rival(order, receivedAtNs);
    this.router.advert(record.priority, record.interval, order, receivedAtNs);
  }

  reject(reason: RejectReason, source: Uint8Array): void {
    this.counts.rejects.add(reason);
    this.#complaints.rejected(reason, source, this.#world.clock.now());
  }

  claimed(claim: AddressClaim, nowNs: number): void {
    this.duty.claimed(claim, nowNs);
  }

  // The router's port.

  sendAdvert(): void {
    this.#speaker.send('advert');
  }
  sendResignation(): void {
    this.#speaker.send('resignation');
  }
  takeAddresses(): void {
    this.duty.take();
  }
  releaseAddresses(): void {
    this.duty.release();
  }
  advertTime(atNs: number): number {
    return quietTime(atNs, this.vrid);
  }
  announce(again: boolean): void {
    this.duty.announce(again);
  }
  changed(from: VrrpState, to: VrrpState, reason: RouterReason): void {
    const peer = this.#peer.known ? this.#peer.text : null;
    const why = reasonText(reason, { peer, masterDownMs: msFromNs(this.router.masterDownNs) });
    this.#why = why;
    this.counts.changed(to);
    this.#world.out.log.info({ instance: this.name, from, to, why }, `${this.name} is ${to}: ${why}`);
    this.#world.out.event({ type: 'vrrp-state', instance: this.name, from, to, why });
    this.tell();
  }

  /** To the data plane, and as pushed state. */
  tell(): void {
    this.#world.tellState({ kind: 'vrrp-state', instance: this.name, state: this.router.state, why: this.#why });
    this.publish();
  }

  /** Pushed state and counters. */
  publish(): void {
    this.counts.flush();
    const key = `vrrp/${this.name}`;
    this.#world.out.state(key, { type: 'vrrp', key, view: this.view() });
  }

  view(): VrrpView {
    const { counts, router } = this;
    const realtime = this.#world.realtime.text;
    const nowNs = this.#world.clock.now();
    return viewOf({ config: this.#config, router, counts, peer: this.#peer, why: this.#why, realtime, nowNs });
  }

  #settings(priority: number) {
    const { advertIntervalNs: intervalNs, preempt, preemptDelayNs } = this.#config;
    return { priority, intervalNs, preempt, preemptDelayNs };
  }

  #actOnFaults(nowNs: Nanoseconds): void {
    const { state } = this.router;
    if (this.#faults.length === 0) {
      if (state === 'fault') this.router.control('recovered', nowNs, 'what was missing is there again');
      return;
    }
    const why = this.#faults.join('; ');
    if (state !== 'fault') this.router.control('fault', nowNs, why);
    else if (why !== this.#why) {
      this.#why = why;
      this.tell();
    }
  }

  /** This master hears the advert in hand, of another one. */
  #rival(order: number, receivedAtNs: Nanoseconds): void {
    const { priority, interval } = this.#record;
    if (this.router.isSecondMaster(priority, interval, order, receivedAtNs)) this.#complaints.rival(receivedAtNs);
    if (priority === OWNER_PRIORITY) this.#complaints.foreignOwner(receivedAtNs);
  }
}

const rulesOf = (config: VrrpInstanceConfig, family: Family): ReadRules => ({
  family,
  dialect: config.dialect,
  checksum: config.checksum,
});

const peersOf = (config: VrrpInstanceConfig): readonly Uint8Array[] =>
  config.peers.flatMap((peer) => addressBytes(peer) ?? []);
