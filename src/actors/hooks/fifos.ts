import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../model/errors.js';
import { keepalivedLine } from '../../wire/hooks/keepalived-words.js';
import { inTime, type Message, type Outcome } from './message.js';

/** A reader that is there and slow gets so long to make room, again and again until the time limit. */
const ROOM_LOOK_MS = 50;
// Opening a pipe that nobody reads would wait for ever.
const FLAGS = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

const codeOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, 'code') : undefined);

/** The named pipes of hooks: they stay open, as a reader would take an end for the last line. */
export class Fifos {
  readonly #open = new Map<string, FileHandle>();

  tell(message: Message, path: string): Promise<Outcome> {
    const { hook, words, document } = message;
    const line = Buffer.from(hook.format === 'json' ? document : keepalivedLine(words));
    return inTime(message, async (signal) => {
      const handle = this.#open.get(path) ?? (await openFifo(path));
      this.#open.set(path, handle);
      let written = 0;
      try {
        while (written < line.length) written += await writeSome(handle, line.subarray(written), signal);
      } catch (error) {
        // A reader that was told half a line must see that it ends.
        if (written > 0 || codeOf(error) === 'EPIPE') await this.#close(path);
        throw codeOf(error) === 'EPIPE' ? new Error(nobody(path)) : error;
      }
    });
  }

  /** Those of hooks that are gone. */
  async closeAllBut(paths: readonly (string | null)[]): Promise<void> {
    for (const path of [...this.#open.keys()]) if (!paths.includes(path)) await this.#close(path);
  }

  async #close(path: string): Promise<void> {
    const handle = this.#open.get(path);
    this.#open.delete(path);
    await handle?.close();
  }
}

const nobody = (path: string): string => `nobody reads ${path}`;

async function openFifo(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, FLAGS);
  } catch (error) {
    if (codeOf(error) === 'ENXIO') throw new Error(nobody(path));
    if (codeOf(error) === 'ENOENT') throw new Error(`there is no ${path}: make it with mkfifo -m 600 ${path}`);
    throw new Error(`${path} cannot be opened: ${messageOf(error)}`);
  }
  if ((await handle.stat()).isFIFO()) return handle;
  await handle.close();
  throw new Error(`${path} is no named pipe: make one with mkfifo -m 600 ${path}`);
}

/** The number of bytes that it took. Lines of up to 4096 bytes are taken whole or not at all (PIPE_BUF). */
async function writeSome(handle: FileHandle, bytes: Uint8Array, signal: AbortSignal): Promise<number> {
  try {
    return (await handle.write(bytes)).bytesWritten;
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') throw error;
    await sleep(ROOM_LOOK_MS, undefined, { signal });
    return 0;
  }
}
