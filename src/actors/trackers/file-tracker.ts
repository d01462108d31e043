/** One tracked file: a whole number in it, read when its folder tells of a change, and looked at all the same. */
import { type FileNumber, fileWords, stepFile } from '../../machines/tracking/file-number.js';
import type { TrackedFile } from '../../model/config.js';
import { readingOf } from '../../os/files/file-turns.js';
import { FileWatch } from '../../os/files/file-watch.js';
import { readRegularFileLater } from '../../os/files/regular-file.js';
import type { ActorContext } from '../../workers/actor.js';
import type { Tracker } from './members.js';
import { metrics } from './metrics.js';
import type { Reports } from './reports.js';

export type FileParts = Pick<ActorContext, 'log' | 'meter'> & { readonly reports: Pick<Reports, 'report'> };

/** Where nothing tells of a change (a network file system, a folder that is not there yet), it is seen within this time. */
const LOOK_MS = 1000;
/** A number with its sign, and some space around it. */
const MAX_BYTES = 64;

export class FileTracker implements Tracker<TrackedFile> {
  readonly #name: string;
  readonly #parts: FileParts;
  readonly #look: NodeJS.Timeout;
  #path: string;
  #watch: FileWatch;
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
    this.#watch = new FileWatch(path, () => this.#see());
    this.#look = setInterval(() => this.#see(), LOOK_MS);
    this.#see();
  }

  configure({ path }: TrackedFile): void {
    if (path === this.#path) return;
    this.#path = path;
    this.#value = 0;
    this.#watch.close();
    this.#watch = new FileWatch(path, () => this.#see());
    this.#see();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#look);
    this.#watch.close();
  }

  #see(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#watch.begin();
    this.#looking = true;
    void this.#read(this.#path).finally(() => {
      this.#looking = false;
      const again = this.#again;
      this.#again = false;
      if (again) this.#see();
    });
  }

  async #read(path: string): Promise<void> {
    const reading = await readingOf(readRegularFileLater(path, MAX_BYTES));
    if (this.#stopped || path !== this.#path) return;
    const number = stepFile(this.#value, reading);
    this.#value = number.value;
    this.#tell(number);
  }

  #tell(number: FileNumber): void {
    const { value, problem } = number;
    if (problem !== this.#complaint) {
      this.#complaint = problem;
      const { log } = this.#parts;
      if (problem === '') log.info({ path: this.#path, value }, `tracked file ${this.#name} can be read`);
      else log.warn({ path: this.#path, value, problem }, `tracked file ${this.#name} counts as ${value}: ${problem}`);
    }
    this.#parts.meter.gauge(metrics.fulcrum_track_file_value, { name: this.#name }, value);
    this.#parts.reports.report('file', this.#name, { up: problem === '', value, why: fileWords(number) });
  }
}
