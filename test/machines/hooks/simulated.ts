/** Hooks, a journal and a file of lines, without a clock and without I/O. */
import { type DispatchedHook, Dispatcher, type Run } from '../../../src/machines/hooks/dispatcher.js';
import { type Bounds, HookJournal } from '../../../src/machines/hooks/journal.js';
import {
  type JournalEntry,
  type JournalRecord,
  journalLine,
  parseJournalLines,
} from '../../../src/wire/hooks/journal-lines.js';

export const hookNamed = (name: string, more: Partial<DispatchedHook> = {}): DispatchedHook => ({
  name,
  on: ['service-state'],
  names: [],
  to: [],
  resync: true,
  format: 'json',
  retries: null,
  ...more,
});
export const fact = (name: string, more: Partial<JournalEntry> = {}): Omit<JournalEntry, 'seq'> => ({
  type: 'service-state',
  names: [name],
  state: 'healthy',
  only: null,
  present: false,
  words: null,
  event: { atMs: 0 },
  ...more,
});

/** A daemon's life between two crashes. */
export class Life {
  readonly journal: HookJournal;
  readonly dispatcher: Dispatcher;
  readonly running = new Map<string, Run>();
  durable: number;

  constructor(file: string, hooks: readonly DispatchedHook[], bounds: Bounds) {
    this.journal =
      file === '' ? new HookJournal('epoch', 1, bounds) : HookJournal.from(parseJournalLines(file), bounds);
    this.dispatcher = new Dispatcher(this.journal, () => 1);
    this.dispatcher.configure(hooks);
    this.durable = this.journal.newest;
  }

  snapshot(): string {
    return this.journal.snapshot().map(journalLine).join('');
  }

  start(nowMs: number): Run | null {
    const run = this.dispatcher.next(nowMs, this.durable);
    if (run !== null) this.running.set(run.hook, run);
    return run;
  }

  end(hook: string, ok: boolean, nowMs: number): JournalRecord | null {
    this.running.delete(hook);
    return this.dispatcher.ended(hook, ok, nowMs).record;
  }
}
