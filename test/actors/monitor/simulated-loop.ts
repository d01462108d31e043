import type { Loop } from '../../../src/actors/monitor/time/loop.js';
import { type Nanoseconds, NS_PER_MS, ns, nsFromMs } from '../../../src/model/units.js';

/**
 * An event loop on a clock of its own. Each turn does what libuv does, in its order: the timer, the I/O that is ready, the
 * immediates; and after each callback what was put off to its end.
 */
export class SimulatedLoop implements Loop {
  #nowNs = nsFromMs(1_000_000);
  #wake: () => void = () => {};
  #wakeNs: number = Number.POSITIVE_INFINITY;
  #io: { readonly atNs: number; readonly then: () => void }[] = [];
  #immediates: (() => void)[] = [];
  #turnEnds: (() => void)[] = [];
  #seed = 1;
  wakes = 0;

  readonly now = (): Nanoseconds => this.#nowNs;
  readonly wallMs = (): number => 1.7e12 + this.#nowNs / NS_PER_MS;
  readonly random = (): number => {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };
  readonly afterIo = (then: () => void): void => void this.#immediates.push(then);
  readonly afterTurn = (then: () => void): void => void this.#turnEnds.push(then);

  onWake(wake: () => void): void {
    this.#wake = wake;
  }

  wakeAt(atNs: Nanoseconds): void {
    this.#wakeNs = atNs;
  }

  /** Something comes in from outside `afterMs` from now. */
  io(afterMs: number, then: () => void): void {
    this.#io.push({ atNs: this.#nowNs + afterMs * NS_PER_MS, then });
    this.#io.sort((a, b) => a.atNs - b.atNs);
  }

  /** Time passes, and nothing is run: the thread is held up. */
  stall(forMs: number): void {
    this.#nowNs = ns(this.#nowNs + forMs * NS_PER_MS);
  }

  /** Runs what happens in the next `forMs`. */
  run(forMs: number): void {
    const untilNs = this.#nowNs + forMs * NS_PER_MS;
    for (;;) {
      const idle = this.#immediates.length === 0;
      const nextNs = Math.min(this.#wakeNs, this.#io[0]?.atNs ?? Number.POSITIVE_INFINITY);
      if (idle && nextNs > untilNs) break;
      if (idle && nextNs > this.#nowNs) this.#nowNs = ns(nextNs);
      this.#turn();
    }
    this.#nowNs = ns(Math.max(untilNs, this.#nowNs));
  }

  #turn(): void {
    if (this.#wakeNs <= this.#nowNs) {
      this.#wakeNs = Number.POSITIVE_INFINITY;
      this.wakes += 1;
      this.#call(this.#wake);
    }
    while ((this.#io[0]?.atNs ?? Number.POSITIVE_INFINITY) <= this.#nowNs) {
      const ready = this.#io.shift();
      if (ready !== undefined) this.#call(ready.then);
    }
    for (const immediate of this.#immediates.splice(0)) this.#call(immediate);
  }

  #call(callback: () => void): void {
    callback();
    for (let end = this.#turnEnds.shift(); end !== undefined; end = this.#turnEnds.shift()) end();
  }
}
