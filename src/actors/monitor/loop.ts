import { type Clock, monotonicNow } from '../../net/clock.js';
import { type Nanoseconds, NS_PER_MS } from '../../wire/units.js';

/** The event loop and the clocks as a shard sees them; tests have a simulated one. */
export interface Loop {
  readonly now: Clock;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whom to wake. */
  onWake(wake: () => void): void;
  /** Wakes once, at that time or shortly after it, in the place of the time said before; Infinity = not at all. */
  wakeAt(atNs: Nanoseconds): void;
  /** Runs `then` once the I/O that is ready now was handled: what came in before a deadline is seen before it is judged. */
  afterIo(then: () => void): void;
  /** Runs `then` when the present callback is over, and the results that it brought were told. */
  afterTurn(then: () => void): void;
}

/** Longest span that a Node timer takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export function createLoop(): Loop {
  let wake: () => void = () => {};
  let timer: NodeJS.Timeout | null = null;
  return {
    now: monotonicNow,
    wallMs: Date.now,
    random: Math.random,
    onWake: (to) => {
      wake = to;
    },
    wakeAt(atNs) {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (atNs === Number.POSITIVE_INFINITY) return;
      const delayMs = Math.min(Math.max(1, Math.ceil((atNs - monotonicNow()) / NS_PER_MS)), MAX_TIMEOUT_MS);
      timer = setTimeout(() => {
        timer = null;
        wake();
      }, delayMs);
    },
    // Within one turn libuv runs timers, then polls for I/O, then runs immediates.
    afterIo: (then) => void setImmediate(then),
    afterTurn: queueMicrotask,
  };
}
