/** What an instance tells people of its neighbours and of itself, at once and then rarely: asking costs little, telling more. */
import type { VrrpRouter } from '../../../machines/vrrp/router.js';
import { addressText } from '../../../model/ip-address.js';
import type { Nanoseconds } from '../../../model/units.js';
import { type AdvertRecord, OWNER_PRIORITY, type RejectReason } from '../../../wire/vrrp/advert.js';
import type { InstanceAlarms } from '../instance-alarms.js';
import type { InstanceCounts } from './counts.js';
import type { Peer } from './peer.js';
import { rejectHints } from './reject-hints.js';

export class Diagnostics {
  readonly #alarms: InstanceAlarms;
  readonly #counts: InstanceCounts;
  readonly #peer: Peer;

  constructor(alarms: InstanceAlarms, counts: InstanceCounts, peer: Peer) {
    this.#alarms = alarms;
    this.#counts = counts;
    this.#peer = peer;
  }

  /** A packet that looks like an advert was refused. */
  rejected(reason: RejectReason, source: Uint8Array, nowNs: Nanoseconds): void {
    if (!this.#counts.rejects.shouldTell(reason, nowNs)) return;
    const alarm = reason === 'own-address' ? 'own-address' : 'rejected';
    const from = addressText(source) ?? 'an unknown address';
    this.#alarms.raise(alarm, `an advert from ${from} was refused: ${rejectHints[reason]}`, nowNs, reason);
  }

  /** The time of an advert that was accepted is more than half the time window away. */
  clockSkew(source: Uint8Array, nowNs: Nanoseconds): void {
    if (this.#alarms.isQuiet('clock-skew', nowNs)) return;
    const from = addressText(source) ?? 'an unknown address';
    const why = `the clocks of ${from} and of this node are more than half the time window apart`;
    this.#alarms.raise('clock-skew', `${why}: beyond the window its adverts are refused`, nowNs);
  }

  /** This node, a master, was later than its peers' patience. */
  late(latenessNs: number, nowNs: Nanoseconds): void {
    if (this.#alarms.isQuiet('late', nowNs)) return;
    const why = `this node was ${Math.round(latenessNs / 1e6)} ms late, and listened before it spoke again`;
    this.#alarms.raise('late', why, nowNs);
  }

  /** This node, a master, hears another one. Before the router does. */
  otherMaster(router: VrrpRouter, { priority, interval }: AdvertRecord, order: number, nowNs: Nanoseconds): void {
    if (router.isSecondMaster(priority, interval, order, nowNs)) this.#secondMaster(nowNs);
    if (priority !== OWNER_PRIORITY || this.#alarms.isQuiet('foreign-owner', nowNs)) return;
    const why = `${this.#peer.address} says that it owns the addresses (priority ${OWNER_PRIORITY})`;
    this.#alarms.raise('foreign-owner', why, nowNs);
  }

  /** It goes on as master beside this one. */
  #secondMaster(nowNs: Nanoseconds): void {
    this.#counts.dualMaster();
    if (this.#alarms.isQuiet('dual-master', nowNs)) return;
    const { address, priority } = this.#peer;
    this.#alarms.raise('dual-master', `${address} is master too, with priority ${priority}`, nowNs);
  }
}
