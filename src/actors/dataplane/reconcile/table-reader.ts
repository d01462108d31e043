import type { Driver } from '../../../dataplane/driver.js';
import { copyTable, type MutableTable } from '../../../model/dataplane/change.js';
import type { ServiceKey, Table } from '../../../model/dataplane/table.js';
import type { Failures } from './failures.js';

export type LookReason = 'start' | 'changed' | 'retry' | 'reconcile';

/** `written`: services that were written while the table was read, of which it may show what was before. */
export type Seen = {
  readonly table: Table;
  readonly written: ReadonlySet<ServiceKey>;
  readonly reason: LookReason;
};

/** Looks at the driver's table, one at a time, beside the writes. What one saw waits to be taken between two writes. */
export class TableReader {
  readonly #driver: Driver;
  readonly #failures: Failures;
  readonly #onEnd: () => void;
  #asked: LookReason | null = 'start';
  #running: { readonly done: Promise<void>; readonly written: Set<ServiceKey> } | null = null;
  #seen: Seen | null = null;

  constructor(driver: Driver, failures: Failures, onEnd: () => void) {
    this.#driver = driver;
    this.#failures = failures;
    this.#onEnd = onEnd;
  }

  /** The end of the look that runs now. */
  get done(): Promise<void> | null {
    return this.#running?.done ?? null;
  }

  /** Something can be started or taken now. */
  get pending(): boolean {
    return this.#seen !== null || (this.#asked !== null && this.#running === null);
  }

  ask(reason: LookReason): void {
    // A look for drift compares with what we know, so any other reason to look goes first.
    if (this.#asked === null || this.#asked === 'reconcile') this.#asked = reason;
  }

  /** Starts the look that was asked for, unless one runs or has not been taken. */
  start(): void {
    const reason = this.#asked;
    if (reason === null || this.#running !== null || this.#seen !== null) return;
    this.#asked = null;
    const written = new Set<ServiceKey>();
    const done = this.#driver
      .read()
      .then(
        (table) => {
          this.#seen = { table, written, reason };
        },
        (error: unknown) => this.#failures.unreadable(error),
      )
      .finally(() => {
        this.#running = null;
        this.#onEnd();
      });
    this.#running = { done, written };
  }

  wrote(key: ServiceKey): void {
    this.#running?.written.add(key);
  }

  take(): Seen | null {
    const seen = this.#seen;
    this.#seen = null;
    return seen;
  }
}

/** What was seen; of services that were written meanwhile, what we know of them. */
export function withNewer({ table, written }: Seen, known: MutableTable | null): MutableTable {
  // The driver may have handed over what it goes on using.
  const found = copyTable(table);
  for (const key of written) {
    const entry = known?.get(key);
    if (entry === undefined) found.delete(key);
    else found.set(key, entry);
  }
  return found;
}
