/**
 * That the node is in maintenance, for the next life of whoever has to know: the engine, and VRRP, which must not take an address
 * before the engine can tell. The engine alone writes it. While there is such a file the node is in maintenance; its text is since when.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../model/errors.js';
import { FileRefusal, readRegularFile } from '../../../os/files/regular-file.js';
import { replaceFile } from '../../../os/files/replace-file.js';

const FILE = 'maintenance';
const MAX_BYTES = 64;

export type KeptMaintenance = {
  readonly on: boolean;
  /** RFC 3339; null where the file does not say it. */
  readonly since: string | null;
  /** What is wrong with the file; null = nothing. */
  readonly problem: string | null;
};

export const NO_MAINTENANCE: KeptMaintenance = { on: false, since: null, problem: null };

const pathIn = (stateDir: string): string => join(stateDir, FILE);

export function readMaintenance(stateDir: string): KeptMaintenance {
  try {
    const text = readRegularFile(pathIn(stateDir), MAX_BYTES).bytes.toString('latin1').trim();
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) return { on: true, since: null, problem: 'it holds no time' };
    return { on: true, since: new Date(ms).toISOString(), problem: null };
  } catch (error) {
    if (error instanceof FileRefusal && error.absent) return NO_MAINTENANCE;
    // As all else that cannot be read of the last life.
    return { ...NO_MAINTENANCE, problem: messageOf(error) };
  }
}

/** `since` null: it is over. Rejects with the system's error. */
export async function writeMaintenance(stateDir: string, since: string | null): Promise<void> {
  const path = pathIn(stateDir);
  if (since === null) await rm(path, { force: true });
  else await replaceFile(path, async (handle) => void (await handle.writeFile(`${since}\n`)));
}
