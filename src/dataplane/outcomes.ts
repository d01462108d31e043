import type { ServiceKey } from './table.js';

type Waiting = { readonly key: ServiceKey; readonly resolve: (failure: string | null) => void };

/** Those who wait to hear what became of a service. */
export class Outcomes {
  #waiting: Waiting[] = [];

  of(key: ServiceKey): Promise<string | null> {
    return new Promise((resolve) => {
      this.#waiting.push({ key, resolve });
    });
  }

  /** `failureOf`: null = written; undefined = not yet, so whoever asked for it goes on waiting. */
  tell(failureOf: (key: ServiceKey) => string | null | undefined): void {
    if (this.#waiting.length === 0) return;
    const left: Waiting[] = [];
    for (const waiting of this.#waiting) {
      const failure = failureOf(waiting.key);
      if (failure === undefined) left.push(waiting);
      else waiting.resolve(failure);
    }
    this.#waiting = left;
  }
}
