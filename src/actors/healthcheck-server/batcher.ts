import type { IdentifiedStatus } from '../../wire/seesaw/healthcheck-messages.js';

export type BatcherOptions = {
  readonly maxBatch: number;
  readonly delayMs: number;
  /** False while the reader is behind: nothing is sent then. */
  readonly ready: () => boolean;
  readonly send: (batch: readonly IdentifiedStatus[]) => void;
};

/**
 * Gathers statuses: a full batch goes at once, a smaller one some time after its first item. While the reader is behind,
 * only the newest status of each id waits.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  #pending: IdentifiedStatus[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** `ids`: how many there are at all, which bounds what may wait. */
  add(item: IdentifiedStatus, ids: number): void {
    this.#pending.push(item);
    if (this.#options.ready()) {
      if (this.#pending.length >= this.#options.maxBatch) this.flush();
      else this.#timer ??= setTimeout(() => this.flush(), this.#options.delayMs);
    } else if (this.#pending.length > 2 * Math.max(ids, this.#options.maxBatch)) {
      this.#pending = newestOfEach(this.#pending);
    }
  }

  /** Sends what there is, as far as the reader takes it. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#pending.length > 0 && this.#options.ready()) {
      this.#options.send(this.#pending.splice(0, this.#options.maxBatch));
    }
  }

  get waiting(): number {
    return this.#pending.length;
  }

  /** Forgets what waits for ids that are not wanted any more. */
  retain(wanted: (id: string) => boolean): void {
    this.#pending = this.#pending.filter(({ id }) => wanted(id));
  }

  stop(): void {
    this.#pending = [];
    this.flush();
  }
}

function newestOfEach(items: readonly IdentifiedStatus[]): IdentifiedStatus[] {
  const newest = new Map<string, IdentifiedStatus>();
  for (const item of items) {
    newest.delete(item.id);
    newest.set(item.id, item);
  }
  return [...newest.values()];
}
