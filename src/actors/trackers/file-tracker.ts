/** One tracked file: a whole number in it, read when its folder tells of a change, and looked at all the same. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { TrackedFile } from '../../model/config.js';
import { messageOf } from '../../model/errors.js';
import { FileRefusal, readRegularFileLater } from '../../os/files/regular-file.js';
import type { ActorContext } from '../../workers/actor.js';
import type { Tracker } from './members.js';
import { metrics } from './metrics.js';
import type { Reports } from './reports.js';

export type FileParts = Pick<ActorContext, 'log' | 'meter'> & { readonly reports: Pick<Reports, 'report'> };

/** Where nothing tells of a change (a network file system, a folder that is not there yet), it is seen within this time. */
const LOOK_MS = 1000;
/** A number with its sign, and some space around it. */
const MAX_BYTES = 64;
const WHOLE_NUMBER = /^\s*([+-]?\d{1,9})\s*$/;

export class FileTracker implements Tracker<TrackedFile> {
  readonly #name: string;
  readonly #parts: FileParts;
  readonly #look: NodeJS.Timeout;
  #path: string;
  #watcher: FSWatcher | null = null;
  /** One look at a time: on a file system that hangs, one is all that waits. */
  #looking = false;
  #again = false;
  #stopped = false;
  /** The last number that was there. */
  #value = 0;
  #complaint = '';

  constructor(name: string, { path }: TrackedFile, parts: FileParts) {
    this.#name = name;
    this.#path = path;
    this.#parts = parts;
    this.#look = setInterval(() => this.#see(), LOOK_MS);
    this.#see();
  }

  configure({ path }: TrackedFile): void {
    if (path === this.#path) return;
    this.#path = path;
    this.#value = 0;
    this.#unwatch();
    this.#see();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#look);
    this.#unwatch();
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  /** The folder is watched, for a file that is replaced is another file. */
  #watch(): void {
    if (this.#watcher !== null) return;
    const name = basename(this.#path);
    try {
      const watcher = watch(dirname(this.#path), { persistent: false }, (_change, changed) => {
        if (changed === name || changed === null) this.#see();
      });
      // The folder is gone, or cannot be watched: the next look tries again.
      watcher.on('error', () => this.#unwatch());
      this.#watcher = watcher;
    } catch {
      this.#watcher = null;
    }
  }

  #see(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#watch();
    this.#looking = true;
    void this.#read(this.#path).finally(() => {
      this.#looking = false;
      const again = this.#again;
      this.#again = false;
      if (again) this.#see();
    });
  }

  async #read(path: string): Promise<void> {
    let text: string | null = null;
    let problem = '';
    try {
      text = (await readRegularFileLater(path, MAX_BYTES)).bytes.toString('latin1');
    } catch (error) {
      if (error instanceof FileRefusal && error.absent) this.#value = 0;
      problem = error instanceof FileRefusal && error.absent ? 'there is no such file' : messageOf(error);
    }
    if (this.#stopped || path !== this.#path) return;
    if (text !== null) {
      const number = WHOLE_NUMBER.exec(text)?.[1];
      if (number === undefined) problem = 'it holds no whole number';
      else this.#value = Number(number);
    }
    this.#tell(problem);
  }

  /** A file that is being written may be empty for a moment: what was there last goes on. */
  #tell(problem: string): void {
    const value = this.#value;
    if (problem !== this.#complaint) {
      this.#complaint = problem;
      const { log } = this.#parts;
      if (problem === '') log.info({ path: this.#path, value }, `tracked file ${this.#name} can be read`);
      else log.warn({ path: this.#path, value, problem }, `tracked file ${this.#name} counts as ${value}: ${problem}`);
    }
    this.#parts.meter.gauge(metrics.fulcrum_track_file_value, { name: this.#name }, value);
    const why = problem === '' ? `the number ${value}` : `the number ${value}, for ${problem}`;
    this.#parts.reports.report('file', this.#name, { up: problem === '', value, why });
  }
}
