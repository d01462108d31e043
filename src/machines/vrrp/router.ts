/**
 * One virtual router over time: it ranks adverts, keeps the two timers and carries the machine's steps out on a port. It
 * has no clock and no socket, and in a steady state (a master that adverts, a backup that listens) it allocates nothing.
 */

import type { VrrpVersion } from '../../model/config.js';
import type { VrrpState } from '../../model/states.js';
import { type Nanoseconds, ns } from '../../model/units.js';
import { OWNER_PRIORITY, RESIGN_PRIORITY } from '../../wire/vrrp/advert.js';
import { advertEvents, rankOf } from './rank.js';
import { reasonOf } from './reason.js';
import { goesOnAsMaster } from './rival.js';
import type { RouterControl, RouterPort } from './router-port.js';
import type { RouterEffect, RouterEventType, RouterFlags, RouterPlace } from './state-machine.js';
import { type RouterTable, stateOf } from './table.js';
import { heldUpGrace, masterDownInterval, silenceLimit, skewTime } from './timers.js';

export type RouterSettings = {
  readonly version: VrrpVersion;
  /** After tracking: 1-254, or 255. */
  readonly priority: number;
  readonly intervalNs: Nanoseconds;
  readonly preempt: boolean;
  readonly preemptDelayNs: Nanoseconds;
};

/**
 * A master answers a rival's adverts, but none within this time of the answer before: 500 adverts a second are no flood,
 * and one of them reaches every rival of a segment.
 */
export const ANSWER_SPACING_NS = 2e6;

export const NEVER = Number.POSITIVE_INFINITY;

export const flagsOf = (settings: RouterSettings): RouterFlags => ({
  owner: settings.priority === OWNER_PRIORITY,
  preempt: settings.preempt,
  delayed: settings.preemptDelayNs > 0,
});

export class VrrpRouter {
  readonly #port: RouterPort;
  readonly #tableOf: (flags: RouterFlags) => RouterTable;
  #table: RouterTable;
  #settings: RouterSettings;
  #place: RouterPlace = 'init';
  /** Active_Adver_Interval. */
  #masterIntervalNs: Nanoseconds;
  /**
   * When `due` has something to do, on the clock of the caller; infinite while nothing is awaited. Written here alone. A field,
   * since a loop reads it of every router in every turn, and each number that a getter answers with may be an object.
   */
  deadlineNs = NEVER;
  /** The one timer, absolute; what it means depends on the state. */
  #timerNs = NEVER;
  /** Of a backup's timer: when the advert came that armed it, and whether that one was a resignation. */
  #heardAtNs = 0;
  #skewOnly = false;
  /** A master was heard since this router began to listen; a lower one since its timer was armed, without an effect. */
  #heardAny = false;
  #passedOver = false;
  /** The timer was put off once since the last advert. */
  #graced = false;
  /** The timer has run out since it was armed. */
  #ranOut = false;
  /** Waited beyond the usual time. */
  #lingerNs = 0;
  #preemptAtNs = NEVER;
  #masterSinceNs = NEVER;
  #answerAfterNs = Number.NEGATIVE_INFINITY;

  constructor(port: RouterPort, settings: RouterSettings, tableOf: (flags: RouterFlags) => RouterTable) {
    this.#port = port;
    this.#settings = settings;
    this.#tableOf = tableOf;
    this.#table = tableOf(flagsOf(settings));
    this.#masterIntervalNs = settings.intervalNs;
  }

  get state(): VrrpState {
    return stateOf(this.#place);
  }
  get place(): RouterPlace {
    return this.#place;
  }
  get isMaster(): boolean {
    return this.#place === 'master';
  }
  /** A backup that would be master, if it may. */
  get isReady(): boolean {
    return this.#ranOut && this.state === 'backup';
  }
  /** A backup that accepts the master that it hears. */
  get isFollowing(): boolean {
    return this.#place !== 'backup.preempting' && this.state === 'backup';
  }
  get settings(): RouterSettings {
    return this.#settings;
  }
  get masterDownNs(): Nanoseconds {
    return masterDownInterval(this.#settings.priority, this.#masterIntervalNs, this.#settings.version);
  }

  /**
   * Whether packets that wait must be read before this deadline is acted on: always before a promotion, and when a master
   * is so late that a peer may have taken over.
   */
  mustListenFirst(nowNs: number): boolean {
    return !this.isMaster || nowNs - this.#timerNs > silenceLimit(this.#settings.intervalNs);
  }

  /** Acts on what is due by `nowNs`. Late by several intervals, it still speaks once. */
  due(nowNs: Nanoseconds): void {
    if (this.#preemptAtNs <= nowNs) {
      this.#preemptAtNs = NEVER;
      this.#step('preempt-delay-over', nowNs, '');
    }
    if (this.#timerNs > nowNs || this.#wasHeldUp(nowNs) || this.#mustWait(nowNs)) return;
    this.#step('timer', nowNs, '');
  }

  /** A router that is ready becomes master, for the reason that it had waited with. */
  promote(nowNs: Nanoseconds): void {
    if (this.isReady) this.#step('timer', nowNs, '');
  }

  /** A backup waits so much longer than the usual time, unless it hears a master. */
  linger(byNs: Nanoseconds): void {
    if (this.state !== 'backup') return;
    this.#lingerNs = byNs;
    this.#armBackup();
    this.#settle();
  }

  /**
   * An advert that was accepted. `sourceOrder` compares the sender's address with one's own, unsigned (section 6.4.3);
   * `receivedAtNs` is when the kernel had it. Answers false where it is left without an effect: an
   * owner's rival, or a flood of them.
   */
  advert(priority: number, intervalNs: Nanoseconds, sourceOrder: number, receivedAtNs: Nanoseconds): boolean {
    // Section 7.1: an address owner discards whatever it hears.
    if (this.isMaster && this.#settings.priority === OWNER_PRIORITY) return false;
    const rank = rankOf(priority, this.#settings.priority, sourceOrder);
    if (this.isMaster && rank !== 'higher' && rank !== 'tie-lost') {
      if (receivedAtNs < this.#answerAfterNs) return false;
      this.#answerAfterNs = receivedAtNs + ANSWER_SPACING_NS;
    }
    this.#advertIntervalNs = intervalNs;
    this.#heardAny = true;
    this.#step(advertEvents[rank], receivedAtNs, '');
    if (rank === 'lower' && this.#place === 'backup.preempting') this.#passedOver = true;
    return true;
  }

  /** Whether the sender of such an advert and this router both go on as masters. Ask it before `advert`. */
  isSecondMaster(priority: number, intervalNs: Nanoseconds, sourceOrder: number, receivedAtNs: Nanoseconds): boolean {
    if (!this.isMaster || priority === RESIGN_PRIORITY) return false;
    const rank = rankOf(priority, this.#settings.priority, sourceOrder);
    const yields = (rank === 'higher' || rank === 'tie-lost') && this.#settings.priority !== OWNER_PRIORITY;
    return !yields && goesOnAsMaster(receivedAtNs - this.#masterSinceNs, this.#settings.intervalNs, intervalNs);
  }
  /** Of the advert in hand, for `learn-interval`. */
  #advertIntervalNs: Nanoseconds = ns(0);

  /** Start, stop, faults and people; `why` is kept with the change of state. */
  control(type: RouterControl, nowNs: Nanoseconds, why: string): void {
    this.#step(type, nowNs, why);
  }

  /** New settings without a missed advert: what is awaited comes at the earlier of the old and the new time. */
  configure(settings: RouterSettings, nowNs: Nanoseconds): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#table = this.#tableOf(flagsOf(settings));
    // All routers of version 2 have one interval, and none of them tells another.
    if (settings.version === 2) this.#masterIntervalNs = settings.intervalNs;
    if (this.#timerNs === NEVER) return;
    if (this.isMaster) {
      // A peer that knows the old interval must hear of a longer one in time.
      const sooner = this.#timerNs - before.intervalNs + settings.intervalNs;
      this.#timerNs = Math.min(this.#timerNs, Math.max(sooner, nowNs));
    } else {
      this.#armBackup();
    }
    this.#settle();
  }

  #step(type: RouterEventType, nowNs: Nanoseconds, why: string): void {
    const from = this.#place;
    const step = this.#table[from][type];
    this.#place = step.next;
    const effects = step.effects;
    for (let index = 0; index < effects.length; index += 1)
      this.#apply(effects[index] as RouterEffect, from, type, nowNs);
    if (step.next !== from && step.next !== 'backup.delaying') this.#preemptAtNs = NEVER;
    this.#settle();
    if (step.next === from) return;
    const was = stateOf(from);
    const is = stateOf(step.next);
    if (was === is) return;
    if (is === 'master') this.#masterSinceNs = nowNs;
    const heard = { any: this.#heardAny, resigned: this.#skewOnly, passedOver: this.#passedOver };
    this.#port.changed(was, is, reasonOf(type, from, step.next, heard, why));
  }

  #apply(effect: RouterEffect, from: RouterPlace, type: RouterEventType, nowNs: Nanoseconds): void {
    switch (effect) {
      case 'send-advert':
        this.#port.sendAdvert();
        return;
      case 'send-resignation':
        this.#port.sendResignation();
        return;
      case 'take-addresses':
        this.#port.takeAddresses();
        return;
      case 'release-addresses':
        this.#port.releaseAddresses();
        return;
      case 'announce':
        this.#port.announce(false);
        return;
      case 'announce-again':
        this.#port.announce(true);
        return;
      case 'learn-interval':
        this.#masterIntervalNs = this.#advertIntervalNs;
        return;
      case 'own-interval':
        this.#masterIntervalNs = this.#settings.intervalNs;
        this.#heardAny = false;
        return;
      case 'arm-advert':
        // Only a master's own timer stays on the grid of its first advert; anything else starts a new one.
        this.#timerNs = this.#nextAdvert(from === 'master' && type === 'timer', nowNs);
        return;
      case 'arm-master-down':
      case 'arm-skew':
        this.#heardAtNs = nowNs;
        this.#skewOnly = effect === 'arm-skew';
        this.#passedOver = false;
        this.#graced = false;
        this.#ranOut = false;
        // A master that resigns may have yielded in the same moment: it is waited for all the same.
        if (!this.#skewOnly) this.#lingerNs = 0;
        this.#armBackup();
        return;
      case 'arm-preempt-delay':
        this.#preemptAtNs = nowNs + this.#settings.preemptDelayNs;
        return;
      case 'disarm':
        this.#timerNs = NEVER;
        return;
      default:
        effect satisfies never;
    }
  }

  /** Puts a backup's timer off where the silence may be its own. A master that resigned is gone for certain. */
  #wasHeldUp(nowNs: number): boolean {
    const graceNs = heldUpGrace(nowNs - this.#timerNs, this.#masterIntervalNs);
    if (graceNs === 0 || this.#graced || this.#skewOnly || this.state !== 'backup') return false;
    this.#graced = true;
    this.#timerNs = nowNs + graceNs;
    this.#settle();
    return true;
  }

  #mustWait(nowNs: number): boolean {
    if (this.isMaster) return false;
    this.#ranOut = true;
    if (this.#port.mayPromote()) return false;
    this.#timerNs = nowNs + this.masterDownNs;
    this.#settle();
    return true;
  }

  #settle(): void {
    this.deadlineNs = this.#timerNs < this.#preemptAtNs ? this.#timerNs : this.#preemptAtNs;
  }

  #armBackup(): void {
    const { priority, version } = this.#settings;
    const wait = this.#skewOnly ? skewTime(priority, this.#masterIntervalNs, version) : this.masterDownNs;
    this.#timerNs = this.#heardAtNs + wait + this.#lingerNs;
  }

  /** Absolute, so that no lateness adds up; points of the grid that were slept through are left out. */
  #nextAdvert(onGrid: boolean, nowNs: number): number {
    const { intervalNs } = this.#settings;
    const next = onGrid ? this.#timerNs + intervalNs : this.#port.advertTime(nowNs + intervalNs);
    return next > nowNs ? next : next + Math.ceil((nowNs - next + 1) / intervalNs) * intervalNs;
  }
}
