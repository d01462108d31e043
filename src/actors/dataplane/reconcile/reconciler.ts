/**
 * The only writer of the data plane: decides when its table is read, when it is written and when a question is answered, so
 * that it stays equal to the desired one (`table-writes.ts` has what is written). One write at a time; whatever is told while
 * it runs goes into the next batch. What fails is tried again with growing pauses, from a fresh look at the table. Looking at
 * a large table takes long, so no write waits for it.
 */

import type { Driver } from '../../../dataplane/driver.js';
import type { DestinationKey, ServiceKey } from '../../../model/dataplane/table.js';
import type { Nanoseconds } from '../../../model/units.js';
import { DesiredTable } from '../desired.js';
import { Outcomes } from '../outcomes.js';
import type { ReconcilerContext, ReconcilerSettings } from './context.js';
import { stepsInWords } from './drift.js';
import { Failures } from './failures.js';
import { flush } from './flush.js';
import type { Ownership } from './ownership.js';
import { RemovalLimit } from './removal-limit.js';
import { TableApplier } from './table-applier.js';
import { type LookReason, TableReader } from './table-reader.js';

export class Reconciler {
  readonly desired: DesiredTable;
  readonly #context: ReconcilerContext;
  readonly #driver: Driver;
  readonly #ownership: Ownership;
  readonly #failures: Failures;
  readonly #removals: RemovalLimit;
  readonly #looks: TableReader;
  readonly #writes: TableApplier;
  #reconcileIntervalNs: Nanoseconds;
  readonly #jobs: (() => Promise<void>)[] = [];
  readonly #outcomes = new Outcomes();
  #turn: Promise<void> | null = null;
  #stopping = false;
  #held = false;
  /** A write has ended within the present turn of the event loop. */
  #wrote = false;
  #cancelReconcile: () => void = () => {};

  constructor(context: ReconcilerContext, driver: Driver, ownership: Ownership, settings: ReconcilerSettings) {
    this.#context = context;
    this.#driver = driver;
    this.#ownership = ownership;
    this.#reconcileIntervalNs = settings.reconcileIntervalNs;
    this.#failures = new Failures(context, () => this.#look('retry'));
    this.#looks = new TableReader(driver, this.#failures, () => this.#wake());
    this.#removals = new RemovalLimit(context, (keys) => this.touch(keys));
    this.desired = new DesiredTable(
      (entry) => driver.accept(entry),
      ({ service, reason }) => this.#failures.refused(service, reason),
    );
    const { desired } = this;
    const [failures, removals, looks] = [this.#failures, this.#removals, this.#looks];
    this.#writes = new TableApplier({ context, driver, ownership, desired, failures, removals, looks }, settings);
    this.#scheduleReconcile();
    this.#wake();
  }

  /** Until `release`, the table is read and never written. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#wake();
  }

  configure(settings: ReconcilerSettings): void {
    this.#reconcileIntervalNs = settings.reconcileIntervalNs;
    this.#scheduleReconcile();
    this.#writes.configure(settings);
    this.#wake();
  }

  /** These services may differ now from what the driver holds. */
  touch(keys: Iterable<ServiceKey>, at = 0): void {
    this.#writes.touch(keys, at);
    this.#wake();
  }

  /** Everything has been told: what is not wanted goes now. */
  complete(): void {
    this.#writes.touch(this.desired.completed());
    this.#writes.touchKnown();
    this.#wake();
  }

  /** The driver's table may have changed without us. */
  changed(why: string): void {
    this.#context.log.info({ driver: this.#driver.kind }, `reading the table again: ${why}`);
    this.#look('changed');
  }

  /** Asks the driver something: at once where it can answer while it writes, else between two writes. */
  ask<T>(job: () => Promise<T>): Promise<T> {
    if (this.#driver.capabilities.concurrent) return job();
    return new Promise((resolve, reject) => {
      this.#jobs.push(() => job().then(resolve, reject));
      this.#wake();
    });
  }

  /** Resolves when what was told so far has been tried once. */
  async written(): Promise<void> {
    while (this.#turn !== null && !this.#stopping) await this.#turn;
  }

  /** Whether the driver's table gives this destination no new connection, as far as we know. */
  isClosed(key: ServiceKey, destination: DestinationKey): boolean {
    return this.#writes.isClosed(key, destination);
  }

  /** Resolves when what was told of a service has been written: with null, or with what the driver refused of it. Rejects on `stop`. */
  outcomeOf(key: ServiceKey): Promise<string | null> {
    const outcome = this.#outcomes.of(key);
    this.#wake();
    return outcome;
  }

  /** Whether the driver's table has this service of another program; as far as we know. */
  holdsForeign(key: ServiceKey): boolean {
    return this.#writes.holdsForeign(key);
  }

  /** Nothing is left to write or to look at now; what failed may wait to be tried again. */
  get idle(): boolean {
    return this.#turn === null && this.#looks.done === null;
  }

  /** In words, what it would take to get from the driver's table to the desired one. */
  drift(): Promise<readonly string[]> {
    return this.ask(async () =>
      stepsInWords(await this.#driver.read(), this.desired.entries, (key) => this.#writes.mayRemove(key)),
    );
  }

  /** Ends after the running call; with `flush`, after removing what is ours. */
  async stop(onStop: 'flush' | 'keep'): Promise<void> {
    this.#stopping = true;
    this.#cancelReconcile();
    this.#failures.stop();
    this.#removals.stop();
    await this.#turn;
    await this.#looks.done;
    this.#outcomes.end();
    if (onStop === 'flush')
      await flush(this.#context, this.#driver, this.#ownership, (key) => this.#writes.isOurs(key));
    await this.#ownership.written();
    await this.#driver.close(onStop);
  }

  #look(reason: LookReason): void {
    this.#looks.ask(reason);
    this.#wake();
  }

  #wake(): void {
    if (this.#turn !== null) return;
    // What comes first is written at once. What follows within the same turn of the event loop is written together at its end.
    const start = this.#wrote ? new Promise<void>((resolve) => setImmediate(resolve)) : Promise.resolve();
    this.#turn = start.then(() => this.#run());
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#looks.start();
      // Before the first look there is nothing to compare with.
      if (!this.#writes.started) await this.#looks.done;
      const seen = this.#looks.take();
      if (seen !== null) {
        this.#failures.readable();
        this.#writes.take(seen);
      }
      if (this.#writes.pending && !this.#held) await this.#writes.write();
      if (this.#writes.started) {
        this.#outcomes.tell((key) => (this.#writes.isUnderWay(key) ? undefined : this.#failures.messageOf(key)));
      }
      const job = this.#jobs.shift();
      if (job !== undefined) await job();
      else if (!this.#more()) break;
    }
    this.#turn = null;
    if (this.#wrote) return;
    this.#wrote = true;
    setImmediate(() => {
      this.#wrote = false;
    });
  }

  #more(): boolean {
    return this.#looks.pending || (this.#writes.pending && !this.#held);
  }

  #scheduleReconcile(): void {
    this.#cancelReconcile();
    if (this.#stopping) return;
    this.#cancelReconcile = this.#context.after(this.#reconcileIntervalNs, () => {
      // While something fails the table is read again anyway.
      if (this.#failures.none && this.#writes.started) this.#look('reconcile');
      this.#scheduleReconcile();
    });
  }
}
