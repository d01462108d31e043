/**
 * What hooks are to be told, in order, and how far each one is. Bounded: a hook that is too far behind misses the oldest, and is told
 * how many. Each change gives the record that a file needs to hold it over a restart. Pure.
 */
import { TRANSITION } from '../../wire/hooks/document.js';
import { type Cursor, type JournalEntry, type JournalRecord, journalLine } from '../../wire/hooks/journal-lines.js';

/** Which events a hook is told. */
export type HookFilter = {
  readonly name: string;
  readonly on: readonly string[];
  /** Instances, groups, services or backends; empty = all. */
  readonly names: readonly string[];
  /** States; empty = all. */
  readonly to: readonly string[];
  /** It is told how things stand too. */
  readonly resync: boolean;
  readonly format: 'json' | 'keepalived';
};

export type Bounds = { readonly entries: number; readonly bytes: number };

/** At 1000 bytes each, ten megabytes of memory and of disk; a flapping backend needs hours for so many. */
export const JOURNAL_BOUNDS: Bounds = { entries: 10_000, bytes: 10 * 1024 * 1024 };

export type Due = { readonly entry: JournalEntry; readonly missed: number };

type Kept = { readonly entry: JournalEntry; readonly bytes: number };

export class HookJournal {
  readonly epoch: string;
  readonly #bounds: Bounds;
  /** Their numbers have no gap. */
  #kept: Kept[] = [];
  #bytes = 0;
  #next: number;
  #cursors = new Map<string, Cursor>();
  #filters = new Map<string, HookFilter>();

  /** `epoch` names this life of the journal: the numbers of another one say nothing about its. */
  constructor(epoch: string, next = 1, bounds = JOURNAL_BOUNDS) {
    this.epoch = epoch;
    this.#next = next;
    this.#bounds = bounds;
  }

  /** Of what a file has. Throws with what does not fit. */
  static from([first, ...rest]: readonly JournalRecord[], bounds = JOURNAL_BOUNDS): HookJournal {
    if (first?.kind !== 'journal') throw new Error('it does not begin as a journal');
    const journal = new HookJournal(first.epoch, first.next, bounds);
    for (const record of rest) {
      if (record.kind === 'journal') throw new Error('it begins a second time');
      if (record.kind === 'cursor') journal.#cursors.set(record.cursor.hook, record.cursor);
      else journal.#load(record.entry);
    }
    return journal;
  }

  #load(entry: JournalEntry): void {
    const last = this.#kept.at(-1)?.entry.seq;
    const inPlace = last === undefined ? entry.seq <= this.#next : entry.seq === last + 1;
    if (!inPlace) throw new Error(`entry ${entry.seq} is not in its place`);
    this.#keep(entry);
    this.#next = Math.max(this.#next, entry.seq + 1);
  }

  /** A hook that is new is told what happens from now on; who is gone is forgotten. */
  configure(filters: readonly HookFilter[]): void {
    this.#filters = new Map(filters.map((filter) => [filter.name, filter]));
    this.#cursors = new Map(filters.map(({ name }) => [name, this.#cursorOf(name)]));
    this.#trim();
  }

  /** The number of the newest entry. */
  get newest(): number {
    return this.#next - 1;
  }

  wanted(entry: Omit<JournalEntry, 'seq'>): boolean {
    return [...this.#filters.values()].some((filter) => wants(filter, entry));
  }

  append(fact: Omit<JournalEntry, 'seq'>): JournalRecord {
    const entry: JournalEntry = { seq: this.#next, ...fact };
    this.#next += 1;
    this.#keep(entry);
    this.#trim();
    return { kind: 'entry', entry };
  }

  /** What the hook is to be told next. */
  next(hook: string): Due | null {
    const filter = this.#filters.get(hook);
    if (filter === undefined) return null;
    const { done, missed } = this.#cursorOf(hook);
    const first = this.#kept[0]?.entry.seq ?? 0;
    for (let index = Math.max(0, done + 1 - first); index < this.#kept.length; index += 1) {
      const entry = this.#kept[index]?.entry;
      if (entry !== undefined && wants(filter, entry)) return { entry, missed };
      this.#cursors.set(hook, { hook, done: first + index, missed });
    }
    return null;
  }

  /** It was told, or (`missed`) never will be. Null where the hook is gone. */
  pass(hook: string, { entry, missed }: Due, told: boolean): JournalRecord | null {
    const before = this.#cursors.get(hook);
    if (before === undefined) return null;
    // It may have fallen out while it was told, and is counted as missed then.
    const fellOut = before.done >= entry.seq ? 1 : 0;
    const cursor = {
      hook,
      done: Math.max(before.done, entry.seq),
      missed: told ? before.missed - missed - fellOut : before.missed + 1 - fellOut,
    };
    this.#cursors.set(hook, cursor);
    this.#trim();
    return { kind: 'cursor', cursor };
  }

  /** How many events wait for the hook, and since when. */
  waiting(hook: string): { readonly count: number; readonly sinceMs: number | null } {
    const filter = this.#filters.get(hook);
    const { done } = this.#cursorOf(hook);
    const waiting = this.#kept.filter(({ entry }) => filter !== undefined && entry.seq > done && wants(filter, entry));
    const atMs = waiting[0]?.entry.event['atMs'];
    return { count: waiting.length, sinceMs: typeof atMs === 'number' ? atMs : null };
  }

  /** All of it, for a file. */
  snapshot(): readonly JournalRecord[] {
    return [
      { kind: 'journal', version: 1, epoch: this.epoch, next: this.#next },
      ...Array.from(this.#cursors.values(), (cursor) => ({ kind: 'cursor', cursor }) as const),
      ...this.#kept.map(({ entry }) => ({ kind: 'entry', entry }) as const),
    ];
  }

  #cursorOf(hook: string): Cursor {
    const { done, missed } = this.#cursors.get(hook) ?? { done: this.newest, missed: 0 };
    return { hook, done: Math.min(done, this.newest), missed };
  }

  #keep(entry: JournalEntry): void {
    const bytes = journalLine({ kind: 'entry', entry }).length;
    this.#kept.push({ entry, bytes });
    this.#bytes += bytes;
  }

  #trim(): void {
    const allDone = Math.min(...Array.from(this.#cursors.values(), ({ done }) => done));
    for (;;) {
      const [oldest] = this.#kept;
      if (oldest === undefined) return;
      const isOver = this.#kept.length > this.#bounds.entries || this.#bytes > this.#bounds.bytes;
      if (!isOver && oldest.entry.seq > allDone) return;
      this.#kept.shift();
      this.#bytes -= oldest.bytes;
      for (const [hook, filter] of this.#filters) this.#fellOut(hook, filter, oldest.entry);
    }
  }

  #fellOut(hook: string, filter: HookFilter, entry: JournalEntry): void {
    const { done, missed } = this.#cursorOf(hook);
    if (done >= entry.seq) return;
    this.#cursors.set(hook, { hook, done: entry.seq, missed: missed + (wants(filter, entry) ? 1 : 0) });
  }
}

function wants(filter: HookFilter, entry: Omit<JournalEntry, 'seq'>): boolean {
  const { name, on, names, to, resync, format } = filter;
  if (entry.only !== null && entry.only !== name) return false;
  if (entry.present && !resync) return false;
  if (format === 'keepalived' && entry.words === null) return false;
  if (!on.includes(entry.type) && !(entry.type === 'vrrp-state' && on.includes(TRANSITION))) return false;
  if (names.length > 0 && !entry.names.some((each) => names.includes(each))) return false;
  return to.length === 0 || (entry.state !== null && to.includes(entry.state));
}
