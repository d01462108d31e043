/**
 * The only writer of the data plane: keeps a driver's table equal to the desired one. One write at a time; whatever is told
 * while it runs goes into the next batch. What fails is tried again with growing pauses, from a fresh look at the table;
 * what someone else changed is repaired and told. Looking at a large table takes long, so no write waits for it.
 */
import type { Clock } from '../net/clock.js';
import type { Nanoseconds } from '../wire/units.js';
import type { ActorContext } from '../workers/actor.js';
import { applyChange, type Change, changeWords, type MutableTable } from './change.js';
import { DesiredTable } from './desired.js';
import { diff } from './diff.js';
import { stepsInWords, tellDrift } from './drift.js';
import type { ChangeResult, Driver } from './driver.js';
import { Failures } from './failures.js';
import { flush } from './flush.js';
import { Outcomes } from './outcomes.js';
import type { Ownership } from './ownership.js';
import { RemovalLimit } from './removal-limit.js';
import type { ServiceKey } from './table.js';
import { type LookReason, type Seen, TableLooks, withNewer } from './table-looks.js';
import type { After } from './timers.js';

/** Changes per call to the driver: what comes in the meantime waits for one call at most. */
const MAX_BATCH = 1000;

export type WriterSettings = {
  readonly manage: 'own' | 'all';
  readonly maxRemovals: number | null;
  readonly reconcileIntervalNs: Nanoseconds;
};

export type WriterContext = Pick<ActorContext, 'log' | 'meter' | 'event'> & {
  readonly now: Clock;
  readonly after: After;
};

export class Writer {
  readonly desired: DesiredTable;
  readonly #context: WriterContext;
  readonly #driver: Driver;
  readonly #ownership: Ownership;
  readonly #failures: Failures;
  readonly #removals: RemovalLimit;
  #settings: WriterSettings;
  /** What the driver holds as far as we know; null before it was read. */
  #known: MutableTable | null = null;
  readonly #looks: TableLooks;
  /** Services to look at, with the time of the message that first asked for it; 0 = no message. */
  readonly #dirty = new Map<ServiceKey, number>();
  readonly #jobs: (() => Promise<void>)[] = [];
  readonly #outcomes = new Outcomes();
  #turn: Promise<void> | null = null;
  #stopping = false;
  /** A write has ended within the present turn of the event loop. */
  #wrote = false;
  #cancelReconcile: () => void = () => {};

  constructor(context: WriterContext, driver: Driver, ownership: Ownership, settings: WriterSettings) {
    this.#context = context;
    this.#driver = driver;
    this.#ownership = ownership;
    this.#settings = settings;
    this.#failures = new Failures(context, () => this.#look('retry'));
    this.#looks = new TableLooks(driver, this.#failures, () => this.#wake());
    this.#removals = new RemovalLimit(context, (keys) => this.touch(keys));
    this.desired = new DesiredTable(
      (entry) => driver.accept(entry),
      ({ service, reason }) => this.#failures.refused(service, reason),
    );
    this.#scheduleReconcile();
    this.#wake();
  }

  configure(settings: WriterSettings): void {
    this.#settings = settings;
    this.#scheduleReconcile();
    // What may be removed may have changed.
    this.touch(this.#known?.keys() ?? []);
  }

  /** These services may differ now from what the driver holds. */
  touch(keys: Iterable<ServiceKey>, at = 0): void {
    for (const key of keys) if (!this.#dirty.has(key)) this.#dirty.set(key, at);
    this.#wake();
  }

  /** Everything has been told: what is not wanted goes now. */
  complete(): void {
    this.touch(this.desired.completed());
    this.touch(this.#known?.keys() ?? []);
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

  /** Whether everything that was told about this service has been written. */
  settled(key: ServiceKey): boolean {
    return this.#known !== null && !this.#dirty.has(key) && !this.#failures.has(key);
  }

  /** Resolves when what was told of a service has been written: with null, or with what the driver refused of it. Rejects on `stop`. */
  outcomeOf(key: ServiceKey): Promise<string | null> {
    const outcome = this.#outcomes.of(key);
    this.#wake();
    return outcome;
  }

  /** Whether the driver's table has this service of another program; as far as we know. */
  holdsForeign(key: ServiceKey): boolean {
    return (this.#known?.has(key) ?? false) && !this.#isOurs(key);
  }

  /** Nothing is left to write or to look at now; what failed may wait to be tried again. */
  get idle(): boolean {
    return this.#turn === null && this.#looks.done === null;
  }

  /** In words, what it would take to get from the driver's table to the desired one. */
  drift(): Promise<readonly string[]> {
    return this.ask(async () =>
      stepsInWords(await this.#driver.read(), this.desired.entries, (key) => this.#mayRemove(key)),
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
    if (onStop === 'flush') await flush(this.#context, this.#driver, this.#ownership, (key) => this.#isOurs(key));
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
      if (this.#known === null) await this.#looks.done;
      const seen = this.#looks.take();
      if (seen !== null) this.#take(seen);
      if (this.#known !== null && this.#dirty.size > 0) await this.#write(this.#known);
      if (this.#known !== null) {
        this.#outcomes.tell((key) => (this.#isUnderWay(key) ? undefined : this.#failures.messageOf(key)));
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

  #isUnderWay(key: ServiceKey): boolean {
    return this.#dirty.has(key) || (this.#removals.waits(key) && !this.desired.entries.has(key));
  }

  #more(): boolean {
    return this.#looks.pending || (this.#known !== null && this.#dirty.size > 0);
  }

  #take(seen: Seen): void {
    this.#failures.readable();
    const found = withNewer(seen, this.#known);
    // A table that is ours alone changes when its holder is started again, which is told elsewhere.
    if (this.#known !== null && (seen.reason === 'reconcile' || this.#driver.capabilities.shared)) {
      tellDrift(this.#context, found, this.#known, (key) => this.#isOurs(key) && !this.#failures.isUncertain(key));
    }
    this.#known = found;
    this.#ownership.retain((key) => found.has(key));
    this.touch(found.keys());
    this.touch(this.desired.entries.keys());
  }

  async #write(known: MutableTable): Promise<void> {
    const only = [...this.#dirty.keys()];
    const asked = new Map(this.#dirty);
    this.#dirty.clear();
    for (const key of only) this.#adopt(key, known);
    const { changes: all, deferred } = diff(known, this.desired.entries, {
      only,
      mayRemove: (key) => this.#mayRemove(key),
      maxRemovals: this.#removals.left(this.#settings.maxRemovals),
    });
    this.#removals.defer(deferred);
    // Nothing is taken away before everything has been told, not even a destination.
    const changes = this.desired.complete ? all : all.filter((change) => change.kind !== 'remove-destination');
    const batch = changes.slice(0, MAX_BATCH);
    for (const left of changes.slice(MAX_BATCH)) {
      this.#dirty.set(left.service.key, asked.get(left.service.key) ?? 0);
      asked.delete(left.service.key);
    }
    for (const change of batch) {
      this.#looks.wrote(change.service.key);
      if (change.kind === 'add-service') this.#ownership.add(change.service.key);
    }
    if (batch.length > 0) await this.#apply(known, batch);
    const now = this.#context.now();
    const written = new Set(batch.map((change) => change.service.key));
    for (const [key, at] of asked) {
      if (at > 0 && written.has(key)) this.#context.meter.observe('fulcrum_ipvs_update_seconds', {}, (now - at) / 1e9);
    }
    this.#failures.settled(only.filter((key) => !this.#dirty.has(key)));
  }

  async #apply(known: MutableTable, batch: readonly Change[]): Promise<void> {
    let results: readonly ChangeResult[];
    try {
      results = await this.#driver.apply(batch);
    } catch (error) {
      results = batch.map(() => ({ ok: false, code: 'ERR_DRIVER', message: `${this.#driver.kind}: ${String(error)}` }));
    }
    for (const [index, change] of batch.entries()) {
      const result = results[index] ?? { ok: false, code: 'ERR_DRIVER', message: 'the driver gave no result' };
      this.#context.meter.count('fulcrum_ipvs_updates_total', { op: change.kind, result: result.ok ? 'ok' : 'error' });
      if (result.ok) this.#applied(known, change);
      else this.#failed(change, result);
    }
  }

  #applied(known: MutableTable, change: Change): void {
    const { what, text } = changeWords(change);
    applyChange(known, change);
    this.#failures.succeeded(change);
    this.#context.log.debug({ change: change.kind, service: change.service.name }, text);
    if (change.kind === 'remove-service') {
      this.#ownership.delete(change.service.key);
      this.#removals.removed();
    }
    if (change.kind === 'add-service' || change.kind === 'remove-service' || change.kind === 'set-service') {
      this.#context.event({ type: 'dataplane', op: change.kind, what, why: text });
    }
  }

  #failed(change: Change, result: ChangeResult & { readonly ok: false }): void {
    // Not there, or made by someone else in that moment: not ours before it is adopted.
    if (change.kind === 'add-service') this.#ownership.delete(change.service.key);
    this.#failures.failed(change, result);
  }

  /** A service that the configuration names is ours, whoever made it. */
  #adopt(key: ServiceKey, known: MutableTable): void {
    const service = this.desired.entries.get(key)?.service;
    if (service === undefined || !known.has(key) || this.#ownership.has(key)) return;
    this.#ownership.add(key);
    const why = 'the configuration names a service that was there already: it is managed from now on';
    this.#context.event({ type: 'dataplane', op: 'adopt', what: `service ${service.name} (${key})`, why });
    this.#context.log.info({ service: service.name, key }, why);
  }

  #isOurs(key: ServiceKey): boolean {
    return !this.#driver.capabilities.shared || this.#settings.manage === 'all' || this.#ownership.has(key);
  }

  #mayRemove(key: ServiceKey): boolean {
    return this.desired.complete && this.#isOurs(key);
  }

  #scheduleReconcile(): void {
    this.#cancelReconcile();
    if (this.#stopping) return;
    this.#cancelReconcile = this.#context.after(this.#settings.reconcileIntervalNs, () => {
      // While something fails the table is read again anyway.
      if (this.#failures.none && this.#known !== null) this.#look('reconcile');
      this.#scheduleReconcile();
    });
  }
}
