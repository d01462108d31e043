/**
 * A small JSON file in the state directory. It is written behind the table's back, never before it: a slow disk must not
 * delay a write to the table.
 */
import { rename } from 'node:fs/promises';
import type { z } from 'zod';
import type { Log } from '../../../model/observing/log.js';
import { FileRefusal, readRegularFile } from '../../../os/files/regular-file.js';
import { replaceFile } from '../../../os/files/replace-file.js';

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
  let text: string;
  try {
    text = readRegularFile(file, MAX_FILE_BYTES).bytes.toString('utf8');
  } catch (error) {
    if (!(error instanceof FileRefusal && error.absent)) {
      log.warn({ file, error: String(error) }, `cannot read ${what}: ${without}`);
    }
    return null;
  }
  try {
    return (await schema()).parse(JSON.parse(text));
  } catch (error) {
    const aside = `${file}.damaged`;
    await rename(file, aside).catch(() => {});
    log.warn({ file, aside, error: String(error) }, `the file of ${what} is damaged: set aside; ${without}`);
    return null;
  }
}
