/** A backend that refuses is tried again soon, and seldom after a while; a check in between is answered at once. */
const FIRST_MS = 50;
/** Well below the usual agent-inter, so that a backend that is back is seen by the next check. */
const LONGEST_MS = 1000;

/** When a backend may be connected to again. */
export class Backoff {
  #untilMs = 0;
  #nextMs = FIRST_MS;
  #reason = '';

  /** Why not now; null when it may be tried. */
  refusal(nowMs: number): string | null {
    return nowMs < this.#untilMs ? `${this.#reason} (tried again in ${Math.ceil(this.#untilMs - nowMs)} ms)` : null;
  }

  failed(nowMs: number, reason: string): void {
    this.#reason = reason;
    this.#untilMs = nowMs + this.#nextMs;
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
  }

  succeeded(): void {
    this.#untilMs = 0;
    this.#nextMs = FIRST_MS;
  }
}
