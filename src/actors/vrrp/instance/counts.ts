/** What is counted of an instance. Counting allocates nothing; once in a while it is told to the meter. */

import type { Meter } from '../../../model/observing/meter.js';
import { type VrrpState, vrrpStates } from '../../../model/states.js';
import { NS_PER_S } from '../../../model/units.js';
import { metrics } from '../metrics.js';
import { LatenessHistogram } from './lateness.js';
import { RecentLateness } from './recent-lateness.js';
import { RejectCounts } from './reject-counts.js';

export type InstanceLabels = {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
};

export class InstanceCounts {
  readonly rejects = new RejectCounts();
  readonly lateness = new LatenessHistogram();
  readonly recentLateness = new RecentLateness();
  sent = 0;
  received = 0;
  unsent = 0;
  transitions = 0;
  /** Of the adverts at their deadlines: by which of two threads that waited for it, or by one that waited alone. */
  sentByFirst = 0;
  sentBySecond = 0;
  sentAlone = 0;
  readonly #labels: InstanceLabels;
  readonly #meter: Meter;
  readonly #observeLateness: (value: number) => void;
  readonly #observeJitter: (value: number) => void;
  #told = { sent: 0, received: 0, unsent: 0, first: 0, second: 0, alone: 0 };

  constructor(labels: InstanceLabels, meter: Meter) {
    this.#labels = labels;
    this.#meter = meter;
    const instance = labels.name;
    this.#observeLateness = meter.histogram(metrics.fulcrum_vrrp_advert_lateness_seconds, { instance });
    this.#observeJitter = meter.histogram(metrics.fulcrum_vrrp_peer_jitter_seconds, { instance });
    this.#beginAtZero();
  }

  late(latenessNs: number, nowNs: number): void {
    this.lateness.add(latenessNs);
    this.recentLateness.add(latenessNs, nowNs);
    this.#observeLateness(latenessNs > 0 ? latenessNs / NS_PER_S : 0);
  }

  peerDeviation(deviationNs: number): void {
    this.#observeJitter(deviationNs / NS_PER_S);
  }

  changed(state: VrrpState): void {
    this.transitions += 1;
    this.#meter.count(metrics.fulcrum_vrrp_transitions_total, { instance: this.#labels.name, to: state });
    if (state === 'master') this.#becameMaster(1);
  }

  dualMaster(): void {
    this.#meter.count(metrics.fulcrum_vrrp_dual_master_total, { instance: this.#labels.name });
  }

  /** What came together since the last call. */
  flush(): void {
    const instance = this.#labels.name;
    const { sent, received, unsent, sentByFirst: first, sentBySecond: second, sentAlone: alone } = this;
    const count = (direction: string, by: number) => {
      if (by > 0) this.#meter.count(metrics.fulcrum_vrrp_adverts_total, { instance, direction }, by);
    };
    count('sent', sent - this.#told.sent);
    count('received', received - this.#told.received);
    count('unsent', unsent - this.#told.unsent);
    const countHedged = (thread: string, by: number) => {
      if (by > 0) this.#meter.count(metrics.fulcrum_vrrp_adverts_hedged_total, { instance, thread }, by);
    };
    countHedged('first', first - this.#told.first);
    countHedged('second', second - this.#told.second);
    countHedged('alone', alone - this.#told.alone);
    this.#told = { sent, received, unsent, first, second, alone };
    this.rejects.tell((reason, by) => this.#meter.count(metrics.fulcrum_vrrp_rejected_total, { instance, reason }, by));
  }

  /** A rate over the first event needs the zero before it. */
  #beginAtZero(): void {
    const instance = this.#labels.name;
    for (const direction of ['sent', 'received', 'unsent']) {
      this.#meter.count(metrics.fulcrum_vrrp_adverts_total, { instance, direction }, 0);
    }
    for (const thread of ['first', 'second', 'alone']) {
      this.#meter.count(metrics.fulcrum_vrrp_adverts_hedged_total, { instance, thread }, 0);
    }
    for (const to of vrrpStates) this.#meter.count(metrics.fulcrum_vrrp_transitions_total, { instance, to }, 0);
    this.#meter.count(metrics.fulcrum_vrrp_dual_master_total, { instance }, 0);
    this.#becameMaster(0);
  }

  #becameMaster(by: number): void {
    const { name, interface: intf, vrid } = this.#labels;
    this.#meter.count(metrics.keepalived_become_master_total, { iname: name, intf, vrid: String(vrid) }, by);
  }
}
