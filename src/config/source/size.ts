/** How large a document is once everything in it that is shared is written out: counted before it is. */
import { MAX_EXPANDED_BYTES, MAX_VALUES } from '../limits.js';
import { problem } from './problem.js';

export type Size = { size: number; bytes: number };

/** What a scalar counts: its text. */
export const textSize = (value: unknown): number => (typeof value === 'string' ? value.length : 0);

/** @throws DocumentProblems when it is too much; `offset` is where */
export const addSize = (into: Size, part: Readonly<Size>, offset: number): void => {
  into.size += part.size;
  into.bytes += part.bytes;
  if (into.size > MAX_VALUES) {
    throw problem(offset, `here the document passes ${MAX_VALUES} values, aliases followed: ${remedy}`);
  }
  if (into.bytes > MAX_EXPANDED_BYTES) {
    const limit = `${MAX_EXPANDED_BYTES / 1024 / 1024} MiB of text`;
    throw problem(offset, `here the document passes ${limit}, aliases followed: ${remedy}`);
  }
};

const remedy = 'name a check under checks: and use its name, or split the services between nodes';
