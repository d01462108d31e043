import type { ServiceKey } from '../../model/dataplane/table.js';
import { CommandError } from '../../model/errors.js';

type Waiting = {
  readonly key: ServiceKey;
  readonly resolve: (failure: string | null) => void;
  readonly reject: (error: CommandError) => void;
};

/** Those who wait to hear what became of a service. */
export class Outcomes {
  #waiting: Waiting[] = [];
  #ended = false;

  /** Rejects with CommandError when the writer ends first. */
  of(key: ServiceKey): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (this.#ended) this.end();
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

  /** Nothing is written any more. */
  end(): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new CommandError('ERR_UNAVAILABLE', 'the data plane ended before it was written; try again'));
    }
  }
}
