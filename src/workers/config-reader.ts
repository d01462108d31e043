/** Reads configurations in threads of their own. */
import type { Loaded, LoadOptions } from '../config/load.js';
import { CommandError } from '../errors.js';
import { readInThread } from './reading.js';

export type ConfigDocument =
  | { readonly kind: 'file'; readonly path: string }
  /** `name` stands for the file in errors. */
  | { readonly kind: 'text'; readonly text: string; readonly name: string; readonly format: 'yaml' | 'toml' };
export type ConfigSource = { readonly document: ConfigDocument; readonly options: LoadOptions };

/**
 * `threads`: the folder of the threads' entry points, for whoever may be bundled.
 * @throws ConfigError with everything that is wrong; CommandError when it takes too long, or too much memory
 */
export const readConfig = (source: ConfigSource, threads = new URL('./', import.meta.url)): Promise<Loaded> =>
  readInThread(new URL('./config-thread.js', threads), source);

/** Reads one at a time, since each takes a processor and much memory; those beyond `waiting` are refused. */
export class ConfigReader {
  readonly #waiting: number;
  #pending = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(waiting: number) {
    this.#waiting = waiting;
  }

  read(source: ConfigSource): Promise<Loaded> {
    if (this.#pending > this.#waiting) {
      const message = `${this.#pending} configurations are being read already; try again in a moment`;
      return Promise.reject(new CommandError('ERR_UNAVAILABLE', message));
    }
    this.#pending += 1;
    const turn = this.#last
      .then(() => readConfig(source))
      .finally(() => {
        this.#pending -= 1;
      });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
