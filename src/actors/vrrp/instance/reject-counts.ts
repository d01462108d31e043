/** Rejected packets per reason; counting one costs an addition, and nothing else: they may come by the ten thousand. */
import { type RejectReason, rejectReasons } from '../../../wire/vrrp/advert.js';

const indexOf = Object.fromEntries(rejectReasons.map((reason, index) => [reason, index])) as Readonly<
  Record<RejectReason, number>
>;

/** A person is told of a reason again only after this time. */
const TELL_SPACING_NS = 60e9;

export class RejectCounts {
  readonly #counts = new Float64Array(rejectReasons.length);
  readonly #told = new Float64Array(rejectReasons.length);
  readonly #quietUntilNs = new Float64Array(rejectReasons.length).fill(Number.NEGATIVE_INFINITY);
  #total = 0;

  add(reason: RejectReason): void {
    const index = indexOf[reason];
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  of(reason: RejectReason): number {
    return this.#counts[indexOf[reason]] as number;
  }

  /** Whether a person should be told of this reason now; true once in a while. */
  shouldTell(reason: RejectReason, nowNs: number): boolean {
    const index = indexOf[reason];
    if (nowNs < (this.#quietUntilNs[index] as number)) return false;
    this.#quietUntilNs[index] = nowNs + TELL_SPACING_NS;
    return true;
  }

  /** Calls back for each reason that grew since the last call, with by how much. */
  tell(each: (reason: RejectReason, by: number) => void): void {
    for (let index = 0; index < rejectReasons.length; index += 1) {
      const by = (this.#counts[index] as number) - (this.#told[index] as number);
      if (by === 0) continue;
      this.#told[index] = this.#counts[index] as number;
      each(rejectReasons[index] as RejectReason, by);
    }
  }
}
