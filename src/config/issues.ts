/** What zod found, as errors for people: one for each key, at the place of the key or the value, with the nearest known key. */
import type { z } from 'zod';
import { MAX_COUNTED_ISSUES } from '../schema/limits.js';
import { show } from '../schema/messages.js';
import { fieldsOf, schemaAt } from '../schema/walk.js';
import { nearest } from '../wire/text/nearest.js';
import { documentSchema } from './document.js';
import { checkTypesWith } from './sections/checks/schema.js';

export type FoundIssue = {
  readonly path: readonly (string | number)[];
  /** The key is wrong, not its value. */
  readonly atKey: boolean;
  readonly message: string;
};

export const issuesOf = (issues: readonly z.core.$ZodIssue[], value: unknown): FoundIssue[] =>
  issues.flatMap((issue) => expand(issue, [], value));

type Steps = readonly (string | number)[];

const expand = (issue: z.core.$ZodIssue, base: Steps, value: unknown): FoundIssue[] => {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, MAX_COUNTED_ISSUES)
      .map((key) => ({ path: [...path, key], atKey: true, message: unknownKey(key, path, value) }));
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return [{ path, atKey: true, message: issue.issues[0]?.message ?? issue.message }];
  }
  if (issue.code === 'invalid_union') {
    const branch = likeliest(issue.errors);
    if (branch !== null) return branch.flatMap((inner) => expand(inner, path, value));
  }
  return [{ path, atKey: false, message: issue.message }];
};

/** The alternative with the fewest errors among those that do not fail at their very root. */
const likeliest = (branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null => {
  const inside = branches.filter((branch) =>
    branch.every((issue) => issue.path.length > 0 || issue.code !== 'invalid_type'),
  );
  return inside.toSorted((left, right) => left.length - right.length)[0] ?? null;
};

const unknownKey = (key: string, path: Steps, value: unknown): string => {
  const fields = fieldsOf(schemaAt(documentSchema, value, path) ?? documentSchema);
  const known = Object.keys(fields ?? {});
  const near = nearest(key, known);
  const types = checkTypesWith(key);
  const isCheck = known.includes('type') && known.includes('interval');
  const elsewhere = isCheck && types.length > 0 ? ` (it is an option of ${types.join(', ')} checks)` : '';
  return `unknown key ${show(key)}${elsewhere}: the nearest known key is '${near}'`;
};
