/**
 * Against adverts that are recorded and sent again: each has a sequence number made of its sender's clock, which grows. Pure.
 * `windowS` null: a clock of its own is enough for each sender; else the number must be near the receiver's time as well.
 */
import { compareAddresses } from '../../wire/vrrp/advert.js';
import type { Sequence } from '../../wire/vrrp/trailer.js';

/** Serial number arithmetic (RFC 1982) over 64 bits, so that a wrap of the seconds is no end. */
export function isAfter(a: Sequence, b: Sequence): boolean {
  const borrow = a.ticks < b.ticks ? 1 : 0;
  const seconds = (a.seconds - b.seconds - borrow) | 0;
  return seconds > 0 || (seconds === 0 && a.ticks !== b.ticks);
}

/** How far one time is before another, in seconds that wrap. */
const secondsUntil = (from: number, to: number): number => (to - from) | 0;

/** The numbers of what one router sends. */
export class SendSequence {
  /** Of the advert that is prepared: it may be sent or not. */
  readonly planned: Sequence = { seconds: 0, ticks: 0 };
  readonly #sent: Sequence = { seconds: 0, ticks: 0 };
  #any = false;

  /** The number of an advert that leaves at this time; `ticks` has a counter of 0. */
  plan(seconds: number, ticks: number, windowS: number | null): void {
    const { planned } = this;
    planned.seconds = seconds;
    planned.ticks = ticks;
    if (!this.#any || isAfter(planned, this.#sent)) return;
    // A clock that was set back by more than the window: with the old time nobody would take it.
    if (windowS !== null && secondsUntil(seconds, this.#sent.seconds) > windowS) return;
    planned.ticks = (this.#sent.ticks + 1) >>> 0;
    planned.seconds = (this.#sent.seconds + (planned.ticks === 0 ? 1 : 0)) >>> 0;
  }

  /** What was planned is with the network. */
  sent(): void {
    this.#any = true;
    this.#sent.seconds = this.planned.seconds;
    this.#sent.ticks = this.planned.ticks;
  }
}

type Sender = { readonly source: Uint8Array; last: Sequence; usedAt: number };

/** The highest number of each sender. What is told here must be authentic. */
export class ReplayGuard {
  readonly #most: number;
  readonly #senders: Sender[] = [];
  #uses = 0;

  /** Remembers so many senders: of more, the one that was silent longest is forgotten. */
  constructor(most: number) {
    this.#most = most;
  }

  /** False where the number does not grow. */
  accepts(source: Uint8Array, sequence: Sequence, nowS: number, windowS: number | null): boolean {
    this.#uses += 1;
    const known = this.#senders.find((each) => compareAddresses(each.source, source) === 0);
    if (known === undefined) {
      this.#remember({ source: Uint8Array.from(source), last: { ...sequence }, usedAt: this.#uses });
      return true;
    }
    known.usedAt = this.#uses;
    // What is outside the window is refused for that: a sender whose clock was set right may begin anew.
    const isOld = windowS !== null && !isFresh(known.last.seconds, nowS, windowS);
    if (!isOld && !isAfter(sequence, known.last)) return false;
    known.last.seconds = sequence.seconds;
    known.last.ticks = sequence.ticks;
    return true;
  }

  #remember(sender: Sender): void {
    if (this.#senders.length < this.#most) {
      this.#senders.push(sender);
      return;
    }
    const oldest = this.#senders.reduce((least, each) => (each.usedAt < least.usedAt ? each : least));
    this.#senders[this.#senders.indexOf(oldest)] = sender;
  }
}

export const isFresh = (seconds: number, nowS: number, windowS: number): boolean =>
  Math.abs(secondsUntil(seconds, nowS)) <= windowS;

/** Half the window is used up: somebody should look at the clocks. */
export const isNearlyStale = (seconds: number, nowS: number, windowS: number): boolean =>
  Math.abs(secondsUntil(seconds, nowS)) > windowS / 2;
