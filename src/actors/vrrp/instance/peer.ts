/** Who was heard last as master, and how evenly its adverts come, by the kernel's receive time stamps. */
import { addressText } from '../../../model/ip-address.js';
import type { Nanoseconds } from '../../../model/units.js';
import { compareAddresses, RESIGN_PRIORITY } from '../../../wire/vrrp/advert.js';

/** Weight of a new deviation in the mean, as RFC 3550 section 6.4.1 smooths jitter. */
const SMOOTHING = 1 / 16;
/** A gap of more intervals than this is loss, not jitter; none or a negative one is a wall clock that was set. */
const LARGEST_GAP = 1.9;

export class Peer {
  /** Its last advert had the password, or a valid HMAC. */
  authenticated = false;
  #address = new Uint8Array(0);
  #priority = 0;
  #resigned = false;
  #intervalNs = 0;
  #stampedNs = 0;
  #jitterNs = 0;

  /** Answers with how far the advert's distance from the one before it is from the interval; -1 when that says nothing. */
  heard(source: Uint8Array, priority: number, intervalNs: Nanoseconds, stampedNs: Nanoseconds): number {
    const same = this.#address.length === source.length && compareAddresses(this.#address, source) === 0;
    const gapNs = stampedNs - this.#stampedNs;
    const comparable = same && this.#intervalNs === intervalNs && this.#stampedNs > 0 && stampedNs > 0;
    if (!same) {
      this.#address = Uint8Array.from(source);
      this.#jitterNs = 0;
      this.#priority = 0;
    }
    this.#resigned = priority === RESIGN_PRIORITY;
    if (!this.#resigned) this.#priority = priority;
    this.#intervalNs = intervalNs;
    this.#stampedNs = stampedNs;
    if (!comparable || gapNs <= 0 || gapNs > LARGEST_GAP * intervalNs) return -1;
    const deviation = Math.abs(gapNs - intervalNs);
    this.#jitterNs += (deviation - this.#jitterNs) * SMOOTHING;
    return deviation;
  }

  get known(): boolean {
    return this.#address.length > 0;
  }
  get address(): string {
    return addressText(this.#address) ?? '';
  }
  /** The last one that it ran with; 0 where nothing but a resignation was ever heard of it. */
  get priority(): number {
    return this.#priority;
  }
  /** Its last advert told that it stops being master. */
  get resigned(): boolean {
    return this.#resigned;
  }
  /** Such as `10.0.0.2, priority 100`. */
  get text(): string {
    return this.#priority === 0 ? this.address : `${this.address}, priority ${this.#priority}`;
  }
  get intervalNs(): number {
    return this.#intervalNs;
  }
  get jitterNs(): number {
    return this.#jitterNs;
  }
}
