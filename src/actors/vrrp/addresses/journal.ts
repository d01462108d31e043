/**
 * Remembers in the state directory which addresses, routes, rules and interfaces this node may have put into the kernel, and which
 * of its settings it changed, so that the start after a kill undoes all of it. Written before they are used, and never waited for once the thread keeps time.
 */

import { closeSync, constants, openSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DeepReadonly } from '../../../model/deep-readonly.js';
import { messageOf } from '../../../model/errors.js';
import { makeDirectorySync } from '../../../os/files/directory.js';
import { tryLockFile } from '../../../os/files/file-lock.js';
import { readOpenFile } from '../../../os/files/regular-file.js';

const FILE = 'vrrp-addresses.json';
/** 255 instances with 255 addresses each would be 4 MB; nobody has them. What does not fit is not remembered. */
const MAX_BYTES = 1 << 20;

/** A thread that this one replaces may need so long to let its lock go. */
const LOCK_WAIT_MS = 1000;
const LOCK_LOOK_MS = 20;

const entry = z.object({
  interface: z.string().min(1),
  address: z.string().min(1),
  prefixLength: z.int().min(0).max(128),
  /** The address belongs to this node itself (priority 255). */
  owner: z.boolean(),
});
export type JournalEntry = z.infer<typeof entry>;
const madeInterface = z.object({ name: z.string().min(1), mac: z.string().min(1) });
export type JournalInterface = z.infer<typeof madeInterface>;

const setting = z.object({
  /** A path below /proc/sys, where nothing else is written to. */
  name: z.string().regex(/^net\/ipv4\/conf\/[^/]+\/arp_(?:ignore|announce)$/u),
  value: z.int(),
  before: z.int(),
});

const document = z.object({
  version: z.literal(1),
  addresses: z.array(entry),
  // As what tells them from others is written; a file of an earlier version has none.
  routes: z.array(z.string()).default([]),
  rules: z.array(z.string()).default([]),
  interfaces: z.array(madeInterface).default([]),
  settings: z.array(setting).default([]),
});
export type JournalContent = DeepReadonly<Omit<z.infer<typeof document>, 'version'>>;
export const nothingJournaled: JournalContent = { addresses: [], routes: [], rules: [], interfaces: [], settings: [] };

export class AddressJournal {
  readonly #fd: number;
  #length: number;

  private constructor(fd: number, length: number) {
    this.#fd = fd;
    this.#length = length;
  }

  /**
   * Opens it and reads what the last run left. Throws what the file system throws, and where another runtime that lives has
   * it: what that one put on its interfaces is no leftover.
   */
  static open(stateDir: string): { readonly journal: AddressJournal; readonly left: JournalContent } {
    makeDirectorySync(stateDir, 0o755);
    const path = join(stateDir, FILE);
    // Not to wait for whoever writes into a pipe of that name.
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o644);
    if (!lock(fd)) {
      closeSync(fd);
      throw new Error(`${path} belongs to another runtime; give each its own node.state_dir`);
    }
    try {
      const text = readOpenFile(fd, MAX_BYTES).bytes.toString('utf8');
      return { journal: new AddressJournal(fd, text.length), left: parseJournal(text) };
    } catch (error) {
      closeSync(fd);
      throw new Error(`${path}: ${messageOf(error)}`);
    }
  }

  /** `wait`: before the thread keeps time. Later a thread of the pool writes, and nobody is told when. */
  write(content: JournalContent, wait: boolean): void {
    const text = JSON.stringify({ version: 1, ...content });
    if (text.length > MAX_BYTES) return;
    // Spaces over the rest of a longer text before it: cutting the file would be a second call.
    const bytes = Buffer.from(text.padEnd(this.#length));
    this.#length = bytes.length;
    if (wait) writeSync(this.#fd, bytes, 0, bytes.length, 0);
    else write(this.#fd, bytes, 0, bytes.length, 0, () => {});
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function lock(fd: number): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < LOCK_WAIT_MS; waitedMs += LOCK_LOOK_MS) {
    if (tryLockFile(fd)) return true;
    Atomics.wait(pause, 0, 0, LOCK_LOOK_MS);
  }
  return tryLockFile(fd);
}

/** A damaged file says nothing: the marks on the things themselves remain. */
export function parseJournal(text: string): JournalContent {
  if (text.trim() === '') return nothingJournaled;
  try {
    const { version: _, ...content } = document.parse(JSON.parse(text));
    return content;
  } catch {
    return nothingJournaled;
  }
}
