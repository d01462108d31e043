/**
 * How long the thread that probes was itself held up (garbage collection, a long message, no processor): the time between when it meant
 * to wake and when it did. What that took from a probe is not the target's doing. The idea is memberlist's awareness: who
 * is late himself does not accuse others.
 */
import { type Nanoseconds, NS_PER_MS, ns } from '../../model/units.js';

/** While probes are under way it is looked this often whether they are being held up here. */
export const STALL_SAMPLE_NS: Nanoseconds = ns(10 * NS_PER_MS);
/** A wake-up this late is the event loop's own coarseness. */
const STALL_TOLERANCE_NS: Nanoseconds = ns(2 * NS_PER_MS);
/** Stalls that are remembered one by one: a shorter one counts only while no longer one came after it, so few are kept. */
const STALL_MEMORY = 64;
/** A probe waits for its peer this often at most, one thing after another: connect, TLS (two), request, reply, one more. */
const PROBE_STEPS = 6;
/** A target that had less than nine tenths of its time, because of this thread, is not blamed. */
const RELEVANT_LOSS = 0.1;
/** A probe gets back the time that its thread took from it, up to this multiple of its timeout in all. */
const MAX_TIMEOUT_STRETCH = 2;

type Stall = { readonly endNs: number; readonly lengthNs: number };

export class StallMeter {
  #expectedNs = Number.POSITIVE_INFINITY;
  #totalNs = 0;
  /** Those that no later one exceeds, so each is shorter than the one before it: the first after a time is the longest since. */
  readonly #longest: Stall[] = [];

  /** Of all stalls so far. */
  get totalNs(): Nanoseconds {
    return ns(this.#totalNs);
  }

  /** Said when the timer is set. */
  expect(wakeNs: Nanoseconds): void {
    this.#expectedNs = wakeNs;
  }

  /** Said first thing when it fires. */
  woke(nowNs: Nanoseconds): void {
    const lengthNs = nowNs - this.#expectedNs;
    this.#expectedNs = Number.POSITIVE_INFINITY;
    if (lengthNs <= STALL_TOLERANCE_NS) return;
    this.#totalNs += lengthNs;
    while ((this.#longest.at(-1)?.lengthNs ?? Number.POSITIVE_INFINITY) <= lengthNs) this.#longest.pop();
    this.#longest.push({ endNs: nowNs, lengthNs });
    if (this.#longest.length > STALL_MEMORY) this.#longest.shift();
  }

  /**
   * The most that stalls can have taken from a probe that began at `startedNs`, when the total was `totalBeforeNs`: it waits
   * for a few things one after the other, and each wait can lose no more than the longest stall.
   */
  lostSince(startedNs: Nanoseconds, totalBeforeNs: Nanoseconds): Nanoseconds {
    const longestNs = this.#longest.find((stall) => stall.endNs > startedNs)?.lengthNs ?? 0;
    return ns(Math.min(this.#totalNs - totalBeforeNs, PROBE_STEPS * longestNs));
  }
}

/** What to make of a probe that is past its deadline, after all that had come in was looked at. */
export type OverdueVerdict =
  | { readonly kind: 'timed-out' }
  /** The thread gives back the time that it took from the probe. */
  | { readonly kind: 'extend'; readonly byNs: Nanoseconds }
  /** It took too much of it: nothing can be said. */
  | { readonly kind: 'not-judged' };

export function judgeOverdue(timeoutNs: Nanoseconds, elapsedNs: Nanoseconds, lostNs: Nanoseconds): OverdueVerdict {
  const ownNs = elapsedNs - lostNs;
  if (ownNs >= timeoutNs * (1 - RELEVANT_LOSS)) return { kind: 'timed-out' };
  const leftNs = timeoutNs * MAX_TIMEOUT_STRETCH - elapsedNs;
  return leftNs <= 0 ? { kind: 'not-judged' } : { kind: 'extend', byNs: ns(Math.min(timeoutNs - ownNs, leftNs)) };
}
