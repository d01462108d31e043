/** What an instance has beside its adverts while it is master: addresses, and then the routes and rules that need them. */

import type { VrrpInstanceConfig } from '../../../model/config.js';
import type { HeldView } from '../../../model/observing/held-view.js';
import type { AddressClaim } from '../../../wire/vrrp/announcement.js';
import { type Placement, VipController, type WatchedAddress } from '../addresses/vip-controller.js';
import type { HeldDependencies } from '../dependencies.js';
import type { InstanceAlarms } from '../instance-alarms.js';
import { RoutingController } from '../routing/routing-controller.js';

export class Duty {
  /**
   * When `work` has something to do. Written here alone. A field, since the loop reads it of every instance in every turn:
   * each number that a getter answers with may be an object.
   */
  nextNs = Number.POSITIVE_INFINITY;
  readonly #vips: VipController;
  readonly #routing: RoutingController;

  constructor(config: VrrpInstanceConfig, dependencies: HeldDependencies, alarms: InstanceAlarms) {
    this.#vips = new VipController(config, dependencies, alarms);
    this.#routing = new RoutingController(config, dependencies, alarms);
  }

  configure(config: VrrpInstanceConfig): void {
    this.#vips.configure(config);
    this.#routing.configure(config);
    this.#settle();
  }

  /** As `VipController.place`. */
  place(at: Placement, source: Uint8Array | null, nowNs: number): void {
    this.#vips.place(at, source, nowNs);
    this.#routing.place(at.link, nowNs);
    this.#settle();
  }

  /** The addresses at once, the rest in later turns. */
  take(): void {
    this.#vips.take();
    this.#routing.take();
    this.#settle();
  }

  release(): void {
    this.#vips.release();
    this.#routing.release();
    this.#settle();
  }

  announce(again: boolean): void {
    this.#vips.announce(again);
    this.#settle();
  }

  /** One small piece of what is due; announcements come before routes, as they move the traffic. */
  work(nowNs: number): void {
    if (this.#vips.nextNs <= nowNs) this.#vips.work(nowNs);
    else this.#routing.work(nowNs);
    this.#settle();
  }

  /** All that is left to remove, at once: before the thread ends. */
  finish(): void {
    this.#vips.finish();
    this.#routing.finish();
    this.#settle();
  }

  get watched(): readonly WatchedAddress[] {
    return this.#vips.watched;
  }

  claimed(name: string, claim: AddressClaim, nowNs: number): void {
    this.#vips.claimed(name, claim, nowNs);
    this.#settle();
  }

  views(): readonly HeldView[] {
    return [...this.#vips.views(), ...this.#routing.views()];
  }

  #settle(): void {
    this.nextNs = Math.min(this.#vips.nextNs, this.#routing.nextNs);
  }
}
