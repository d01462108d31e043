/** The daemon's own part of /health: whether its actors run, and keep running. */
import { ComponentHealth, type HealthCheck } from '../health/component.js';
import type { ActorView } from '../wire/views.js';

/** So many restarts within so long are a crash loop: one restart heals, a loop does not. */
const LOOP_RESTARTS = 3;
const LOOP_WINDOW_MS = 60_000;

export class ActorsHealth implements HealthCheck {
  readonly name = 'actors';
  readonly critical = true;
  readonly #nowMs: () => number;
  readonly #actors: () => Iterable<ActorView>;
  /** Per actor: when which number of restarts was first seen. */
  readonly #history = new Map<string, { readonly restarts: number; readonly seenMs: number }[]>();

  /** `nowMs`: a monotonic clock. */
  constructor(actors: () => Iterable<ActorView>, nowMs: () => number) {
    this.#actors = actors;
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

  async check(): Promise<ComponentHealth> {
    const actors = [...this.#actors()];
    if (actors.length === 0) return ComponentHealth.unhealthy(this.name, 0, this.critical, 'no actor has reported yet');
    const found = actors.map((actor) => this.#look(actor)).filter((finding) => finding !== null);
    const message = found.map(({ why }) => why).join('; ');
    if (found.length === 0) return ComponentHealth.healthy(this.name, 0, this.critical);
    return found.some(({ serving }) => !serving)
      ? ComponentHealth.unhealthy(this.name, 0, this.critical, message)
      : ComponentHealth.degraded(this.name, 0, this.critical, message);
  }

  /** Null: nothing is wrong with it. `serving`: the daemon as a whole still does its work. */
  #look(actor: ActorView): { readonly why: string; readonly serving: boolean } | null {
    const cause = actor.last_error === null ? '' : ` (${actor.last_error})`;
    switch (actor.state) {
      case 'running':
        return this.#loops(actor)
          ? { why: `${actor.name} restarts again and again: ${actor.restarts} times so far${cause}`, serving: true }
          : null;
      case 'restarting':
        return { why: `${actor.name} is being restarted${cause}`, serving: true };
      case 'starting':
        return { why: `${actor.name} is starting${cause}`, serving: actor.restarts > 0 };
      case 'stopping':
      case 'stopped':
        return { why: `${actor.name} is ${actor.state}`, serving: false };
      case 'failed':
        return { why: `${actor.name} failed and is not restarted any more${cause}`, serving: false };
      default:
        return actor.state satisfies never;
    }
  }

  #loops({ name, restarts }: ActorView): boolean {
    const since = this.#nowMs() - LOOP_WINDOW_MS;
    const recent = (this.#history.get(name) ?? []).filter(({ seenMs }) => seenMs >= since);
    const oldest = recent[0];
    // The first sighting may itself stand for many restarts, of which it is not known when they were.
    return oldest !== undefined && restarts - oldest.restarts >= LOOP_RESTARTS - 1 && restarts >= LOOP_RESTARTS;
  }
}
