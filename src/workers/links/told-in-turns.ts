/** Messages that are told in order, each in a turn of its own: to encode 100,000 subscriptions at once takes a third of a second. */
export class ToldInTurns<M> {
  readonly #tellNow: (message: M) => void;
  readonly #untold: M[] = [];
  #telling: Promise<void> | null = null;

  constructor(tellNow: (message: M) => void) {
    this.#tellNow = tellNow;
  }

  tell(message: M): void {
    this.#untold.push(message);
    this.#telling ??= this.#tellAll();
  }

  /** What was not told yet is not told any more. */
  forget(): void {
    this.#untold.length = 0;
  }

  /** All is told. */
  async told(): Promise<void> {
    await this.#telling;
  }

  async #tellAll(): Promise<void> {
    for (let message = this.#untold.shift(); message !== undefined; message = this.#untold.shift()) {
      this.#tellNow(message);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#telling = null;
  }
}
