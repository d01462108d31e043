import type { Timing } from '../../src/health/timing.js';

/** A clock that only moves when told, with the timers that hang on it. */
export class FakeTiming implements Timing {
  #nowMs = 1000;
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  date(): Date {
    return new Date(Date.UTC(2025, 11, 6, 16, 15, 30, 123) + this.#nowMs - 1000);
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Lets what is ready run, moves on, fires what is due, and lets that run. */
  async advance(ms: number): Promise<void> {
    await settled();
    this.#nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs);
    for (const timer of due) timer.callback();
    await settled();
  }
}

/** All promise reactions that are due have run. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
