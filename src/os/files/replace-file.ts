/** Writing a file so that either the old or the new text is there after a crash at any moment. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from './directory.js';

/** Readable by its owner alone. */
const MODE = 0o600;

/** `write` writes all of it. The file beside it is always a new one: what lies there may be a pipe, on which opening waits. */
export async function replaceFile(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  await makeDirectory(dirname(file));
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, 'wx', MODE);
  try {
    await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
