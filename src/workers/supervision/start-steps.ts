/** Where the time of a start goes, for people: `fulcrum run --trace-start`. */

/** Times in milliseconds since the process began. */
export type StartStep = { readonly who: string; readonly what: string; readonly fromMs: number; readonly toMs: number };

/** The same in every thread. */
const sinceProcessStartMs = (): number => process.uptime() * 1000;

/** The steps of one thread, one after the other, as the thread that started it sees them. */
export class StartSteps {
  readonly #who: string;
  readonly #done: StartStep[] = [];
  #fromMs: number;

  constructor(who: string, fromMs = sinceProcessStartMs()) {
    this.#who = who;
    this.#fromMs = fromMs;
  }

  get all(): readonly StartStep[] {
    return this.#done;
  }

  /** The next step begins now: until here the thread waited for others. */
  begin(): void {
    this.#fromMs = sinceProcessStartMs();
  }

  done(what: string): void {
    const toMs = sinceProcessStartMs();
    this.#done.push({ who: this.#who, what, fromMs: this.#fromMs, toMs });
    this.#fromMs = toMs;
  }
}

/** What every thread's first step is. */
export const LOADED = 'thread and modules';
