/** Reads and compares configurations in threads of their own. */

import type { ConfigIssue } from '../../model/errors.js';
import type { LoadOptions } from '../../model/load-options.js';
import { threadEntry } from '../../model/package.js';
import { type ReadingOptions, readInThread } from '../../workers/reading.js';
import type { Loaded } from '../load.js';

export type ConfigDocument =
  | { readonly kind: 'file'; readonly path: string }
  /** UTF-8; `name` stands for the file in errors. */
  | {
      readonly kind: 'text';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly name: string;
      readonly format: 'yaml' | 'toml';
    };
export type ConfigSource = { readonly document: ConfigDocument; readonly options: LoadOptions };

/** What the thread is to do. */
export type ConfigJob =
  | ({ readonly job: 'read' } & ConfigSource)
  /** Answers with PackedConfig, of which no other thread need know the inside. */
  | ({ readonly job: 'pack' } & ConfigSource)
  | ({ readonly job: 'compare' } & Comparison);

/** Two packed configurations: answers with what changes from one to the other, in words. */
export type Comparison = {
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
  /** Names of the custom checks that may be used after it. */
  readonly hostChecks: readonly string[];
};

export type PackedConfig = { readonly config: Uint8Array<ArrayBuffer>; readonly warnings: readonly ConfigIssue[] };

/**
 * What anybody may ask for who reaches the API. 100,000 backends in YAML take some 150 MB; with the body, as it comes and as a text,
 * and what V8 allows itself beyond the limit, a plan stays below 300.
 */
export const REQUEST_MEMORY_MB = 180;

const run = <T>(job: ConfigJob, options: ReadingOptions, entry = threadEntry('config')): Promise<T> =>
  readInThread(entry, job, options);

/**
 * `threads`: the folder of the threads' entry points, for whoever may be bundled.
 * @throws ConfigError with everything that is wrong; CommandError when it takes too long, or too much memory
 */
export const readConfig = (source: ConfigSource, threads?: URL): Promise<Loaded> =>
  run({ job: 'read', ...source }, {}, threads && new URL('config.js', threads));

/** The document of a request, whose bytes are taken away. @throws what `readConfig` throws */
export const packConfigOf = (
  document: Extract<ConfigDocument, { kind: 'text' }>,
  options: LoadOptions,
  signal: AbortSignal,
): Promise<PackedConfig> =>
  run({ job: 'pack', document, options }, { memoryMb: REQUEST_MEMORY_MB, signal, transfer: [document.bytes.buffer] });

/** Takes the bytes away. @throws ConfigError where a custom check is used that there is not; and what `readConfig` throws */
export const comparePacked = (pair: Comparison): Promise<readonly string[]> =>
  run({ job: 'compare', ...pair }, { memoryMb: REQUEST_MEMORY_MB, transfer: [pair.before.buffer, pair.after.buffer] });
