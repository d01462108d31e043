/** Which hook runs now, and what for: one event of a hook at a time, in order, so many hooks at once, and again after a pause. Pure. */
import type { JournalRecord } from '../../wire/hooks/journal-lines.js';
import type { Due, HookFilter, HookJournal } from './journal.js';

export type DispatchedHook = HookFilter & {
  /** After the first attempt; null = until it succeeds. */
  readonly retries: number | null;
};

export type Run = { readonly hook: string; readonly due: Due; readonly attempt: number };

/** `record`: for the file; null where there is nothing to keep. `missed`: the hook heard that so many are missing. */
export type Ended = {
  readonly verdict: 'told' | 'again' | 'given-up' | 'gone';
  readonly record: JournalRecord | null;
  readonly missed: number;
};

/** A hook starts a process or a connection each; more at once would fight for the processor. */
export const MAX_RUNNING = 8;
const BACKOFF = { firstMs: 1000, factor: 2, maxMs: 60_000 };

type State = { run: Run | null; failures: number; notBeforeMs: number };

export class Dispatcher {
  readonly #journal: HookJournal;
  readonly #random: () => number;
  #hooks: readonly DispatchedHook[] = [];
  readonly #states = new Map<string, State>();
  #running = 0;
  #turn = 0;

  constructor(journal: HookJournal, random: () => number) {
    this.#journal = journal;
    this.#random = random;
  }

  configure(hooks: readonly DispatchedHook[]): void {
    this.#hooks = hooks;
    this.#journal.configure(hooks);
    for (const [name, { run }] of this.#states) {
      if (run === null && !hooks.some((hook) => hook.name === name)) this.#states.delete(name);
    }
  }

  /** A run to begin now, of entries up to `durable`: those which are on the disk. */
  next(nowMs: number, durable: number): Run | null {
    for (let tried = 0; tried < this.#hooks.length && this.#running < MAX_RUNNING; tried += 1) {
      const hook = this.#hooks[this.#turn % this.#hooks.length];
      this.#turn = (this.#turn + 1) % this.#hooks.length;
      if (hook === undefined) continue;
      const state = this.#stateOf(hook.name);
      if (state.run !== null || state.notBeforeMs > nowMs) continue;
      const due = this.#journal.next(hook.name);
      if (due === null || due.entry.seq > durable) continue;
      state.run = { hook: hook.name, due, attempt: state.failures + 1 };
      this.#running += 1;
      return state.run;
    }
    return null;
  }

  ended(hook: string, ok: boolean, nowMs: number): Ended {
    const state = this.#stateOf(hook);
    const { run } = state;
    const setting = this.#hooks.find(({ name }) => name === hook);
    if (run === null) return { verdict: 'gone', record: null, missed: 0 };
    state.run = null;
    this.#running -= 1;
    if (setting === undefined) {
      this.#states.delete(hook);
      return { verdict: 'gone', record: null, missed: 0 };
    }
    state.failures = ok ? 0 : state.failures + 1;
    if (!ok && (setting.retries === null || state.failures <= setting.retries)) {
      state.notBeforeMs = nowMs + this.#pauseMs(state.failures);
      return { verdict: 'again', record: null, missed: 0 };
    }
    state.failures = 0;
    state.notBeforeMs = 0;
    const record = this.#journal.pass(hook, run.due, ok);
    return { verdict: ok ? 'told' : 'given-up', record, missed: ok ? run.due.missed : 0 };
  }

  /** When a pause ends; null = none is on. */
  wakeMs(): number | null {
    const ends = this.#hooks
      .filter(({ name }) => this.#journal.next(name) !== null)
      .map(({ name }) => this.#stateOf(name))
      .filter(({ run, failures }) => run === null && failures > 0)
      .map(({ notBeforeMs }) => notBeforeMs);
    return ends.length === 0 ? null : Math.min(...ends);
  }

  get running(): number {
    return this.#running;
  }

  failures(hook: string): number {
    return this.#states.get(hook)?.failures ?? 0;
  }

  #pauseMs(failures: number): number {
    const { firstMs, factor, maxMs } = BACKOFF;
    // From half to all of it: many nodes that lost one server must not come back together.
    return Math.min(maxMs, firstMs * factor ** Math.min(failures - 1, 30)) * (0.5 + this.#random() / 2);
  }

  #stateOf(hook: string): State {
    const state = this.#states.get(hook) ?? { run: null, failures: 0, notBeforeMs: 0 };
    this.#states.set(hook, state);
    return state;
  }
}
