/** One virtual router of this node: its router, its packets, its addresses, and what is known of its peer. */

import { judge } from '../../../machines/vrrp/election.js';
import { type RouterReason, reasonText } from '../../../machines/vrrp/reason.js';
import { VrrpRouter } from '../../../machines/vrrp/router.js';
import type { RouterPort } from '../../../machines/vrrp/router-port.js';
import { judgeTracks, priorityText, type TrackVerdict } from '../../../machines/vrrp/tracking.js';
import { advertFamily } from '../../../machines/vrrp/virtual-addresses.js';
import type { SyncGroupConfig, VrrpInstanceConfig } from '../../../model/config.js';
import type { VrrpView } from '../../../model/observing/views.js';
import type { VrrpState } from '../../../model/states.js';
import { msFromNs, type Nanoseconds } from '../../../model/units.js';
import { quietTime } from '../../../os/clock/quiet-time.js';
import type { PacketRecord } from '../../../os/packets/receive-ring.js';
import {
  compareAddresses,
  type Family,
  newAdvertRecord,
  RESIGN_PRIORITY,
  type ReadRules,
  type RejectReason,
  readAdvert,
} from '../../../wire/vrrp/advert.js';
import { HmacAuthentication } from '../authentication/hmac.js';
import type { VrrpDependencies } from '../dependencies.js';
import { GroupMember } from '../groups/group-member.js';
import { Duty } from '../held/duty.js';
import { instanceAlarms } from '../instance-alarms.js';
import { AdvertSender } from './advert-sender.js';
import { InstanceCounts } from './counts.js';
import { Diagnostics } from './diagnostics.js';
import { HedgedDeadline } from './hedged-deadline.js';
import { electionFacts, type InterfaceReadiness, sourceAddress, wayOut } from './interface-readiness.js';
import { Peer } from './peer.js';
import { peersOf, rulesOf } from './read-rules.js';
import { rejectHints } from './reject-hints.js';
import { viewOf } from './view.js';

export class VrrpInstance implements RouterPort {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  readonly family: Family;
  readonly router: VrrpRouter;
  readonly counts: InstanceCounts;
  readonly duty: Duty;
  readonly #dependencies: VrrpDependencies;
  readonly #sender: AdvertSender;
  readonly #deadline: HedgedDeadline;
  readonly member: GroupMember;
  readonly #diagnostics: Diagnostics;
  readonly #peer = new Peer();
  readonly #record = newAdvertRecord();
  readonly #authentication: HmacAuthentication;
  #config: VrrpInstanceConfig;
  #rules: ReadRules;
  #peers: readonly Uint8Array[];
  #readiness: InterfaceReadiness = { link: null, dispatcher: null, problem: null, virtual: null };
  #source: Uint8Array | null = null;
  #priority = 0;
  #tracks: readonly TrackVerdict[] = [];
  #started = false;
  #why = 'waits to be started';
  /** Since the last advert that was accepted. */
  #refused: RejectReason | null = null;

  constructor(config: VrrpInstanceConfig, dependencies: VrrpDependencies) {
    this.#dependencies = dependencies;
    this.#config = config;
    this.name = config.name;
    this.vrid = config.vrid;
    this.interface = config.interface;
    this.family = advertFamily(config);
    const alarms = instanceAlarms(config.name, dependencies.out);
    this.counts = new InstanceCounts(config, dependencies.out.meter);
    const { clock, hedge } = dependencies;
    this.#authentication = new HmacAuthentication(clock);
    this.#authentication.configure(config);
    this.#sender = new AdvertSender(clock, this.counts, alarms, this.#authentication, hedge.open());
    this.#diagnostics = new Diagnostics(alarms, this.counts, this.#peer);
    this.duty = new Duty(config, dependencies, alarms);
    this.router = new VrrpRouter(this, this.#settings(config.priority), dependencies.tableOf);
    this.#deadline = new HedgedDeadline(this.router, this.#sender);
    this.member = new GroupMember(config.name, this.router, this.#deadline, dependencies);
    this.#rules = rulesOf(config, this.family);
    this.#peers = peersOf(config);
    if (config.checksum !== 'auto') this.#sender.use(config.checksum);
  }

  get config(): VrrpInstanceConfig {
    return this.#config;
  }
  get why(): string {
    return this.member.whyStill(this.#why);
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

  /** A new configuration of the same interface, VRID and family: `look` and `settle` come next. */
  configure(config: VrrpInstanceConfig): void {
    this.#deadline.takeBack();
    this.#config = config;
    this.#authentication.configure(config);
    this.#rules = rulesOf(config, this.family);
    this.#peers = peersOf(config);
    if (config.checksum !== 'auto') this.#sender.use(config.checksum);
    this.duty.configure(config);
  }

  /** Looks at everything that the instance depends on: all members of a sync group look before one of them acts. */
  look(readiness: InterfaceReadiness, group: SyncGroupConfig | null): void {
    this.#readiness = readiness;
    this.#source = sourceAddress(this.#config, readiness.link, this.#dependencies.interfaces.all());
    const facts = electionFacts(this.#config, group, readiness, this.#source, this.#dependencies);
    const { priority, faults } = judge(facts);
    this.#tracks = judgeTracks(facts.tracks, facts);
    this.#priority = priority;
    this.member.faults = faults;
    if (priority !== this.router.settings.priority) this.#tellPriority(priority);
  }

  /** Acts on what changed. */
  settle(nowNs: Nanoseconds): void {
    this.#deadline.takeBack();
    const { link, dispatcher } = wayOut(this.#config, this.#readiness);
    this.router.configure(this.#settings(this.#priority), nowNs);
    this.#sender.bind(dispatcher?.sockets.sender ?? -1);
    if (link !== null && this.#source !== null) {
      this.#sender.prepare(this.#config, this.router.settings, this.#source, this.#peers, link.index);
    }
    if (this.#started) this.#actOnFaults(nowNs);
    this.duty.place(this.#readiness, this.#source, nowNs);
    this.#deadline.arm();
  }

  start(nowNs: Nanoseconds): void {
    this.#started = true;
    if (this.member.allFaults.length === 0) this.router.control('startup', nowNs, 'started');
    else this.#actOnFaults(nowNs);
    this.#deadline.arm();
  }

  /** A master resigns and lets its addresses go. Nothing is left on the interface afterwards. */
  stop(nowNs: Nanoseconds, why: string): void {
    // The other members go on.
    this.member.group = null;
    this.#deadline.takeBack();
    this.router.control('shutdown', nowNs, why);
    this.#sender.close();
    this.duty.finish();
  }

  /** What `due` will need soon, without an effect. */
  rehearse(): void {
    this.#sender.rehearse();
  }

  /** Acts on the router's deadline. */
  due(nowNs: Nanoseconds): void {
    const { router } = this;
    if (!this.#deadline.isKept()) {
      const isLate = router.isMaster && router.mustListenFirst(nowNs);
      if (isLate) this.#diagnostics.late(nowNs - router.deadlineNs, nowNs);
      this.#deadline.keep(nowNs);
    }
    this.#deadline.arm();
  }

  /** A packet whose IP header is right. */
  receive(packet: PacketRecord, receivedAtNs: Nanoseconds, stampedNs: Nanoseconds): void {
    const { bytes, from, to, source, destination } = packet;
    const record = this.#record;
    const read = readAdvert(bytes, from, to, source, destination, this.#rules, record);
    const verdict = read === 'accepted' ? this.#authentication.verify(packet, record.trailerAt) : read;
    if (verdict !== 'accepted') {
      this.reject(verdict, source);
      return;
    }
    this.counts.received += 1;
    this.#refused = null;
    this.#deadline.takeBack();
    if (this.#config.checksum === 'auto' && this.family === 'ipv4') this.#sender.use(record.form);
    const own = this.#source;
    if (own !== null) this.#hear(source, own, receivedAtNs, stampedNs);
    this.#deadline.arm();
  }

  /** The advert in the record. */
  #hear(source: Uint8Array, own: Uint8Array, receivedAtNs: Nanoseconds, stampedNs: Nanoseconds): void {
    const record = this.#record;
    this.#peer.authenticated = this.#authentication.isProven || this.#rules.password !== null;
    if (this.#authentication.isNearlyStale) this.#diagnostics.clockSkew(source, receivedAtNs);
    const deviation = this.#peer.heard(source, record.priority, record.interval, stampedNs);
    if (deviation >= 0) this.counts.peerDeviation(deviation);
    const order = compareAddresses(source, own);
    if (this.router.isMaster) this.#diagnostics.otherMaster(this.router, record, order, receivedAtNs);
    this.router.advert(record.priority, record.interval, order, receivedAtNs);
    if (record.priority !== RESIGN_PRIORITY) this.member.heard();
  }

  reject(reason: RejectReason, source: Uint8Array): void {
    this.counts.rejects.add(reason);
    this.#refused = reason;
    this.#diagnostics.rejected(reason, source, this.#dependencies.clock.now());
  }

  // The router's port.

  sendAdvert(): void {
    this.#sender.send('advert');
  }
  sendResignation(): void {
    this.#sender.send('resignation');
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
  mayPromote(): boolean {
    return this.member.mayPromote();
  }
  announce(again: boolean): void {
    this.duty.announce(again);
  }
  changed(from: VrrpState, to: VrrpState, reason: RouterReason): void {
    const peer = this.#peer.known ? this.#peer.text : null;
    const refused = this.#refused === null ? null : rejectHints[this.#refused];
    const why = reasonText(reason, { peer, refused, masterDownMs: msFromNs(this.router.masterDownNs) });
    this.#why = why;
    this.counts.changed(to);
    this.#dependencies.out.log.info({ instance: this.name, from, to, why }, `${this.name} is ${to}: ${why}`);
    this.#dependencies.out.event({ type: 'vrrp-state', instance: this.name, from, to, why });
    this.tell();
    this.member.changed(from, to, why);
  }

  /** To the data plane, and as pushed state. */
  tell(): void {
    this.#dependencies.tellState({ kind: 'vrrp-state', instance: this.name, state: this.router.state, why: this.#why });
    this.publish();
  }

  /** Pushed state and counters. */
  publish(): void {
    this.counts.flush();
    const key = `vrrp/${this.name}`;
    this.#dependencies.out.state(key, { type: 'vrrp', key, view: this.view() });
  }

  view(): VrrpView {
    const { counts, router } = this;
    const realtime = `${this.#dependencies.realtime.text}; adverts ${this.#dependencies.hedge.text}`;
    const nowNs = this.#dependencies.clock.now();
    const group = this.member.group?.name ?? null;
    const parts = { config: this.#config, group, peer: this.#peer, tracks: this.#tracks, why: this.why };
    return viewOf({ ...parts, router, counts, realtime, nowNs, held: this.duty.views() });
  }

  #settings(priority: number) {
    const { version, advertIntervalNs: intervalNs, preempt, preemptDelayNs } = this.#config;
    return { version, priority, intervalNs, preempt, preemptDelayNs };
  }

  #tellPriority(priority: number): void {
    const [{ name }, why] = [this, priorityText(this.#tracks)];
    this.#dependencies.out.log.info({ instance: name, priority, why }, `${name} has priority ${priority}: ${why}`);
  }

  #actOnFaults(nowNs: Nanoseconds): void {
    const { state } = this.router;
    const faults = this.member.allFaults;
    if (faults.length === 0) {
      if (state === 'fault') this.router.control('recovered', nowNs, 'what was missing is there again');
      return;
    }
    const why = faults.join('; ');
    if (state !== 'fault') this.router.control('fault', nowNs, why);
    else if (why !== this.#why) {
      this.#why = why;
      this.tell();
    }
  }
}
