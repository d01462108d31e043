/**
 * Names of targets to addresses: cached for the records' TTL, refreshed before they run out, one query at a time for a
 * name. While a refresh fails the last good answer goes on being used.
 */

import { isIP } from 'node:net';
import { ResolveError } from './probe-result.js';
import type { Answer } from './system-names.js';
import { querySystem } from './system-names.js';

/** Bounds on what a TTL may say: shorter would make a query of every probe, longer would miss a move for hours. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 3_600_000;
/** A failure is remembered this long, so that a missing name does not cost a query per probe. */
const NEGATIVE_TTL_MS = 2_000;
/** How long the last good answer is used while no new one can be had. */
const MAX_STALE_MS = 24 * 3_600_000;
/** Names that nobody asked for in this time are forgotten. */
const FORGET_AFTER_MS = 600_000;
/** How often names that nobody asked for are looked for. */
const FORGET_EVERY_MS = 60_000;
/** A refresh starts when this part of the TTL is over, so that no probe waits for it. */
const REFRESH_AT = 0.8;

export type Query = (host: string) => Promise<Answer>;

type Entry = {
  address: string | null;
  refreshAtMs: number;
  /** When the addresses came from a server. */
  answeredMs: number;
  failure: { readonly error: Error; readonly untilMs: number } | null;
  pending: Promise<string> | null;
  usedMs: number;
};

export class NameCache {
  readonly #query: Query;
  readonly #nowMs: () => number;
  readonly #entries = new Map<string, Entry>();
  #forgotMs = 0;

  constructor(query: Query = querySystem, nowMs: () => number = () => performance.now()) {
    this.#query = query;
    this.#nowMs = nowMs;
  }

  /** The first address of the name. IP literals come back as they are. Rejects with what the resolver said. */
  readonly resolve = (host: string): Promise<string> => {
    if (isIP(host) !== 0) return Promise.resolve(host);
    const nowMs = this.#nowMs();
    const entry = this.#entry(host, nowMs);
    entry.usedMs = nowMs;
    const { address } = entry;
    if (address !== null && nowMs - entry.answeredMs < MAX_STALE_MS) {
      const due = nowMs >= entry.refreshAtMs && (entry.failure === null || nowMs >= entry.failure.untilMs);
      if (due) this.#refresh(host, entry).catch(() => {});
      return Promise.resolve(address);
    }
    if (entry.failure !== null && nowMs < entry.failure.untilMs) return Promise.reject(entry.failure.error);
    return this.#refresh(host, entry);
  };

  #entry(host: string, nowMs: number): Entry {
    const known = this.#entries.get(host);
    if (known !== undefined) return known;
    this.#forget(nowMs);
    const made: Entry = {
      address: null,
      refreshAtMs: 0,
      answeredMs: Number.NEGATIVE_INFINITY,
      failure: null,
      pending: null,
      usedMs: nowMs,
    };
    this.#entries.set(host, made);
    return made;
  }

  #forget(nowMs: number): void {
    if (nowMs - this.#forgotMs < FORGET_EVERY_MS) return;
    this.#forgotMs = nowMs;
    for (const [name, { usedMs, pending }] of this.#entries) {
      if (pending === null && nowMs - usedMs > FORGET_AFTER_MS) this.#entries.delete(name);
    }
  }

  #refresh(host: string, entry: Entry): Promise<string> {
    entry.pending ??= this.#query(host).then(
      (answer) => this.#store(entry, answer, host),
      (error: unknown) => {
        throw this.#storeFailure(entry, error instanceof Error ? error : new Error(String(error)));
      },
    );
    return entry.pending;
  }

  #store(entry: Entry, answer: Answer, host: string): string {
    const [address] = answer.addresses;
    if (address === undefined)
      throw this.#storeFailure(entry, new ResolveError('no-such-name', `${host}: the name has no address`));
    const nowMs = this.#nowMs();
    const ttlMs = Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, answer.ttlMs));
    // The address in use is kept while it is still among the answers: servers rotate them.
    const kept = entry.address !== null && answer.addresses.includes(entry.address) ? entry.address : address;
    entry.address = kept;
    entry.answeredMs = nowMs;
    entry.refreshAtMs = nowMs + ttlMs * REFRESH_AT;
    entry.failure = null;
    entry.pending = null;
    return kept;
  }

  #storeFailure(entry: Entry, error: Error): Error {
    entry.failure = { error, untilMs: this.#nowMs() + NEGATIVE_TTL_MS };
    entry.pending = null;
    return error;
  }
}
