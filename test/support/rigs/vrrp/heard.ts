/** What a peer said so far, and waiting for what it says next. */

/** Generous: the machine may be busy with other tests. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 500;

export class Heard<T> {
  readonly items: T[] = [];
  readonly #who: string;
  readonly #patienceMs: number;
  #wake: () => void = () => {};

  /** `who` goes into errors. */
  constructor(who: string, patienceMs = PATIENCE_MS) {
    this.#who = who;
    this.#patienceMs = patienceMs;
  }

  /** What is said from now on has this number. */
  get mark(): number {
    return this.items.length;
  }

  add(item: T): void {
    this.items.push(item);
    this.#wake();
  }

  /** The first (from the `from`th on, said already or to come) that fits; `what` goes into the error. */
  async until(fits: (item: T) => boolean, from = 0, what = 'what was awaited'): Promise<T> {
    const deadline = Date.now() + this.#patienceMs;
    for (let at = from; ; ) {
      for (; at < this.items.length; at += 1) {
        const item = this.items[at] as T;
        if (fits(item)) return item;
      }
      if (Date.now() > deadline) {
        const last = this.items.slice(-8).map((item) => JSON.stringify(item));
        throw new Error(`${this.#who} did not say ${what}; last:\n${last.join('\n')}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
