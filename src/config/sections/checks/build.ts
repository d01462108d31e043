/** A check's document and its model, both ways. */
import type { CheckConfig } from '../../../model/config.js';
import { type Nanoseconds, NS_PER_S, ns } from '../../../model/units.js';
import type { DocumentMap } from '../../../schema/document-value.js';
import { type ResolvePath, toDocument, toModel } from '../../../schema/mapping.js';
import { type CheckDocument, check as schema } from './schema.js';

const DEFAULT_TIMEOUT = 5 * NS_PER_S;
const DEFAULT_LONGEST_BACKOFF = 60 * NS_PER_S;

export const buildCheck = (document: CheckDocument, resolve: ResolvePath): CheckConfig => {
  const { interval, timeout, backoff, ...own } = document;
  const filled = {
    ...own,
    interval,
    timeout: timeout ?? least(interval, DEFAULT_TIMEOUT),
    backoff:
      backoff === null
        ? null
        : { factor: backoff.factor, max: backoff.max ?? ns(Math.max(interval, DEFAULT_LONGEST_BACKOFF)) },
  };
  return toModel(schema, filled, resolve);
};

export const checkDocument = (check: CheckConfig): DocumentMap => toDocument(schema, check);

const least = (left: Nanoseconds, right: number): Nanoseconds => ns(Math.min(left, right));
