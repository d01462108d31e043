/** A router's deadline, which a second thread may keep in place of this one. */
import type { VrrpRouter } from '../../../machines/vrrp/router.js';
import type { Nanoseconds } from '../../../model/units.js';
import type { AdvertSender } from './advert-sender.js';

export class HedgedDeadline {
  readonly #router: VrrpRouter;
  readonly #sender: AdvertSender;

  constructor(router: VrrpRouter, sender: AdvertSender) {
    this.#router = router;
    this.#sender = sender;
  }

  /** Before the router is told of anything but its deadline. What the second thread has sent by now was due, so it comes first. */
  takeBack(): void {
    if (this.#sender.takeBack() === 'sent-by-second') this.#due(this.#router.deadlineNs as Nanoseconds);
  }

  /** At the deadline. True: the second thread kept it, and the router goes on as if it had been told in time. */
  isKept(): boolean {
    if (this.#sender.takeAtDeadline() === 'ours') return false;
    this.#due(this.#router.deadlineNs as Nanoseconds);
    return true;
  }

  /** This thread keeps it. After `isKept` alone. */
  keep(nowNs: Nanoseconds): void {
    this.#due(nowNs);
  }

  /** After all that may have changed the deadline, or what is sent at it. */
  arm(): void {
    const router = this.#router;
    if (router.isMaster) this.#sender.arm(router.deadlineNs, router.settings.intervalNs);
    else this.#sender.rest();
  }

  #due(nowNs: Nanoseconds): void {
    this.#sender.dueNs = this.#router.deadlineNs;
    this.#router.due(nowNs);
    this.#sender.dueNs = Number.NaN;
  }
}
