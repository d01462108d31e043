/**
 * Spreads out work whose cost nobody can bound, such as deciding a service of 30,000 backends anew at each of a thousand
 * changes: what took long is done again only after several times as long, once for all who asked meanwhile. The first time,
 * and whatever is quick, is done at once.
 */

/** Work of up to so many milliseconds needs no pause. */
const QUICK_MS = 5;
/** Pauses are this many times as long as the work before them: all of it takes a fifth of the thread at most. */
const PAUSE_FACTOR = 4;

type Pause = { readonly timer: NodeJS.Timeout; again: boolean };

export type ThrottleOptions<K> = {
  /** Processor time of this thread: what others take of the processor is not the work's. */
  readonly cpuMs: () => number;
  /** The work is too small to be timed. */
  readonly isQuick: (key: K) => boolean;
  readonly work: (key: K) => void;
};

export class Throttle<K> {
  readonly #options: ThrottleOptions<K>;
  readonly #pauses = new Map<K, Pause>();

  constructor(options: ThrottleOptions<K>) {
    this.#options = options;
  }

  /** No work waits for its pause to end. */
  get idle(): boolean {
    for (const { again } of this.#pauses.values()) if (again) return false;
    return true;
  }

  /** Does the work for `key`, now or after the pause. */
  request(key: K): void {
    const pause = this.#pauses.get(key);
    if (pause !== undefined) {
      pause.again = true;
      return;
    }
    const { cpuMs, isQuick, work } = this.#options;
    if (isQuick(key)) {
      work(key);
      return;
    }
    const startedMs = cpuMs();
    work(key);
    const tookMs = cpuMs() - startedMs;
    if (tookMs <= QUICK_MS) return;
    const timer = setTimeout(() => this.#resume(key), tookMs * PAUSE_FACTOR);
    this.#pauses.set(key, { timer, again: false });
  }

  /** There is no such work any more. */
  forget(key: K): void {
    const pause = this.#pauses.get(key);
    if (pause === undefined) return;
    clearTimeout(pause.timer);
    this.#pauses.delete(key);
  }

  close(): void {
    for (const key of [...this.#pauses.keys()]) this.forget(key);
  }

  #resume(key: K): void {
    const pause = this.#pauses.get(key);
    this.#pauses.delete(key);
    if (pause?.again === true) this.request(key);
  }
}
