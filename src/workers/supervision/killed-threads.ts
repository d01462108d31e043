/**
 * Threads that were killed and have not ended. One that hangs in a system call ends as soon as that returns, before it does anything
 * else. Until then it keeps its memory, so only a few are left behind.
 */

/** A thread that runs JavaScript, whatever it does, ends within this time on the slowest machine. */
export const HANGS_AFTER_MS = 2000;
/** Each keeps its memory: past this many, whoever is to be replaced waits until one of them ends. */
export const MAX_LEFT = 8;

/** A worker of Node's. */
type KilledThread = {
  readonly threadId: number;
  unref(): void;
  once(event: 'exit', listener: () => void): unknown;
};

export class KilledThreads {
  /** When each was killed. */
  readonly #killedMs = new Map<KilledThread, number>();
  readonly #left = new Set<KilledThread>();
  readonly #waiting: (() => void)[] = [];

  /** How many have not ended though they had the time. */
  hanging(nowMs: number = performance.now()): number {
    return [...this.#killedMs.values()].filter((killedMs) => nowMs - killedMs >= HANGS_AFTER_MS).length;
  }

  /** Resolves when nobody need wait for this one any more: it has ended, or `patienceMs` is over and there is room to leave it. */
  leave(thread: KilledThread, patienceMs: number): Promise<void> {
    // It has ended.
    if (thread.threadId === -1) return Promise.resolve();
    return new Promise((resolve) => {
      const leaveNow = (): void => {
        if (!this.#killedMs.has(thread)) return;
        if (this.#left.size >= MAX_LEFT && !this.#left.has(thread)) {
          this.#waiting.push(leaveNow);
          return;
        }
        this.#left.add(thread);
        thread.unref();
        resolve();
      };
      const timer = patienceMs === 0 ? null : setTimeout(leaveNow, patienceMs);
      if (!this.#killedMs.has(thread)) this.#killedMs.set(thread, performance.now());
      thread.once('exit', () => {
        if (timer !== null) clearTimeout(timer);
        this.#killedMs.delete(thread);
        resolve();
        if (this.#left.delete(thread)) for (const next of this.#waiting.splice(0)) next();
      });
      if (timer === null) leaveNow();
    });
  }
}

/** Those of the calling thread. */
export const killedThreads = new KilledThreads();
