/**
 * Reading in a thread that ends with it: a document of many megabytes takes seconds, in which an actor would be taken for
 * frozen, and the schema takes 20 MB that a process would keep for good.
 */
import { Worker } from 'node:worker_threads';
import { CommandError, ConfigError, type ConfigIssue } from '../errors.js';

/** What the thread posts, once. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'refused'; readonly issues: readonly ConfigIssue[] };

/** The largest allowed document takes less on any machine of the last ten years. */
const READ_LIMIT_MS = 120_000;
/** The largest allowed document needs less; past it only the reading thread dies. */
const MEMORY_LIMIT_MB = 2048;

/** The thread's side. */
export function readingOf<T>(read: () => T): Reading<T> {
  try {
    return { kind: 'read', value: read() };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'refused', issues: error.issues };
    throw error;
  }
}

/**
 * Runs the module `entry`, which posts one Reading of its `workerData`.
 * @throws ConfigError with everything that is wrong; CommandError when it takes too long, or too much memory
 */
export function readInThread<T>(entry: URL, workerData: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry, {
      workerData,
      name: 'config',
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
    });
    const timer = setTimeout(() => {
      reject(new CommandError('ERR_TIMEOUT', `the configuration could not be read within ${READ_LIMIT_MS / 1000} s`));
      void worker.terminate();
    }, READ_LIMIT_MS);
    worker.on('message', (reading: Reading<T>) => {
      if (reading.kind === 'refused') reject(new ConfigError(reading.issues));
      else resolve(reading.value);
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
