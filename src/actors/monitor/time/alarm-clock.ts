/**
 * The one timer of a shard: it sleeps until the next of all times that were set, does together what falls due together, and
 * measures how long it was kept from waking.
 */
import { STALL_SAMPLE_NS, StallMeter } from '../../../machines/scheduling/stall-meter.js';
import { type Nanoseconds, ns } from '../../../model/units.js';
import type { Loop } from './loop.js';
import { TimerWheel } from './timer-wheel.js';

export type AlarmClockOptions = {
  readonly loop: Loop;
  /** The time of this timer has come. */
  readonly onTimer: (timer: number) => void;
  /** All whose time had come were told. */
  readonly onWoken: () => void;
  /** Whether something is under way that a stall would hold up. */
  readonly isBusy: () => boolean;
};

export class AlarmClock {
  readonly stalls = new StallMeter();
  readonly #options: AlarmClockOptions;
  readonly #wheel: TimerWheel;
  #armedNs: number = Number.POSITIVE_INFINITY;
  #awake = false;

  constructor(options: AlarmClockOptions) {
    this.#options = options;
    this.#wheel = new TimerWheel(options.loop.now());
    options.loop.onWake(() => this.#wake());
  }

  /** Sets a timer, in the place of its time before. */
  set(timer: number, atNs: Nanoseconds): void {
    this.#wheel.set(timer, atNs);
    if (!this.#awake && atNs < this.#armedNs) this.#arm();
  }

  clear(timer: number): void {
    this.#wheel.clear(timer);
  }

  stop(): void {
    this.#options.loop.wakeAt(ns(Number.POSITIVE_INFINITY));
  }

  #arm(): void {
    const { loop, isBusy } = this.#options;
    const sampleNs = isBusy() ? loop.now() + STALL_SAMPLE_NS : Number.POSITIVE_INFINITY;
    this.#armedNs = Math.min(this.#wheel.nextNs(), sampleNs);
    this.stalls.expect(ns(this.#armedNs));
    loop.wakeAt(ns(this.#armedNs));
  }

  #wake(): void {
    const { loop, onTimer, onWoken } = this.#options;
    const nowNs = loop.now();
    this.stalls.woke(nowNs);
    this.#awake = true;
    this.#wheel.advance(nowNs, onTimer);
    onWoken();
    // Probes that end within this turn need no sampling.
    loop.afterTurn(() => {
      this.#awake = false;
      this.#arm();
    });
  }
}
