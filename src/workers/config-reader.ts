/**
 * Reads configurations in a thread of their own: a document of many megabytes takes seconds, in which an actor would be
 * taken for frozen.
 */
import { Worker } from 'node:worker_threads';
import type { Loaded, LoadOptions } from '../config/load.js';
import { CommandError, ConfigError, type ConfigIssue } from '../errors.js';

export type ConfigDocument =
  | { readonly kind: 'file'; readonly path: string }
  /** `name` stands for the file in errors. */
  | { readonly kind: 'text'; readonly text: string; readonly name: string; readonly format: 'yaml' | 'toml' };
export type ConfigSource = { readonly document: ConfigDocument; readonly options: LoadOptions };
export type ConfigReading =
  | ({ readonly kind: 'loaded' } & Loaded)
  | { readonly kind: 'refused'; readonly issues: readonly ConfigIssue[] };

/** The largest allowed document takes less on any machine of the last ten years. */
const READ_LIMIT_MS = 120_000;
const MEMORY_LIMIT_MB = 2048;

/** @throws ConfigError with everything that is wrong; CommandError when it takes too long, or too much memory */
export function readConfig(source: ConfigSource): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./config-thread.js', import.meta.url), {
      workerData: source,
      name: 'config',
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
    });
    const timer = setTimeout(() => {
      reject(new CommandError('ERR_TIMEOUT', `the configuration could not be read within ${READ_LIMIT_MS / 1000} s`));
      void worker.terminate();
    }, READ_LIMIT_MS);
    worker.on('message', (reading: ConfigReading) => {
      if (reading.kind === 'refused') reject(new ConfigError(reading.issues));
      else resolve({ config: reading.config, warnings: reading.warnings });
    });
    worker.on('error', (error) => {
      reject(new CommandError('ERR_UNAVAILABLE', `the configuration could not be read: ${error.message}`));
    });
    worker.on('exit', () => {
      clearTimeout(timer);
      // Without an effect where a message or an error came.
      reject(new CommandError('ERR_UNAVAILABLE', 'the configuration could not be read: its reader ended'));
    });
  });
}

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
