import { NS_PER_MS } from '../../model/units.js';

/** Calls `then` once after `delayNs`; answers with what takes that back. */
export type After = (delayNs: number, then: () => void) => () => void;

/** The timers of an event loop: they keep no process alive. */
export const loopTimers: After = (delayNs, then) => {
  const timer = setTimeout(then, delayNs / NS_PER_MS);
  timer.unref();
  return () => clearTimeout(timer);
};
