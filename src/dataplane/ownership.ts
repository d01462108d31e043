/**
 * Which services of a table that outlives the process are ours: a small file in the state directory. It is written behind
 * the table's back, never before it: a slow disk must not delay a write. What a crash in between leaves unremembered is
 * taken over again as soon as the configuration names it.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Log } from '../workers/actor.js';
import type { ServiceKey } from './table.js';

/** Far above any table's size: a larger file is not ours. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

const fileSchema = z.object({ version: z.literal(1), services: z.array(z.string().max(200)) });

export interface Ownership {
  has(key: ServiceKey): boolean;
  add(key: ServiceKey): void;
  delete(key: ServiceKey): void;
  /** Forgets what is not there any more: after a reboot, someone else may make it. */
  retain(isThere: (key: ServiceKey) => boolean): void;
  /** Resolves when what is owned now is on the disk, or could not be written (which was logged). */
  written(): Promise<void>;
}

/** For tables that end with the process: everything in them is ours. */
export const ownsEverything: Ownership = {
  has: () => true,
  add: () => {},
  delete: () => {},
  retain: () => {},
  written: async () => {},
};

export async function openOwnership(file: string, log: Log): Promise<Ownership> {
  const owned = await readOwned(file, log);
  let wanted = 0;
  let onDisk = 0;
  let writing: Promise<void> | null = null;

  async function write(): Promise<void> {
    while (onDisk !== wanted) {
      const version = wanted;
      try {
        await writeAtomically(file, JSON.stringify({ version: 1, services: [...owned] }));
      } catch (error) {
        log.error({ file, error: String(error) }, 'cannot remember which services are ours: free or repair the disk');
      }
      onDisk = version;
    }
    writing = null;
  }
  const changed = () => {
    wanted += 1;
    writing ??= write();
  };
  return {
    has: (key) => owned.has(key),
    add: (key) => {
      if (owned.has(key)) return;
      owned.add(key);
      changed();
    },
    delete: (key) => {
      if (owned.delete(key)) changed();
    },
    retain: (isThere) => {
      for (const key of owned) {
        if (!isThere(key) && owned.delete(key)) changed();
      }
    },
    written: async () => {
      await writing;
    },
  };
}

async function readOwned(file: string, log: Log): Promise<Set<ServiceKey>> {
  let text: string;
  try {
    const handle = await open(file, 'r');
    try {
      if ((await handle.stat()).size > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    } finally {
      await handle.close();
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log.warn({ file, error: String(error) }, 'cannot read which services are ours: taking over what is configured');
    }
    return new Set();
  }
  try {
    return new Set(fileSchema.parse(JSON.parse(text)).services as ServiceKey[]);
  } catch (error) {
    const aside = `${file}.damaged`;
    await rename(file, aside).catch(() => {});
    log.warn({ file, aside, error: String(error) }, 'the list of our services is damaged: set aside, starting empty');
    return new Set();
  }
}

/** Either the old or the new text is there after a crash at any moment. */
async function writeAtomically(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
