/**
 * Reading in a thread that ends with it: a document of many megabytes takes seconds, in which an actor would be taken for
 * frozen, and the schema takes 20 MB that a process would keep for good.
 */
import { Worker } from 'node:worker_threads';
import { CommandError, ConfigError, type ConfigIssue, unplacedIssue } from '../model/errors.js';

/** What the thread posts, once. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'refused'; readonly issues: readonly ConfigIssue[] };

/** The largest allowed document takes less on any machine of the last ten years. */
const READ_LIMIT_MS = 120_000;
/** The largest allowed document in a file of the operator's needs less; past it only the reading thread dies. */
const MEMORY_LIMIT_MB = 2048;
/** In each reading thread: the longer-lived part is what its limit is for. */
const YOUNG_MB = 16;

/** The thread's side. */
export function readingOf<T>(read: () => T): Reading<T> {
  try {
    return { kind: 'read', value: read() };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'refused', issues: error.issues };
    throw error;
  }
}

export type ReadingOptions = {
  /** @default MEMORY_LIMIT_MB */
  readonly memoryMb?: number;
  /** Ends the thread at once: nobody waits for it any more. */
  readonly signal?: AbortSignal;
  /** Buffers of `workerData` to hand over rather than copy. */
  readonly transfer?: readonly ArrayBuffer[];
};

/**
 * Runs the module `entry`, which posts one Reading of its `workerData`.
 * @throws ConfigError with everything that is wrong; CommandError when it takes too long, or too much memory
 */
export function readInThread<T>(entry: URL, workerData: unknown, options: ReadingOptions = {}): Promise<T> {
  const { memoryMb = MEMORY_LIMIT_MB, signal, transfer = [] } = options;
  if (signal?.aborted === true) return Promise.reject(givenUp());
  return new Promise((resolve, reject) => {
    let outcome = () =>
      reject(new CommandError('ERR_UNAVAILABLE', 'the configuration could not be read: its reader ended'));
    const worker = new Worker(entry, {
      workerData,
      transferList: [...transfer],
      name: 'config',
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    // Told when the thread has ended and its memory is given back: the next one may begin then.
    const end = (how: () => void) => {
      outcome = how;
      void worker.terminate();
    };
    const giveUp = () => end(() => reject(givenUp()));
    signal?.addEventListener('abort', giveUp, { once: true });
    const timer = setTimeout(() => {
      // At once: it may hang where nothing ends it.
      reject(new CommandError('ERR_TIMEOUT', `the configuration could not be read within ${READ_LIMIT_MS / 1000} s`));
      void worker.terminate();
    }, READ_LIMIT_MS);
    worker.on('message', (reading: Reading<T>) =>
      end(() => (reading.kind === 'refused' ? reject(new ConfigError(reading.issues)) : resolve(reading.value))),
    );
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const why = `the configuration could not be read: ${error.message}`;
      end(() => reject(isMemory ? tooMuchMemory(memoryMb) : new CommandError('ERR_UNAVAILABLE', why)));
    });
    worker.on('exit', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      outcome();
    });
  });
}

const givenUp = (): CommandError => new CommandError('ERR_UNAVAILABLE', 'nobody waits for this configuration any more');

const tooMuchMemory = (memoryMb: number): ConfigError =>
  new ConfigError([
    unplacedIssue({
      message: `the document takes more than ${memoryMb} MB of memory to read: split the services between nodes, or make the document smaller`,
    }),
  ]);
