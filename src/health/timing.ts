/** The clocks and the timer of a checker, so that tests can give it their own. */
export interface Timing {
  /** Monotonic milliseconds. */
  now(): number;
  date(): Date;
  /** Calls back once after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemTiming: Timing = {
  now: () => performance.now(),
  date: () => new Date(),
  after(delayMs, callback) {
    let immediate: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // After a blocked event loop the timer comes first though the answer is here already: let it be read before judging.
      immediate = setImmediate(callback);
    }, delayMs);
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  },
};
