/** What could not be written: told once each, and tried again with growing pauses. */

import type { ChangeResult } from '../../../model/dataplane/change.js';
import { type Change, changeWords } from '../../../model/dataplane/change.js';
import type { ServiceKey } from '../../../model/dataplane/table.js';
import { messageOf } from '../../../model/errors.js';
import { NS_PER_MS, NS_PER_S } from '../../../model/units.js';
import type { ReconcilerContext } from './context.js';

/** Before what failed is tried again; it doubles from failure to failure. */
const FIRST_PAUSE_NS = 200 * NS_PER_MS;
/** An address or a port that becomes free is found within this. */
const LONGEST_PAUSE_NS = 5 * NS_PER_S;
/** Told problems that are remembered, so that each is told once; beyond it they are told again. */
const MAX_TOLD = 10_000;

/** After these failures the table may hold something else than it did before. */
const UNCERTAIN_CODES: ReadonlySet<string> = new Set(['ERR_UNKNOWN', 'ERR_DRIVER', 'ERR_UNSUPPORTED']);

/** `round` is the write in which it failed last. */
type Failing = { readonly message: string; readonly uncertain: boolean; readonly round: number };
type Failed = Extract<ChangeResult, { ok: false }>;

export class Failures {
  readonly #context: ReconcilerContext;
  readonly #retry: () => void;
  /** What fails, by service, then by what it concerns. */
  readonly #failing = new Map<ServiceKey, Map<string, Failing>>();
  readonly #refused = new Map<string, string>();
  #unreadable: string | null = null;
  #round = 0;
  #pauseNs = FIRST_PAUSE_NS;
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(context: ReconcilerContext, retry: () => void) {
    this.#context = context;
    this.#retry = retry;
  }

  get none(): boolean {
    return this.#failing.size === 0 && this.#unreadable === null;
  }

  has(key: ServiceKey): boolean {
    return this.#failing.has(key);
  }

  /** Whether it is not known what the table has of this service. */
  isUncertain(key: ServiceKey): boolean {
    return [...(this.#failing.get(key)?.values() ?? [])].some(({ uncertain }) => uncertain);
  }

  /** What fails of a service, in words; null = nothing. */
  messageOf(key: ServiceKey): string | null {
    const failing = this.#failing.get(key);
    return failing === undefined ? null : Array.from(failing.values(), ({ message }) => message).join('; ');
  }

  failed(change: Change, result: Failed): void {
    const { what } = changeWords(change);
    const key = change.service.key;
    const failing = this.#failing.get(key) ?? new Map<string, Failing>();
    // That its destinations failed too says nothing new.
    const follows = change.kind === 'add-destination' && result.code === 'ENOENT' && failing.size > 0;
    if (!follows && failing.get(what)?.message !== result.message) {
      this.#context.event({ type: 'dataplane', op: `${change.kind} failed`, what, why: result.message });
      this.#context.log.error({ change: change.kind, service: change.service.name, code: result.code }, result.message);
    }
    const uncertain = UNCERTAIN_CODES.has(result.code);
    if (!follows) failing.set(what, { message: result.message, uncertain, round: this.#round });
    this.#failing.set(key, failing);
    this.#scheduleRetry();
  }

  succeeded(change: Change): void {
    const failing = this.#failing.get(change.service.key);
    if (failing === undefined) return;
    const { what, text } = changeWords(change);
    if (!failing.delete(what)) return;
    this.#context.event({ type: 'dataplane', op: 'recovered', what, why: text });
    this.#context.log.info({ change: change.kind, service: change.service.name }, `recovered: ${text}`);
  }

  /** A write of these services is over: what failed before and was not tried again is not wanted any more. */
  settled(keys: readonly ServiceKey[]): void {
    for (const key of this.#failing.size === 0 ? [] : keys) {
      const failing = this.#failing.get(key);
      if (failing === undefined) continue;
      for (const [what, { round }] of failing) if (round !== this.#round) failing.delete(what);
      if (failing.size === 0) this.#failing.delete(key);
    }
    this.#round += 1;
    if (this.none) this.#pauseNs = FIRST_PAUSE_NS;
  }

  unreadable(error: unknown): void {
    const why = messageOf(error);
    if (this.#unreadable !== why) {
      this.#context.event({ type: 'dataplane', op: 'read failed', what: 'the table', why });
      this.#context.log.error({}, `the table cannot be read: ${why}`);
    }
    this.#unreadable = why;
    this.#scheduleRetry();
  }

  readable(): void {
    this.#unreadable = null;
  }

  /** The driver cannot do what is configured: not tried again until it is told anew. `reason` null: now it can. */
  refused(service: string, reason: string | null): void {
    if (reason === null) {
      this.#refused.delete(service);
      return;
    }
    if (this.#refused.get(service) === reason) return;
    if (this.#refused.size >= MAX_TOLD) this.#refused.clear();
    this.#refused.set(service, reason);
    this.#context.event({ type: 'dataplane', op: 'refused', what: `service ${service}`, why: reason });
    this.#context.log.error({ service }, `service ${service} cannot be served as configured: ${reason}`);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #scheduleRetry(): void {
    if (this.#cancel !== null || this.#stopped) return;
    this.#cancel = this.#context.after(this.#pauseNs, () => {
      this.#cancel = null;
      this.#retry();
    });
    this.#pauseNs = Math.min(this.#pauseNs * 2, LONGEST_PAUSE_NS);
  }
}
