import { type Clock, type Nanoseconds, NS_PER_MS } from '../../../model/units.js';
import { monotonicNow } from '../../../os/clock/clock.js';

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
/** Timers of up to this span are kept, one each, and started again: that is cheaper than making one for every wake-up. */
const KEPT_MS = 20;

export function createLoop(): Loop {
  let wake: () => void = () => {};
  const kept = new Map<number, NodeJS.Timeout>();
  let armed: NodeJS.Timeout | null = null;
  let armedMs = 0;

  const fire = (): void => {
    armed = null;
    wake();
  };
  const disarm = (): void => {
    if (armed === null) return;
    clearTimeout(armed);
    // A cleared timer cannot be started again.
    kept.delete(armedMs);
    armed = null;
  };
  return {
    now: monotonicNow,
    wallMs: Date.now,
    random: Math.random,
    onWake: (to) => {
      wake = to;
    },
    wakeAt(atNs) {
      disarm();
      if (atNs === Number.POSITIVE_INFINITY) return;
      armedMs = Math.min(Math.max(1, Math.ceil((atNs - monotonicNow()) / NS_PER_MS)), MAX_TIMEOUT_MS);
      armed = kept.get(armedMs)?.refresh() ?? setTimeout(fire, armedMs);
      if (armedMs <= KEPT_MS) kept.set(armedMs, armed);
    },
    // Within one turn libuv runs timers, then polls for I/O, then runs immediates.
    afterIo: (then) => void setImmediate(then),
    afterTurn: queueMicrotask,
  };
}
