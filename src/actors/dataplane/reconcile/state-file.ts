/**
 * A small JSON file in the state directory. It is written behind the table's back, never before it: a slow disk must not
 * delay a write to the table.
 */
import type { z } from 'zod';
import type { Log } from '../../../model/observing/log.js';
import { replaceFile } from '../../../os/files/replace-file.js';
import { loadSaved } from '../../../os/files/saved-file.js';

/** Far above any table's size: a larger file is not ours. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export type StateFile<T> = {
  /** What was in the file at the start; null where there was none, or a damaged one (which was set aside and logged). */
  readonly initial: T | null;
  /** Writes soon; of several calls in between, what the last one's `value` gives. */
  save(value: () => T): void;
  /** Resolves when all that was saved is on the disk, or could not be written (which was logged). */
  written(): Promise<void>;
};

/** `what` says what the file remembers, and `without` what follows where that is lost, for messages; `schema` is asked for only where there is a file. */
export async function openStateFile<T>(
  file: string,
  schema: () => Promise<z.ZodType<T>>,
  log: Log,
  what: string,
  without: string,
): Promise<StateFile<T>> {
  const initial = await read(file, schema, log, what, without);
  let wanted: (() => T) | null = null;
  let writing: Promise<void> | null = null;

  async function write(): Promise<void> {
    // What a whole batch has to remember goes into one file, which is on its way while the batch is written.
    await Promise.resolve();
    while (wanted !== null) {
      const value = wanted();
      wanted = null;
      try {
        await replaceFile(file, (handle) => handle.writeFile(JSON.stringify(value)));
      } catch (error) {
        log.error({ file, error: String(error) }, `cannot remember ${what}: free or repair the disk`);
      }
    }
    writing = null;
  }
  return {
    initial,
    save: (value) => {
      wanted = value;
      writing ??= write();
    },
    written: async () => {
      await writing;
    },
  };
}

async function read<T>(
  file: string,
  schema: () => Promise<z.ZodType<T>>,
  log: Log,
  what: string,
  without: string,
): Promise<T | null> {
  const saved = await loadSaved(file, MAX_FILE_BYTES, async (text) => (await schema()).parse(JSON.parse(text)));
  if (saved.kind === 'loaded') return saved.state;
  if (saved.kind === 'unreadable') log.warn({ file, why: saved.why }, `cannot read ${what}: ${without}`);
  if (saved.kind === 'damaged') {
    const { why, movedTo } = saved;
    log.warn({ file, why, movedTo }, `the file of ${what} is damaged: set aside; ${without}`);
  }
  return null;
}
