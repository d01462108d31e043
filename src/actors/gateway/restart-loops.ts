/** Which actors are restarted again and again: one restart heals, a loop does not. */
import type { ActorView } from '../../model/observing/views.js';

/** So many restarts within so long are a crash loop: one restart heals, a loop does not. */
const LOOP_RESTARTS = 3;
const LOOP_WINDOW_MS = 60_000;

export class RestartLoops {
  readonly #nowMs: () => number;
  /** Per actor: when which number of restarts was first seen. */
  readonly #history = new Map<string, { readonly restarts: number; readonly seenMs: number }[]>();

  /** `nowMs`: a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes note of an actor's newest state. */
  observe({ name, restarts }: ActorView): void {
    const history = this.#history.get(name) ?? [];
    if (history.at(-1)?.restarts === restarts) return;
    history.push({ restarts, seenMs: this.#nowMs() });
    this.#history.set(name, history.slice(-LOOP_RESTARTS));
  }

  forget(name: string): void {
    this.#history.delete(name);
  }

  loops({ name, restarts }: ActorView): boolean {
    const since = this.#nowMs() - LOOP_WINDOW_MS;
    const recent = (this.#history.get(name) ?? []).filter(({ seenMs }) => seenMs >= since);
    const oldest = recent[0];
    // The first sighting may itself stand for many restarts, of which it is not known when they were.
    return oldest !== undefined && restarts - oldest.restarts >= LOOP_RESTARTS - 1 && restarts >= LOOP_RESTARTS;
  }
}
