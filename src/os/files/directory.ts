import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it. Unlike Node's own recursive way it ends in file systems that take no new names
 * and say ENOENT (proc, sysfs): there Node tries for ever, in a thread that nothing can end.
 * @throws the system's error of the first directory that cannot be made
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  const isThere = async () => (await stat(path).catch(() => null))?.isDirectory() === true;
  if (await isThere()) return;
  const parent = dirname(path);
  if (parent !== path) await makeDirectory(parent, mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Somebody else may have made it just now.
    if (!(await isThere())) throw error;
  }
}

/** The same for a thread that has nothing else to do yet. */
export function makeDirectorySync(path: string, mode = 0o777): void {
  const isThere = () => {
    try {
      return statSync(path).isDirectory();
    } catch {
      return false;
    }
  };
  if (isThere()) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectorySync(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isThere()) throw error;
  }
}
