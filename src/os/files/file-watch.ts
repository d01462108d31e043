import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Tells when something happened to one file. Its folder is watched, for a file that is replaced is another file. */
export class FileWatch {
  readonly #path: string;
  readonly #changed: () => void;
  #watcher: FSWatcher | null = null;

  constructor(path: string, changed: () => void) {
    this.#path = path;
    this.#changed = changed;
  }

  /** Said before each look at the file: a folder that could not be watched is tried again. */
  begin(): void {
    if (this.#watcher !== null) return;
    const name = basename(this.#path);
    try {
      const watcher = watch(dirname(this.#path), { persistent: false }, (_change, changed) => {
        if (changed === name || changed === null) this.#changed();
      });
      // The folder is gone, or cannot be watched.
      watcher.on('error', () => this.close());
      this.#watcher = watcher;
    } catch {
      this.#watcher = null;
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}
