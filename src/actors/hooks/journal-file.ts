/**
 * The journal on disk. Changes are appended, together where they come quickly, and are on the disk before anybody acts on them; now
 * and then the file is written anew. While it cannot be written, hooks are told from memory.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { HookJournal } from '../../machines/hooks/journal.js';
import { messageOf } from '../../model/errors.js';
import { replaceFile } from '../../os/files/replace-file.js';
import { loadSaved } from '../../os/files/saved-file.js';
import { type JournalRecord, journalLine, parseJournalLines } from '../../wire/hooks/journal-lines.js';
import type { ActorContext } from '../../workers/actor.js';

const FILE = 'hooks.journal';
/** Ours is never larger: it is written anew before. */
const MAX_BYTES = 64 * 1024 * 1024;
/** So much is appended, beside as much again as was there, before the file is written anew. */
const MIN_GROWTH = 1024 * 1024;
/** A disk that was full is tried again after so long. */
const RETRY_MS = 5000;
/** Records in one write. */
const SLICE = 500;

const LOST = 'hooks are told how things stand, and nothing that happened before';

export async function loadJournal(stateDir: string, context: ActorContext): Promise<HookJournal> {
  const path = join(stateDir, FILE);
  const saved = await loadSaved(path, MAX_BYTES, (text) => HookJournal.from(parseJournalLines(text)));
  if (saved.kind === 'loaded') return saved.state;
  if (saved.kind !== 'absent') {
    const moved = saved.kind === 'damaged' ? `; moved to ${saved.movedTo}` : '';
    const why = `${path}: ${saved.why}${moved}: ${LOST}`;
    context.log.error({ path }, `the hooks' journal is lost: ${why}`);
    context.event({ type: 'alarm', alarm: 'hooks-journal', why });
  }
  // A name that no other journal of this node has.
  return new HookJournal(Date.now().toString(36));
}

export class JournalFile {
  readonly #path: string;
  readonly #journal: HookJournal;
  readonly #context: ActorContext;
  readonly #onDurable: () => void;
  #begun = false;
  #durable = 0;
  #pending: string[] = [];
  #handle: FileHandle | null = null;
  /** Of the file, now and when it was last written anew. */
  #bytes = 0;
  #firstBytes = 0;
  #writing: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;

  constructor(stateDir: string, journal: HookJournal, context: ActorContext, onDurable: () => void) {
    this.#path = join(stateDir, FILE);
    this.#journal = journal;
    this.#context = context;
    this.#onDurable = onDurable;
    // What was loaded is there; but the end may have been cut off, so the file is written anew first.
    this.#durable = journal.newest;
  }

  /** Entries up to this one are on the disk, as far as it takes them. */
  get durable(): number {
    return this.#durable;
  }

  add(record: JournalRecord): void {
    this.#pending.push(journalLine(record));
    this.#write();
  }

  /** Nothing is written before: another daemon may live in the directory. */
  begin(): void {
    this.#begun = true;
    this.#write();
  }

  #write(): void {
    if (!this.#begun) return;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
  }

  /** What was added is written. */
  async flushed(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async close(): Promise<void> {
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.flushed();
    await this.#handle?.close();
  }

  async #writeAll(): Promise<void> {
    do {
      const { newest } = this.#journal;
      if (this.#retry !== null) this.#pending = [];
      else await this.#tryWrite();
      this.#durable = newest;
      this.#onDurable();
      // Whoever adds in a callback adds before the loop looks.
    } while (this.#pending.length > 0);
  }

  async #tryWrite(): Promise<void> {
    try {
      if (this.#handle === null || this.#bytes > 2 * this.#firstBytes + MIN_GROWTH) await this.#rewrite();
      else await this.#append(this.#handle);
    } catch (error) {
      this.#failed(messageOf(error));
      await this.#handle?.close().catch(() => {});
      // Half a line may be at its end.
      this.#handle = null;
    }
  }

  async #append(handle: FileHandle): Promise<void> {
    const text = this.#pending.join('');
    this.#pending = [];
    await handle.appendFile(text);
    await handle.datasync();
    this.#bytes += text.length;
  }

  async #rewrite(): Promise<void> {
    const records = this.#journal.snapshot();
    this.#pending = [];
    await this.#handle?.close();
    this.#handle = null;
    this.#bytes = 0;
    await replaceFile(this.#path, async (handle) => {
      for (let from = 0; from < records.length; from += SLICE) {
        const text = records
          .slice(from, from + SLICE)
          .map(journalLine)
          .join('');
        await handle.write(text);
        this.#bytes += text.length;
      }
    });
    this.#firstBytes = this.#bytes;
    this.#handle = await open(this.#path, 'a');
  }

  #failed(why: string): void {
    const text = `${this.#path} cannot be written: ${why}; a restart would lose what hooks were not told yet`;
    this.#context.log.error({ path: this.#path }, text);
    this.#context.event({ type: 'alarm', alarm: 'hooks-journal', why: text });
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#write();
    }, RETRY_MS);
  }
}
