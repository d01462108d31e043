/**
 * What the driver's table holds, as far as we know, and the writes that make it the desired one: the difference in batches,
 * who owns what, how fast services may go, and what each change came to. When that happens is the writer's.
 */

import type { Driver } from '../../../dataplane/driver.js';
import type { ChangeResult } from '../../../model/dataplane/change.js';
import { applyChange, type Change, changeWords, type MutableTable } from '../../../model/dataplane/change.js';
import type { DestinationKey, ServiceKey } from '../../../model/dataplane/table.js';
import type { DesiredTable } from '../desired.js';
import { metrics } from '../metrics.js';
import type { ReconcilerContext, ReconcilerSettings } from './context.js';
import { diff } from './diff.js';
import { tellDrift } from './drift.js';
import type { Failures } from './failures.js';
import type { Ownership } from './ownership.js';
import type { RemovalLimit } from './removal-limit.js';
import { type Seen, type TableReader, withNewer } from './table-reader.js';

/** Changes per call to the driver: what comes in the meantime waits for one call at most. */
const MAX_BATCH = 1000;

export type WriteParts = {
  readonly context: ReconcilerContext;
  readonly driver: Driver;
  readonly ownership: Ownership;
  readonly desired: DesiredTable;
  readonly failures: Failures;
  readonly removals: RemovalLimit;
  readonly looks: TableReader;
};
export type WriteSettings = Pick<ReconcilerSettings, 'manage' | 'maxRemovals'>;

export class TableApplier {
  readonly #parts: WriteParts;
  #settings: WriteSettings;
  /** What the driver holds as far as we know; null before it was read. */
  #known: MutableTable | null = null;
  /** Services to look at, with the time of the message that first asked for it; 0 = no message. */
  readonly #dirty = new Map<ServiceKey, number>();
  /** Services of the batch that is written now. */
  #writing: ReadonlySet<ServiceKey> = new Set();

  constructor(parts: WriteParts, settings: WriteSettings) {
    this.#parts = parts;
    this.#settings = settings;
  }

  /** Who may be removed, and how fast, from the next write on. */
  configure(settings: WriteSettings): void {
    this.#settings = settings;
    this.touchKnown();
  }

  /** Whether the driver's table has been read. */
  get started(): boolean {
    return this.#known !== null;
  }

  /** Something can be written now. */
  get pending(): boolean {
    return this.#known !== null && this.#dirty.size > 0;
  }

  /** These services may differ now from what the driver holds. */
  touch(keys: Iterable<ServiceKey>, at = 0): void {
    for (const key of keys) if (!this.#dirty.has(key)) this.#dirty.set(key, at);
  }

  /** Whatever the driver holds may be unwanted now. */
  touchKnown(): void {
    this.touch(this.#known?.keys() ?? []);
  }

  /** What was told of this service waits to be written. */
  isUnderWay(key: ServiceKey): boolean {
    const { removals, desired } = this.#parts;
    return this.#dirty.has(key) || (removals.waits(key) && !desired.entries.has(key));
  }

  /** Whether the driver's table gives this destination no new connection, as far as we know. */
  isClosed(key: ServiceKey, destination: DestinationKey): boolean {
    if (this.#known === null || this.#dirty.has(key) || this.#writing.has(key)) return false;
    if (this.#parts.failures.isUncertain(key)) return false;
    return (this.#known.get(key)?.destinations.get(destination)?.weight ?? 0) === 0;
  }

  /** Whether the driver's table has this service of another program; as far as we know. */
  holdsForeign(key: ServiceKey): boolean {
    return (this.#known?.has(key) ?? false) && !this.isOurs(key);
  }

  isOurs(key: ServiceKey): boolean {
    const { driver, ownership } = this.#parts;
    return !driver.capabilities.shared || this.#settings.manage === 'all' || ownership.has(key);
  }

  mayRemove(key: ServiceKey): boolean {
    return this.#parts.desired.complete && this.isOurs(key);
  }

  /** The driver's table as it was seen, in place of what was known of it. */
  take(seen: Seen): void {
    const { context, driver, failures, ownership, desired } = this.#parts;
    const found = withNewer(seen, this.#known);
    // A table that is ours alone changes when its holder is started again, which is told elsewhere.
    if (this.#known !== null && (seen.reason === 'reconcile' || driver.capabilities.shared)) {
      tellDrift(context, found, this.#known, (key) => this.isOurs(key) && !failures.isUncertain(key));
    }
    this.#known = found;
    ownership.retain((key) => found.has(key));
    this.touch(found.keys());
    this.touch(desired.entries.keys());
  }

  /** Writes one batch of what differs; nothing before the table has been read. */
  async write(): Promise<void> {
    const known = this.#known;
    if (known === null) return;
    const { context, desired, failures, looks, ownership, removals } = this.#parts;
    const only = [...this.#dirty.keys()];
    const asked = new Map(this.#dirty);
    this.#dirty.clear();
    for (const key of only) this.#adopt(key, known);
    const { changes: all, deferred } = diff(known, desired.entries, {
      only,
      mayRemove: (key) => this.mayRemove(key),
      maxRemovals: removals.left(this.#settings.maxRemovals),
    });
    removals.defer(deferred);
    // Nothing is taken away before everything has been told, not even a destination.
    const changes = desired.complete ? all : all.filter((change) => change.kind !== 'remove-destination');
    const batch = changes.slice(0, MAX_BATCH);
    for (const left of changes.slice(MAX_BATCH)) {
      this.#dirty.set(left.service.key, asked.get(left.service.key) ?? 0);
      asked.delete(left.service.key);
    }
    for (const change of batch) {
      looks.wrote(change.service.key);
      if (change.kind === 'add-service') ownership.add(change.service.key);
    }
    const written = new Set(batch.map((change) => change.service.key));
    this.#writing = written;
    if (batch.length > 0) await this.#apply(known, batch);
    this.#writing = new Set();
    const now = context.now();
    for (const [key, at] of asked) {
      if (at > 0 && written.has(key)) context.meter.observe(metrics.fulcrum_ipvs_update_seconds, {}, (now - at) / 1e9);
    }
    failures.settled(only.filter((key) => !this.#dirty.has(key)));
  }

  async #apply(known: MutableTable, batch: readonly Change[]): Promise<void> {
    const { context, driver } = this.#parts;
    let results: readonly ChangeResult[];
    try {
      results = await driver.apply(batch);
    } catch (error) {
      results = batch.map(() => ({ ok: false, code: 'ERR_DRIVER', message: `${driver.kind}: ${String(error)}` }));
    }
    for (const [index, change] of batch.entries()) {
      const result = results[index] ?? { ok: false, code: 'ERR_DRIVER', message: 'the driver gave no result' };
      context.meter.count(metrics.fulcrum_ipvs_updates_total, { op: change.kind, result: result.ok ? 'ok' : 'error' });
      if (result.ok) this.#applied(known, change);
      else this.#failed(change, result);
    }
  }

  #applied(known: MutableTable, change: Change): void {
    const { context, failures, ownership, removals } = this.#parts;
    const { what, text } = changeWords(change);
    applyChange(known, change);
    failures.succeeded(change);
    context.log.debug({ change: change.kind, service: change.service.name }, text);
    if (change.kind === 'remove-service') {
      ownership.delete(change.service.key);
      removals.removed();
    }
    if (change.kind === 'add-service' || change.kind === 'remove-service' || change.kind === 'set-service') {
      context.event({ type: 'dataplane', op: change.kind, what, why: text });
    }
  }

  #failed(change: Change, result: ChangeResult & { readonly ok: false }): void {
    // Not there, or made by someone else in that moment: not ours before it is adopted.
    if (change.kind === 'add-service') this.#parts.ownership.delete(change.service.key);
    this.#parts.failures.failed(change, result);
  }

  /** A service that the configuration names is ours, whoever made it. */
  #adopt(key: ServiceKey, known: MutableTable): void {
    const { context, desired, ownership } = this.#parts;
    const service = desired.entries.get(key)?.service;
    if (service === undefined || !known.has(key) || ownership.has(key)) return;
    ownership.add(key);
    const why = 'the configuration names a service that was there already: it is managed from now on';
    context.event({ type: 'dataplane', op: 'adopt', what: `service ${service.name} (${key})`, why });
    context.log.info({ service: service.name, key }, why);
  }
}
